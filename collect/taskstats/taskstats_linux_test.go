package taskstats

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
)

// What a thread does between the moment at which the kernel keeps its figures and its end is in no sum of taskstats, but in
// the process's own. A stall of the machine counts for whoever runs. Both tolerances are far below what the ended threads had.
const (
	endSwitches = 100 * endedThreads
	endTime     = endedWork / 2
)

// The sums are those that the process has of itself, while its threads work and when they rest: the living and the ended.
func TestSumOverThreads(t *testing.T) {
	c := open(t)
	h := start(t, helper("threads"))
	ended := h.figures()
	if ended.voluntary < endedThreads*endedNaps*9/10 || ended.runTime < endedThreads*endedWork {
		t.Fatalf("the ended threads had %+v", ended)
	}
	for _, phase := range []string{"work", "park"} {
		if phase == "work" {
			time.Sleep(50 * time.Millisecond) // lets it work; nothing depends on it
		}
		h.say(phase)
		h.figures()
		before := ask(t, c, h.pid)
		living := procSum(t, h.pid)
		h.say(phase)
		self := h.figures()
		after := ask(t, c, h.pid)
		if before.Have&^Ended != Switches|RunTime|RunDelay {
			t.Fatalf("%s: have %b", phase, before.Have)
		}
		between(t, phase+": voluntary", before.Voluntary, self.voluntary, after.Voluntary, endSwitches, c.have)
		between(t, phase+": involuntary", before.Involuntary, self.involuntary, after.Involuntary, endSwitches, c.have)
		if c.have.Has(Ended) && after.Voluntary < living.voluntary+ended.voluntary {
			t.Errorf("%s: %d voluntary switches; the living had %d before, the ended %d", phase, after.Voluntary, living.voluntary, ended.voluntary)
		}
		leader := procFigures(t, fmt.Sprintf("/proc/%d", h.pid))
		if leader.voluntary*2 > after.Voluntary {
			t.Errorf("%s: the leader alone has %d of %d voluntary switches: the case shows nothing", phase, leader.voluntary, after.Voluntary)
		}
		if before.RunTime > self.runTime || phase == "park" && after.RunTime+endTime < self.runTime {
			t.Errorf("%s: ran for %v, then %v; by its clock %v", phase, before.RunTime, after.RunTime, self.runTime)
		}
		if after.RunDelay < living.runDelay || after.RunTime < living.runTime {
			t.Errorf("%s: ran for %v, waited for %v; the living alone %v, %v before", phase, after.RunTime, after.RunDelay, living.runTime, living.runDelay)
		}
	}
}

// between checks that a count lies between two readings, the second of which may lack some.
func between(t *testing.T, what string, before, count, after, slack uint64, have Figures) {
	t.Helper()
	if before > count || have.Has(Ended) && after+slack < count {
		t.Errorf("%s: %d, then %d; in between it counted %d itself", what, before, after, count)
	}
}

// The clock of a process that was asked for is another source of the time; what it has more is what threads did while they ended.
func TestRunTimeIsTheCPUClock(t *testing.T) {
	c := open(t)
	h := start(t, helper("threads"))
	h.figures()
	h.say("park")
	h.figures()
	clock := cpuTime(^h.pid<<3 | 2)
	q := ask(t, c, h.pid)
	later := cpuTime(^h.pid<<3 | 2)
	if q.RunTime > later || q.RunTime+endTime < clock {
		t.Errorf("ran for %v; by its clock %v before and %v after", q.RunTime, clock, later)
	}
}

// A dead process that had one thread has the figures that /proc shows.
func TestZombie(t *testing.T) {
	c := open(t)
	z := start(t, exec.Command("sh", "-c", "i=0; while [ $i -lt 30 ]; do /bin/true; i=$((i+1)); done; read x; i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done"))
	z.die()
	want := procFigures(t, fmt.Sprintf("/proc/%d", z.pid))
	q := ask(t, c, z.pid)
	if q.Have != Switches|Ended|RunTime|RunDelay || want.voluntary < 30 || want.runTime == 0 ||
		(figures{voluntary: q.Voluntary, involuntary: q.Involuntary, runTime: q.RunTime, runDelay: q.RunDelay}) != want {
		t.Errorf("%+v, want %+v", q, want)
	}
}

// A dead process that had several threads has the sum of all of them, and not what its main thread had.
func TestZombieOfSeveralThreads(t *testing.T) {
	c := open(t)
	z := start(t, helper("threads"))
	z.figures()
	z.say("park")
	self := z.figures()
	z.die()
	whole(t, c, z.pid, self)
}

// So has one whose main thread has ended while others live on.
func TestMainThreadEnded(t *testing.T) {
	c := open(t)
	h := start(t, helper("threads"))
	h.figures()
	h.say("park")
	self := h.figures()
	h.say("leave")
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.pid))
		if err != nil || time.Now().After(end) {
			t.Fatalf("its main thread does not end: %q, %v", stat, err)
		}
		if strings.Contains(string(stat), ") Z ") {
			break
		}
	}
	whole(t, c, h.pid, self)
}

// whole checks that a process that has hardly run since then has at least the figures that it had of itself.
func whole(t *testing.T, c *Client, pid int32, self figures) {
	t.Helper()
	q := ask(t, c, pid)
	main := procFigures(t, fmt.Sprintf("/proc/%d", pid))
	if !q.Have.Has(RunTime|RunDelay) || q.Have.Has(Ended) != c.have.Has(Ended) {
		t.Fatalf("have %b", q.Have)
	}
	if q.RunTime+endTime < self.runTime || q.RunTime < endedThreads*endedWork || main.runTime*2 > q.RunTime || q.RunDelay < main.runDelay {
		t.Errorf("%+v, it had of itself %+v, its main thread %+v", q, self, main)
	}
	if q.Have.Has(Ended) && (q.Voluntary+endSwitches < self.voluntary || q.Involuntary+endSwitches < self.involuntary || q.Voluntary > self.voluntary+1000) {
		t.Errorf("%+v, it had of itself %+v", q, self)
	}
}

// Each gets its own answer however many are asked for, and those that are gone none.
func TestMany(t *testing.T) {
	c := open(t)
	dead := start(t, exec.Command("true"))
	dead.die()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	pids := append(sleepers(t, 150), dead.pid, int32(gone.Process.Pid))
	for _, n := range []int{1, batch - 1, batch, batch + 1, 1500} {
		qs := make([]Query, n)
		for i := range qs {
			qs[i] = Query{PID: pids[i*7%len(pids)], Have: 255, Voluntary: 1 << 40} // what was there before is not taken for an answer
		}
		eventually(t, func() string {
			if err := c.Read(qs); err != nil {
				t.Fatal(err)
			}
			return differs(t, qs, int32(gone.Process.Pid))
		})
	}
	if err := c.Read(nil); err != nil {
		t.Error(err)
	}
}

// differs compares with /proc, and tells the first that is not the same: it may just have moved.
func differs(t *testing.T, qs []Query, gone int32) string {
	for i := range qs {
		q := &qs[i]
		want := Query{PID: q.PID}
		if q.PID != gone {
			f := procFigures(t, fmt.Sprintf("/proc/%d", q.PID))
			want = Query{q.PID, Switches | RunTime | RunDelay | q.Have&Ended, f.voluntary, f.involuntary, f.runTime, f.runDelay}
		}
		if *q != want {
			return fmt.Sprintf("answer %d of %d: %+v, want %+v", i, len(qs), *q, want)
		}
	}
	return ""
}

func eventually(t *testing.T, wrong func() string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		what := wrong()
		if what == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// Where the kernel has no room for all answers of a batch, those that are lost are asked for again.
func TestLostAnswers(t *testing.T) {
	c := open(t)
	pids := sleepers(t, 2*batch)
	if err := c.raw.Control(func(fd uintptr) { must(unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 1)) }); err != nil {
		t.Fatal(err)
	}
	qs := make([]Query, len(pids))
	for i, pid := range pids {
		qs[i].PID = pid
	}
	before := c.wire.first
	eventually(t, func() string {
		if err := c.Read(qs); err != nil {
			t.Fatal(err)
		}
		return differs(t, qs, 0)
	})
	if turns := (c.wire.first - before) / batch; turns < 2*2 {
		t.Errorf("%d turns: nothing was lost", turns)
	}
}

// An answer that nobody took is not taken for one to a later question.
func TestLateAnswers(t *testing.T) {
	c := open(t)
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	w := &c.wire
	for i := range 10 {
		w.requests[i].form, w.requests[i].pid = byTGID, int32(os.Getpid())
	}
	var err error
	if e := c.raw.Control(func(fd uintptr) { err = w.send(int(fd), 10) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	pids := sleepers(t, 5)
	qs := []Query{{PID: int32(gone.Process.Pid)}, {PID: pids[0]}, {PID: pids[1]}, {PID: pids[2]}, {PID: pids[3]}, {PID: pids[4]}}
	eventually(t, func() string {
		if err := c.Read(qs); err != nil {
			t.Fatal(err)
		}
		return differs(t, qs, int32(gone.Process.Pid))
	})
}

// Whoever may ask is answered, as his pid namespace has the pids; who may not is told what is missing.
func TestWhoMayAsk(t *testing.T) {
	sick.NeedRoot(t, "other users, namespaces")
	const right = "no taskstats: it takes CAP_NET_ADMIN in the first user namespace: run ptop as root"
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	self := strconv.Itoa(os.Getpid())
	for _, tt := range []struct {
		name string
		cmd  *exec.Cmd
		want string
	}{
		{"root", helper("ask", self), "true true"},
		{"nobody", as(helper("ask", self), &syscall.SysProcAttr{Credential: nobody}), right},
		{"nobody with CAP_NET_ADMIN", as(helper("ask", self), &syscall.SysProcAttr{Credential: nobody, AmbientCaps: []uintptr{unix.CAP_NET_ADMIN}}), "true true"},
		{"root without CAP_NET_ADMIN", helper("less", self), right},
		{"root of a user namespace", cloneInto(helper("ask", self), unix.CLONE_NEWUSER), right},
		{"root of a user namespace with a network namespace", cloneInto(helper("ask", self), unix.CLONE_NEWUSER|unix.CLONE_NEWNET), right},
		{"in a pid namespace", cloneInto(helper("ask", self), unix.CLONE_NEWPID), "true false"},
	} {
		out, err := tt.cmd.Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	out, err := cloneInto(helper("ask", self), unix.CLONE_NEWNET).Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "true true" && !strings.HasSuffix(got, "in this network namespace") {
		t.Errorf("in a network namespace: %q, %v", got, err)
	}
}

func as(cmd *exec.Cmd, attr *syscall.SysProcAttr) *exec.Cmd {
	cmd.SysProcAttr = attr
	return cmd
}

// Open tells by one thread what holds for many.
func TestEndedThreadsAreProbed(t *testing.T) {
	c := open(t)
	const threads = 20
	before, ok := c.lost()
	for range threads {
		if !hasEnded(endThread()) {
			t.Fatal("a thread does not end")
		}
	}
	after, ok2 := c.lost()
	if lost := after - before; !ok || !ok2 || c.have.Has(Ended) != (lost < threads*naps/2) {
		t.Errorf("%d of %d switches are lost, have %b", lost, threads*naps, c.have)
	}
}

// What a kernel does not keep of ended threads, or does not count at all, is not told. Such kernels are not to be had here.
func TestOlderKernels(t *testing.T) {
	const all = Switches | Ended | RunTime | RunDelay
	some := figures{runs: 3, runDelay: 4, runTime: 5, voluntary: 6, involuntary: 7}
	timesOnly := figures{runs: 3, runDelay: 4, runTime: 5}
	switchesOnly := figures{voluntary: 6, involuntary: 7}
	for _, tt := range []struct {
		name string
		have Figures
		form uint16
		told figures
		want Figures
		zero bool
	}{
		{"all", all, byTGID, some, all, false},
		{"all, dead", all, byTGID, figures{}, 0, true},
		{"all, dead, as a task", all, byPID, some, all, false},
		{"lost switches", all &^ Ended, byTGID, some, all &^ Ended, false},
		{"lost switches, dead, had threads", all &^ Ended, byTGID, timesOnly, RunTime | RunDelay, false},
		{"lost switches, dead, as a task", all &^ Ended, byPID, some, all, false},
		{"no times", Switches | Ended, byTGID, switchesOnly, Switches | Ended, false},
		{"no times, dead, as a task", Switches | Ended, byPID, switchesOnly, Switches | Ended, false},
		{"no times, lost switches", Switches, byTGID, switchesOnly, Switches, false},
		{"no times, lost switches, dead, as a task", Switches, byPID, switchesOnly, 0, false},
	} {
		c := &Client{have: tt.have, qs: make([]Query, 1)}
		c.settle(0, tt.form, &tt.told)
		if q := c.qs[0]; q.Have != tt.want || len(c.zero) == 1 != tt.zero {
			t.Errorf("%s: %+v, asked again: %v, want %b", tt.name, q, c.zero, tt.want)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	c := open(t)
	qs := make([]Query, 1000)
	for i := range qs {
		qs[i].PID = int32(os.Getpid() + i%3)
	}
	if err := c.Read(qs); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() { must(c.Read(qs)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
