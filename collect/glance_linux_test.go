package collect

import (
	"os"
	"testing"

	"ptop/internal/sick"
	"ptop/pcb"
)

// A glance reads stat, status and the command line of a process and nothing else, and nothing is missing in the reading
// after it.
func TestGlance(t *testing.T) {
	c, err := New(Options{Source: SourceProc, Want: WantGlance})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	const glanced = pcb.FieldStat | pcb.FieldCreds | pcb.FieldSignals | pcb.FieldMemory | pcb.FieldCmdline
	const later = pcb.FieldExe | pcb.FieldCgroup | pcb.FieldSched | pcb.FieldIO | pcb.FieldFDs
	self := int32(os.Getpid())
	var s pcb.Snapshot
	if err := collectBy(t, c, &s); err != nil {
		t.Fatal(err)
	}
	if p := find(t, &s, self); !p.Have.Has(glanced) || p.Have&later != 0 || p.Cmdline == "" || p.User == "" {
		t.Errorf("a glance has %b, want %b and nothing of %b; %q of %q", p.Have, glanced, later, p.Cmdline, p.User)
	}
	c.SetWant(WantUsual)
	if err := collectBy(t, c, &s); err != nil {
		t.Fatal(err)
	}
	if p := find(t, &s, self); !p.Have.Has(glanced|later) || p.Cmdline == "" || p.Exe == "" || p.Cgroup == "" {
		t.Errorf("the reading after it has %b, want all of %b: %q, %q, %q", p.Have, glanced|later, p.Cmdline, p.Exe, p.Cgroup)
	}
}

// The task iterator is not loaded before a screen stands, that is, before somebody attends to what it shows; then it is there
// in one of the next readings.
func TestLoadedBehindTheScreen(t *testing.T) {
	if tasksOfMachine() >= manyTasks {
		t.Skip("on a machine with so many threads it is loaded first")
	}
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.mayIterate(); err != nil {
		sick.Missing(t, err.Error())
	}
	var s pcb.Snapshot
	if err := collectBy(t, c, &s); err != nil {
		t.Fatal(err)
	}
	begun := func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.sources.begun
	}
	if s.Source != string(SourceProc) || begun() {
		t.Errorf("the first reading is by %s, loading has begun: %v", s.Source, begun())
	}
	c.Attend(nil)
	for s.Source != string(SourceBPF) {
		if err := collectBy(t, c, &s); err != nil {
			t.Fatal(err)
		}
		if c.sources.loading == nil && c.iter == nil {
			t.Fatalf("the task iterator was not loaded: %s", s.FallbackReason)
		}
	}
}
