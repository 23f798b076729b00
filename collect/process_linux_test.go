package collect

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
	"ptop/pcb"
)

// onDisk is a /proc with one process, 42, of which a test changes the files.
type onDisk struct {
	t    *testing.T
	root string
	c    *Collector
}

func newOnDisk(t *testing.T) *onDisk {
	d := &onDisk{t: t, root: procWith(t, map[string]string{"stat": "cpu  1 0 1 9 0 0 0 0 0 0\n", "42/status": statusText})}
	c, err := New(Options{Root: d.root, Want: WantSched})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	d.c = c
	return d
}

func (d *onDisk) write(file, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.root, "42", file), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *onDisk) read() *pcb.Process {
	d.t.Helper()
	var s pcb.Snapshot
	if err := d.c.Collect(d.t.Context(), &s); err != nil {
		d.t.Fatal(err)
	}
	return find(d.t, &s, 42)
}

// Of other users' processes the kernel does not tell where their texts lie, so that an exec gives one sign at most: the
// name. Without that the texts are read again after a short time, those of which it tells after a long one.
func TestTextsAfterAnExec(t *testing.T) {
	const shown, hidden = " 26 27 28 ", " 1 1 0 "
	stat := func(name, places string) string {
		tail := strings.Replace(statTail, " 3 0 66157", " 1 0 66157", 1)
		if places == hidden {
			tail = strings.Replace(tail, "26 27 28 29 30", "1 1 0 0 0", 1)
			tail = strings.Replace(tail, "45 46 47 48 49 50 51", "0 0 0 0 0 0 0", 1)
		}
		return "42 (" + name + ")" + tail
	}
	for _, test := range []struct {
		places, name string
		age          int // of the texts, in seconds
		want         string
	}{
		{hidden, "second", 0, "second"},
		{hidden, "first", 3, "first"},
		{hidden, "first", 7, "second"},
		{shown, "first", 7, "first"},
		{shown, "first", 60, "second"},
	} {
		d := newOnDisk(t)
		d.write("stat", stat("first", test.places))
		d.write("cmdline", "first\x00secret\x00")
		d.read()
		d.write("stat", stat(test.name, test.places))
		d.write("cmdline", "second\x00")
		d.c.known[42].textsAt -= ticks(int64(100 * test.age))
		if got := d.read(); !strings.HasPrefix(got.Cmdline, test.want) {
			t.Errorf("%+v: command line %q", test, got.Cmdline)
		}
	}
}

// What a cut stat does not tell, status does; and one thread's switches are not taken for those of all.
func TestCutStat(t *testing.T) {
	d := newOnDisk(t)
	d.write("stat", "42 (sh) S 1 70")
	p := d.read()
	if p.Have.Has(pcb.FieldStat) || p.Comm != "a\nb\\c" || p.State != 'S' || !p.Have.Has(pcb.FieldSwitches) || p.Have.Has(pcb.FieldSwitchesSum) {
		t.Errorf("%q, state %q, have %b", p.Comm, p.State, p.Have)
	}
}

// A capture has no stat of a process that let its readers wait: what status tells of it is there, and that it was so.
func TestCaptureOfOneThatBlocked(t *testing.T) {
	p := newOnDisk(t).read()
	if !p.Blocked || p.Have.Has(pcb.FieldStat) || p.Comm != "a\nb\\c" || p.State != 'S' {
		t.Errorf("%q, state %q, blocked %v, have %b", p.Comm, p.State, p.Blocked, p.Have)
	}
}

func TestLongStatus(t *testing.T) {
	d := newOnDisk(t)
	// A file on disk is read by other calls than the kernel's: the buffer is what both have in common.
	d.c.rd.live = true
	d.write("stat", "42 (sh)"+statTail)
	groups := "Groups:\t" + strings.Repeat("4294967 ", 65536) + "\nNSpid:"
	d.write("status", strings.Replace(statusText, "NSpid:", groups, 1))
	if p := d.read(); !p.Have.Has(pcb.FieldCreds | pcb.FieldMemory | pcb.FieldSignals | pcb.FieldSwitches) {
		t.Errorf("of a status with %d KB, have %b", len(groups)/1024, p.Have)
	}
}

// A process whose leader has exited is alive: it has memory, and no exit code.
func TestExitedLeader(t *testing.T) {
	c := sick.Start(t, "zombie-leader-exited")
	p := find(t, collectFrom(t, Options{}), int32(c.PID))
	if !p.LeaderExited() || p.Have.Has(pcb.FieldExitCode) || !p.Have.Has(pcb.FieldMemory) || p.RSS == 0 || p.Exe == "" || p.Cmdline == "" {
		t.Errorf("exited leader %v, RSS %d, exe %q, command line %q, have %b", p.LeaderExited(), p.RSS, p.Exe, p.Cmdline, p.Have)
	}
	want, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.PID))
	if err != nil || !strings.Contains(string(want), ") Z ") {
		t.Errorf("the kernel shows %s, %v", want, err)
	}
}

// Of three that want one CPU, one has it at each reading.
func TestReadyAndRunning(t *testing.T) {
	runtime.LockOSThread() // Pdeathsig is sent when the thread ends that started them
	defer runtime.UnlockOSThread()
	cpus := ownCPUs(t)
	pids := map[int32]bool{}
	for range 3 {
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		var set unix.CPUSet
		set.Set(int(cpus[0]))
		if err := unix.SchedSetaffinity(cmd.Process.Pid, &set); err != nil {
			t.Fatal(err)
		}
		pids[int32(cmd.Process.Pid)] = true
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		s := collectFrom(t, Options{})
		ready, running := 0, 0
		for i := range s.Procs {
			p := &s.Procs[i]
			switch {
			case !pids[p.PID] || !p.Have.Has(pcb.FieldOnCPU):
			case p.Phase() == pcb.PhaseReady:
				ready++
			case p.Phase() == pcb.PhaseRunning:
				running++
			}
		}
		if running > 1 {
			t.Fatalf("%d processes run on one CPU", running)
		}
		if ready >= 2 { // the third may have lost the CPU to somebody else
			return
		}
	}
	t.Error("of three processes that want one CPU two were never ready")
}

// Where a process sleeps is read of those that can't be woken or can't come to their end; a 0 is no answer.
func TestWhereItSleeps(t *testing.T) {
	for _, test := range []struct{ state, flags, text, want string }{
		{"D", "4194304", "io_schedule", "io_schedule"},
		{"D", "4194304", "0", ""},
		{"S", "4194304", "do_wait", ""},
		{"S", "4194308", "zap_pid_ns_processes", "zap_pid_ns_processes"}, // PF_EXITING
		{"Z", "4194308", "do_exit", ""},
	} {
		d := newOnDisk(t)
		stat := strings.Replace(statTail, " S ", " "+test.state+" ", 1)
		stat = strings.Replace(stat, " 3 0 66157", " 1 0 66157", 1)
		d.write("stat", "42 (sh)"+strings.Replace(stat, "4194304", test.flags, 1))
		d.write("wchan", test.text)
		if p := d.read(); p.WChan != test.want || p.Have.Has(pcb.FieldWChan) != (test.want != "") {
			t.Errorf("%+v: %q, have %b", test, p.WChan, p.Have)
		}
	}
}

// Processes in the same cgroups share one text; on a hybrid machine the path alone does not tell those apart that are not.
func TestRoomsAreShared(t *testing.T) {
	rooms := roomCache{}
	parsed := 0
	parse := func(string) *pcb.Container {
		parsed++
		return &pcb.Container{}
	}
	a := rooms.of([]byte("1:cpu:/a\n0::/x\n"), parse)
	b := rooms.of([]byte("1:cpu:/b\n0::/x\n"), parse)
	again := rooms.of([]byte("1:cpu:/a\n0::/x\n"), parse)
	if a.path != "/x" || b.path != "/x" || a.cgroups == b.cgroups || a != again || parsed != 2 {
		t.Errorf("%+v, %+v, %+v, parsed %d times", a, b, again, parsed)
	}
}
