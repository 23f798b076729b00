package pcb

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestParseID(t *testing.T) {
	for text, want := range map[string]ID{"1234": {PID: 1234}, "1234:66157": {1234, 66157}} {
		id, exact, err := ParseID(text)
		if err != nil || id != want || exact != (want.Start != 0) {
			t.Errorf("%q is %v, exact %v, %v", text, id, exact, err)
		}
	}
	for _, text := range []string{"", "0", "-3", "abc", "12:", "12:x", "12:-1", "99999999999", "1:2:3"} {
		if id, _, err := ParseID(text); err == nil {
			t.Errorf("%q counts as %v", text, id)
		}
	}
	if got := (ID{1234, 66157}).String(); got != "1234:66157" {
		t.Errorf("an ID is written %s", got)
	}
}

func TestSignals(t *testing.T) {
	for text, want := range map[string]Signal{"TERM": SIGTERM, "sigterm": SIGTERM, "15": SIGTERM, "RTMIN+3": 37, "SIGRTMIN": 34, "SIGRTMAX": 64, "rtmax-30": 34, "SIGCHLD": SIGCHLD, "64": 64} {
		if got, err := ParseSignal(text); got != want || err != nil {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "65", "-1", "NOPE", "SIG", "RTMIN+31", "RTMIN-1", "RTMAX+1", "RTMAX-31", "RTMIN+-1", "RTMIN3"} {
		if got, err := ParseSignal(text); err == nil {
			t.Errorf("%q counts as %v", text, got)
		}
	}
	for i, s := range Signals {
		if int(s.Number) != i+1 {
			t.Errorf("signal %s stands in place %d", s.Name, i+1)
		}
	}
	if got := MaskSignals(1<<16 | 1<<14 | 1<<63); !slices.Equal(got, []Signal{SIGTERM, SIGCHLD, 64}) {
		t.Errorf("mask gives %v", got)
	}
	if !SIGCHLD.InMask(0x10000) || SIGCHLD.InMask(0x8000) || Signal(0).InMask(math.MaxUint64) {
		t.Error("InMask is wrong about SIGCHLD or signal 0")
	}
	for status, want := range map[int32]string{768: "exit 3", 0: "exit 0", 9: "killed by SIGKILL", 139: "killed by SIGSEGV, core dumped"} {
		if got := DescribeExit(status); got != want {
			t.Errorf("status %d is %q, want %q", status, got, want)
		}
	}
	for sig, want := range map[Signal]string{15: "SIGTERM", 34: "SIGRTMIN+0", 64: "SIGRTMIN+30", 33: "SIG33", 99: "SIG99"} {
		if sig.String() != want {
			t.Errorf("%d is %s, want %s", int(sig), sig, want)
		}
	}
}

func TestPhase(t *testing.T) {
	for _, c := range []struct {
		p    Process
		want Phase
	}{
		{Process{State: 'R'}, PhaseRunning},
		{Process{State: 'R', Have: FieldOnCPU}, PhaseReady},
		{Process{State: 'R', Have: FieldOnCPU, OnCPU: true}, PhaseRunning},
		{Process{State: 'S'}, PhaseWaiting},
		{Process{State: 'D'}, PhaseWaiting},
		{Process{State: 'I'}, PhaseWaiting},
		{Process{State: 't'}, PhaseStopped},
		{Process{State: 'Z', Threads: 1}, PhaseTerminated},
		{Process{State: 'Z', Threads: 4}, PhaseWaiting}, // only its main thread has ended
		{Process{}, PhaseUnknown},
	} {
		if got := c.p.Phase(); got != c.want {
			t.Errorf("state %q with %d threads is %v, want %v", c.p.State, c.p.Threads, got, c.want)
		}
	}
}

func TestName(t *testing.T) {
	for _, c := range []struct{ comm, cmdline, want string }{
		{"", "/bin/sh\x00-c", "sh"},
		{"", "", "true name"},
		{"", "\x00", "true name"},
		{"sh", "/bin/sh\x00-c", "sh"},
		{"systemd-resolve", "/lib/systemd/systemd-resolved", "systemd-resolved"},
		{"systemd-resolve", "something else", "systemd-resolve"},
		{"nginx", "nginx: master process", "nginx"},
		{"kworker/0:1", "", "kworker/0:1"},
	} {
		if got := (&Process{Comm: c.comm, Cmdline: c.cmdline, Exe: "/usr/bin/true name (deleted)"}).Name(); got != c.want {
			t.Errorf("%q %q is called %q, want %q", c.comm, c.cmdline, got, c.want)
		}
	}
}

func TestSnapshot(t *testing.T) {
	s := &Snapshot{
		Time: time.Unix(1000, 0), Boot: 100 * time.Second,
		Procs: []Process{
			{ID: ID{1, 5}, State: 'S', Threads: 1, Started: 50 * time.Millisecond},
			{ID: ID{7, 9}, State: 'Z', Threads: 1, Started: 200 * time.Second},
			{ID: ID{9, 9}, State: 'Z', Threads: 3, KFlags: PFKernelThread},
		},
	}
	if s.Index(7) != 1 || s.Index(8) != -1 || s.Index(99) != -1 {
		t.Error("Index is wrong")
	}
	if s.Lookup(ID{7, 9}) == nil || s.Lookup(ID{7, 0}) == nil || s.Lookup(ID{7, 8}) != nil {
		t.Error("Lookup is wrong about the bearer of pid 7")
	}
	if age := s.Age(&s.Procs[1]); age != 0 {
		t.Errorf("a process from the future is %v old", age)
	}
	if at := s.StartTime(&s.Procs[0]); !at.Equal(time.Unix(900, 50e6)) {
		t.Errorf("started at %v", at)
	}
	tasks := s.Tasks()
	if tasks.Zombies != 1 || tasks.Threads != 5 || tasks.KernelThreads != 1 || tasks.ByPhase[PhaseWaiting] != 2 {
		t.Errorf("tasks %+v", tasks)
	}
}

// A process whose main thread sleeps while another spins is running.
func TestTasksLooksAtTheThreads(t *testing.T) {
	s := &Snapshot{
		Procs: []Process{
			{ID: ID{PID: 1}, State: 'S', Threads: 1, Have: FieldStat},
			{ID: ID{PID: 2}, State: 'S', Threads: 2, FirstThread: 0, ThreadCount: 2, Have: FieldStat},
			{ID: ID{PID: 3}, State: 'Z', Threads: 2, FirstThread: 2, ThreadCount: 2, Have: FieldStat}, // its leader has exited
			{ID: ID{PID: 4}, State: 'T', Threads: 2, FirstThread: 4, ThreadCount: 2, Have: FieldStat},
		},
		Threads: []Thread{{TID: 2, State: 'S'}, {TID: 5, State: 'R'}, {TID: 3, State: 'Z'}, {TID: 6, State: 'R'}, {TID: 4, State: 'T'}, {TID: 7, State: 'R'}},
	}
	tasks := s.Tasks()
	if tasks.ByPhase[PhaseRunning] != 2 || tasks.ByPhase[PhaseWaiting] != 1 || tasks.ByPhase[PhaseStopped] != 1 {
		t.Errorf("by phase: %v", tasks.ByPhase)
	}
}
