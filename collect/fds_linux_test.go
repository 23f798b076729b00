package collect

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ptop/internal/sick"
	"ptop/pcb"
)

// opened opens n files that are closed when the test ends.
func opened(t *testing.T, n int) {
	t.Helper()
	for range n {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
	}
}

// ownFDs counts the descriptors of this process by their names.
func ownFDs(t *testing.T) int32 {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return int32(len(names)) - 1 // that of the listing
}

// The number is that of the listing, by the directory's size and, where the kernel gives none, counted.
func TestDescriptorsAreCounted(t *testing.T) {
	for _, sized := range []bool{true, false} {
		c, s := scanner(t, SourceProc, 0)
		if sized && !c.count.sized {
			continue // before Linux 6.2
		}
		c.count.sized = sized
		opened(t, 100)
		own := pcb.ID{PID: int32(os.Getpid())}
		for end := time.Now().Add(time.Minute); ; {
			if err := c.Collect(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			p := s.Lookup(own)
			if p.Have.Has(pcb.FieldFDs) && p.FDs >= ownFDs(t) && p.FDsAt > 0 {
				break // by the time that it has its turn
			}
			if time.Now().After(end) {
				t.Fatalf("sized %v: %d descriptors, have %v, want %d", sized, p.FDs, p.Have.Has(pcb.FieldFDs), ownFDs(t))
			}
		}
	}
}

// One that rests is not counted again: its number stands, with its time.
func TestDescriptorsOfTheRestingStand(t *testing.T) {
	sleepers(t, 20)
	time.Sleep(100 * time.Millisecond) // until they have begun to sleep
	c, s := scanner(t, SourceProc, 0)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if rested(t, c, s) {
			return
		}
	}
	t.Fatal("no process was seen that slept and had been counted")
}

// rested reports whether there is a sleeper that rested from one reading to the next.
func rested(t *testing.T, c *Collector, s *pcb.Snapshot) bool {
	for i := range s.Procs {
		p := &s.Procs[i]
		if p.Comm != "sleep" || p.State != 'S' || p.FDsAt == 0 || c.known[p.PID].fds.grew > 0 { // it had just begun
			continue
		}
		before := *p
		for range 3 {
			if err := c.Collect(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		now := s.Lookup(before.ID)
		if now == nil || now.Voluntary+now.Involuntary != before.Voluntary+before.Involuntary {
			return false
		}
		if now.FDsAt != before.FDsAt || now.FDs != before.FDs || !now.Have.Has(pcb.FieldFDs) {
			t.Errorf("process %d: %d descriptors at %v, then %d at %v", now.PID, before.FDs, before.FDsAt, now.FDs, now.FDsAt)
		}
		return true
	}
	if err := c.Collect(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return false
}

// Everybody may know the number, whose process it ever is.
func TestDescriptorsOfOthers(t *testing.T) {
	sick.NeedRoot(t, "to read as another user")
	c, _ := scanner(t, SourceProc, 0)
	if !c.count.sized {
		sick.Missing(t, "needs Linux 6.2: before, the owner alone may count them")
	}
	cmd := exec.Command("stat", "-c", "%s", "/proc/"+strconv.Itoa(os.Getpid())+"/fd")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.Output()
	if n, _ := strconv.Atoi(strings.TrimSpace(string(out))); err != nil || n <= 0 {
		t.Errorf("as nobody: %q, %v", out, err)
	}
}

func TestDescriptorTurns(t *testing.T) {
	w := newFDWalk(true)
	asleep := func(pid int32) *pcb.Process {
		return &pcb.Process{ID: pcb.ID{PID: pid}, State: 'S', Threads: 1, At: time.Hour, Have: pcb.FieldSwitches}
	}
	counted := fdCount{at: time.Minute, ran: 5}
	lately, before := counted, counted
	lately.grew, before.grew = time.Hour-time.Second, time.Hour-fdLately
	several, running := asleep(1), asleep(1)
	several.Threads, running.State = 2, 'R'
	for _, x := range []struct {
		name string
		p    *pcb.Process
		f    fdCount
		ran  uint64
		want bool
	}{
		{"never counted", asleep(1), fdCount{}, 5, true},
		{"has rested", asleep(1), counted, 5, false},
		{"has run", asleep(1), counted, 6, true},
		{"runs", running, counted, 5, true},
		{"several threads", several, counted, 5, true},
		{"opened some lately", asleep(1), lately, 5, true},
		{"opened some before", asleep(1), before, 5, false},
	} {
		w.begin(100)
		if got := w.takes(x.p, &x.f, x.ran); got != x.want {
			t.Errorf("%s: counted %v, want %v", x.name, got, x.want)
		}
	}

	// More than a reading's turn: each has its own in one of the readings that follow.
	had := map[int32]int{}
	for range 4 {
		w.begin(100) // a quarter
		n := 0
		for pid := int32(1); pid <= 100; pid++ {
			if w.takes(asleep(pid), &counted, 6) {
				had[pid]++
				n++
			}
		}
		if n > 25 {
			t.Errorf("%d in one reading, want at most 25", n)
		}
	}
	if len(had) != 100 {
		t.Errorf("%d of 100 had a turn", len(had))
	}
}

// A kernel that does not tell their number as a size has them counted, the first, 0, among them.
func TestDescriptorsByName(t *testing.T) {
	c, _ := scanner(t, SourceProc, 0)
	pid := int32(os.Getpid())
	sized, err := c.fdsOf(pid)
	if err != nil || !c.count.sized {
		sick.Missing(t, "needs Linux 6.2, which tells the number")
	}
	c.count.sized = false
	named, err := c.fdsOf(pid)
	if err != nil {
		t.Fatal(err)
	}
	if named != sized { // the directory that is listed does not count
		t.Errorf("%d by name, %d by size", named, sized)
	}
}
