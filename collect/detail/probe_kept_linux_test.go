package detail

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"ptop/collect"
	"ptop/internal/sick"
	"ptop/pcb"
)

// resting is a process that runs when it is told to, as the task iterator sees it.
type resting struct {
	*testing.T
	id     pcb.ID
	in     io.Writer
	out    *bufio.Reader
	reader *collect.Collector
	prober *Prober
}

func startResting(t *testing.T) *resting {
	sick.NeedRoot(t, "the task iterator")
	c, err := collect.New(collect.Options{Source: collect.SourceBPF, Want: collect.WantUsual})
	if err != nil {
		if os.Getenv("PTOP_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	cmd := exec.Command("cat")
	cmd.Env = append(os.Environ(), "CI=1")
	in, err := cmd.StdinPipe()
	must(err)
	out, err := cmd.StdoutPipe()
	must(err)
	must(cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	r := &resting{T: t, in: in, out: bufio.NewReader(out), reader: c, prober: NewProber("")}
	r.run() // its exec is over
	r.id = idOf(t, cmd.Process.Pid)
	return r
}

// run has the process run for a moment.
func (r *resting) run() {
	r.Helper()
	_, err := fmt.Fprintln(r.in, "x")
	must(err)
	if _, err := r.out.ReadString('\n'); err != nil {
		r.Fatal(err)
	}
}

// read gives the next Snapshot in which the process has this state and rests for as long as evidence needs to be kept.
func (r *resting) read(state byte) *pcb.Snapshot {
	r.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		var s pcb.Snapshot
		if err := r.reader.Collect(background, &s); err != nil {
			r.Fatal(err)
		}
		if row := s.Lookup(r.id); row != nil && row.State == state && row.Idle > 2*keptMargin {
			return &s
		}
	}
	r.Fatalf("it was never seen to rest as %c", state)
	return nil
}

// probe gives what is read of the process; on a busy machine a pass can end before its time.
func (r *resting) probe(snap *pcb.Snapshot, kinds pcb.ProbeKinds) *pcb.Probe {
	r.Helper()
	for range 200 {
		if got := r.prober.Probe(background, snap, []pcb.ProbeRequest{{ID: r.id, Kinds: kinds}})[r.id]; got != nil && got.Have == kinds {
			return got
		}
	}
	r.Fatal("it was never probed")
	return nil
}

func TestProbeKeepsWhatRests(t *testing.T) {
	r := startResting(t)
	const kinds = keptKinds
	first := r.probe(r.read('S'), kinds)
	second := r.probe(r.read('S'), kinds)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("at rest it was read anew:\n%s", diff)
	}
	if first.Env["CI"] != "1" || len(first.Threads) != 1 || first.FDs[0] == "" || first.FDCount == 0 || first.PIDNS == "" || len(first.NewFDs) == 0 || first.GoBinary {
		t.Errorf("%+v", first)
	}
	second.Threads[0].WChan = "changed by whoever has it"
	if part := r.probe(r.read('S'), pcb.ProbeThreads); part.At != first.At || part.FDCount != 0 || cmp.Diff(first.Threads, part.Threads) != "" {
		t.Errorf("a part of it: %+v", part)
	}
	r.run()
	third := r.probe(r.read('S'), kinds)
	if third.At <= first.At {
		t.Error("it has run, and was not read anew")
	}
	if got := r.probe(r.read('S'), kinds); got.At != third.At {
		t.Error("at rest again, it was read anew")
	}
}

// What others change is read in each pass, beside what is kept.
func TestProbeKeepsNothingOfOthers(t *testing.T) {
	r := startResting(t)
	const kinds = keptKinds | pcb.ProbeOOM | pcb.ProbeNproc
	first := r.probe(r.read('S'), kinds)
	must(os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", r.id.PID), []byte("321"), 0))
	second := r.probe(r.read('S'), kinds)
	if second.At != first.At || second.OOM.Adjust != 321 {
		t.Errorf("read at %v and %v, with %+v", first.At, second.At, second.OOM)
	}
	if known := r.prober.kept[r.id].probe; known.Have != keptKinds || known.OOM != (pcb.OOMRank{}) {
		t.Errorf("kept is %+v", known)
	}
}

func TestProbeKeepsNothingForLong(t *testing.T) {
	r := startResting(t)
	first := r.probe(r.read('S'), keptKinds)
	snap := r.read('S')
	snap.Lookup(r.id).Idle = time.Hour
	for age, kept := range map[time.Duration]bool{keptFor - time.Second: true, keptFor: false} {
		r.prober.kept[r.id].probe.At = monotonic() - age
		if got := r.probe(snap, keptKinds); (monotonic()-got.At >= age) != kept {
			t.Errorf("after %v: %v old", age, monotonic()-got.At)
		}
	}
	r.prober.kept[r.id].probe.At = first.At - keptFor
	r.prober.Probe(background, snap, nil)
	if len(r.prober.kept) != 0 {
		t.Error("what nobody asks for any more is kept")
	}
}

// A stop, a going on and the end are seen at once.
func TestProbeOfAnotherState(t *testing.T) {
	r := startResting(t)
	running := r.probe(r.read('S'), keptKinds)
	must(unix.Kill(int(r.id.PID), unix.SIGSTOP))
	stopped := r.probe(r.read('T'), keptKinds)
	if stopped.At <= running.At || stopped.Threads[0].State != 'T' {
		t.Errorf("stopped: %+v", stopped)
	}
	if got := r.probe(r.read('T'), keptKinds); got.At != stopped.At {
		t.Error("stopped as before, it was read anew")
	}
	must(unix.Kill(int(r.id.PID), unix.SIGCONT))
	if got := r.probe(r.read('S'), keptKinds); got.At <= stopped.At || got.Threads[0].State != 'S' {
		t.Errorf("going on: %+v", got)
	}
	must(syscall.Kill(int(r.id.PID), syscall.SIGKILL))
	zombie := r.probe(r.read('Z'), pcb.ProbePIDNS|pcb.ProbeThreads)
	if zombie.Threads[0].State != 'Z' {
		t.Errorf("dead: %+v", zombie)
	}
}

func TestRested(t *testing.T) {
	all := pcb.FieldStat | pcb.FieldIdle | pcb.FieldSwitches | pcb.FieldSwitchesSum | pcb.FieldSignals | pcb.FieldTracer
	row := pcb.Process{State: 'S', Threads: 2, PPID: 1, At: 20 * time.Second, Idle: 10 * time.Second, Have: all, FromIterator: all}
	as, ok := standingOf(&row)
	k := &kept{probe: pcb.Probe{At: 15 * time.Second}, as: as}
	if !ok || !k.rested(&row) {
		t.Fatal("it rests")
	}
	for name, change := range map[string]func(*pcb.Process){
		"ran":              func(p *pcb.Process) { p.Idle = 4 * time.Second },
		"perhaps ran":      func(p *pcb.Process) { p.Idle = 5*time.Second + keptMargin },
		"runs":             func(p *pcb.Process) { p.State = 'R' },
		"stopped":          func(p *pcb.Process) { p.State = 'T' },
		"traced":           func(p *pcb.Process) { p.State = 't' },
		"seized":           func(p *pcb.Process) { p.TracerPID = 3 },
		"lost its parent":  func(p *pcb.Process) { p.PPID = 2 },
		"lost a thread":    func(p *pcb.Process) { p.Threads-- },
		"used a processor": func(p *pcb.Process) { p.STime++ },
		"switched":         func(p *pcb.Process) { p.Voluntary++ },
		"has a signal":     func(p *pcb.Process) { p.SigShared = sigchld },
		"blocks":           func(p *pcb.Process) { p.Blocked = true },
		"not known":        func(p *pcb.Process) { p.Have &^= pcb.FieldIdle },
		"of another":       func(p *pcb.Process) { p.FromIterator &^= pcb.FieldIdle },
	} {
		changed := row
		if change(&changed); k.rested(&changed) {
			t.Errorf("%s: what was read before is kept", name)
		}
	}
	if k.rested(nil) {
		t.Error("it is not in the Snapshot")
	}
}

// What another process has a part in is not kept, and a wait that is grows older.
func TestKeptLocks(t *testing.T) {
	all := pcb.FieldStat | pcb.FieldIdle | pcb.FieldSwitches | pcb.FieldSwitchesSum | pcb.FieldSignals | pcb.FieldTracer
	now := monotonic()
	row := pcb.Process{ID: pcb.ID{PID: 7, Start: 8}, State: 'S', At: now, Idle: time.Hour, Have: all, FromIterator: all}
	request := &pcb.ProbeRequest{ID: row.ID, Kinds: pcb.ProbeLocks | pcb.ProbeThreads}
	lock := pcb.LockWait{Waiter: pcb.TaskProbe{PID: 7, TID: 7, Idle: time.Second}, Owner: pcb.TaskProbe{PID: 7, TID: 9, State: 'S', Idle: time.Minute}}
	read := &pcb.Probe{ID: row.ID, At: now - time.Second, Have: request.Kinds, Locks: []pcb.LockWait{lock}, Threads: []pcb.ThreadProbe{{TID: 7}}}
	p := NewProber("")
	p.remember(request, &row, read, request.Kinds)
	for range 2 {
		got := p.recall(request, &row)
		if got.Have != request.Kinds || got.Locks[0].Waiter.Idle != 2*time.Second || got.Locks[0].Owner.Idle != 61*time.Second {
			t.Errorf("%+v", got)
		}
	}
	if got := p.recall(&pcb.ProbeRequest{ID: row.ID, Kinds: request.Kinds, Peers: []int32{5}}, &row); got.Have != pcb.ProbeLocks {
		t.Errorf("with other peers: %+v", got)
	}
	for name, change := range map[string]func(*pcb.Probe){
		"another's lock": func(q *pcb.Probe) { q.Locks[0].Owner.PID = 6 },
		"an owner runs":  func(q *pcb.Probe) { q.Locks[0].Owner.State = 'R' },
	} {
		other := *read
		other.Locks = []pcb.LockWait{lock}
		if change(&other); standsAtRest(&other) != pcb.ProbeThreads {
			t.Errorf("%s is kept", name)
		}
	}
	for name, thread := range map[string]pcb.ThreadProbe{"a pidfd": {PIDFD: 3}, "a pipe of another": {Pipe: "pipe:[1]", PipeHeldBy: []int32{5}}} {
		other := *read
		other.Threads = []pcb.ThreadProbe{thread}
		if standsAtRest(&other) != pcb.ProbeLocks {
			t.Errorf("%s is kept", name)
		}
	}
}
