package act

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ptop/internal/ladder"
	"ptop/internal/sick"
	"ptop/pcb"
)

// script starts a shell script in a process group of its own, waits for its first line, and ends all of it with the test.
func script(t *testing.T, text string) (pid int, line string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", text)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	if line, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid, strings.TrimSpace(line)
}

// livingIn lists the living members of a process group.
func livingIn(t *testing.T, group int) (pids []int) {
	t.Helper()
	names, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name.Name())
		if err != nil {
			continue
		}
		text, _ := os.ReadFile("/proc/" + name.Name() + "/status")
		if now, err := parseStatus(string(text)); err == nil && !now.zombie() && groupOf(string(text)) == group {
			pids = append(pids, pid)
		}
	}
	return pids
}

func bindAll(t *testing.T, scope pcb.Scope, pid int) pcb.Target {
	t.Helper()
	held, failed := Bind("", []pcb.ID{{PID: int32(pid)}}, scope)
	if len(failed) > 0 {
		t.Fatal(failed[0].Err)
	}
	t.Cleanup(held.Close)
	return held
}

func pidsOf(members pcb.Members) (pids []int) {
	for _, m := range members {
		pids = append(pids, int(m.ID.PID))
	}
	slices.Sort(pids)
	return pids
}

// quick is a ladder that waits for nobody long.
var quick = ladder.Plan{Grace: 200 * time.Millisecond, Kill: 30 * time.Second, Look: 5 * time.Millisecond}

// climb ends the target's processes and gives what was said.
func climb(t *testing.T, held pcb.Target, plan ladder.Plan) (ladder.Result, string) {
	t.Helper()
	var said []string
	r := ladder.Stop(t.Context(), held, plan, func(s ladder.Step) {
		if !s.Passing {
			said = append(said, s.Text)
		}
	})
	return r, strings.Join(said, "\n")
}

func TestScopes(t *testing.T) {
	// the last sleep is a grandchild; the first has left the process group
	pid, line := script(t, `setsid sleep 611 & a=$!; sh -c 'sleep 612 & echo '$a' $$ $!; wait' & wait`)
	var below []int
	for _, word := range strings.Fields(line) {
		n, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		below = append(below, n)
	}
	t.Cleanup(func() { _ = syscall.Kill(below[0], syscall.SIGKILL) }) // it is in no group that is ended
	for name, test := range map[string]struct {
		scope pcb.Scope
		of    int
		want  []int
	}{
		"alone":               {pcb.Alone, pid, []int{pid}},
		"subtree":             {pcb.Subtree, pid, []int{pid, below[0], below[1], below[2]}},
		"subtree of a child":  {pcb.Subtree, below[1], []int{below[1], below[2]}},
		"group":               {pcb.Group, pid, []int{pid, below[1], below[2]}},
		"group of its member": {pcb.Group, below[2], []int{pid, below[1], below[2]}},
		"a group of one":      {pcb.Group, below[0], []int{below[0]}},
	} {
		held := bindAll(t, test.scope, test.of)
		slices.Sort(test.want)
		if got := pidsOf(held.Look()); !slices.Equal(got, test.want) {
			t.Errorf("%s: bound are %v, not %v", name, got, test.want)
		}
		if more := held.Extend(); len(more) != 0 {
			t.Errorf("%s: %v come into scope later", name, more)
		}
	}
	held := bindAll(t, pcb.Subtree, below[1])
	for _, o := range held.Signal(pcb.SIGSTOP, pcb.ID{PID: int32(below[2]), Start: startTime(t, below[2])}) {
		if o.Err != nil || int(o.ID.PID) != below[2] {
			t.Errorf("a signal to one: %+v", o)
		}
	}
	waitState(t, below[2], 'T')
	if stopped := held.Look().Stopped(); len(stopped) != 1 || int(stopped[0].PID) != below[2] {
		t.Errorf("stopped are %v", stopped)
	}
}

// A process is not taken for whoever had its pid, or the number of its group, before.
func TestNoHeirsOfARecycledPID(t *testing.T) {
	sick.NeedRoot(t, "a pid namespace")
	cmd := helper("heirs", "")
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := "comes into scope: 0 gone: 1\ncomes into scope: 0 gone: 1\n"; string(out) != want {
		t.Errorf("got:\n%swant:\n%s", out, want)
	}
}

func TestGracefulStopOfWhoEnds(t *testing.T) {
	pid, _ := start(t, helper("sleep", ""))
	r, said := climb(t, bindOne(t, pid), ladder.Plan{Grace: time.Minute})
	if r.Err() != nil || r.Ended != 1 || strings.Contains(said, "SIGKILL") {
		t.Errorf("%+v:\n%s", r, said)
	}
}

func TestGracefulStopOfWhoIsStopped(t *testing.T) {
	pid, _ := start(t, helper("sleep", ""))
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitState(t, pid, 'T')
	r, said := climb(t, bindOne(t, pid), ladder.Plan{Grace: time.Minute})
	if r.Err() != nil || !strings.Contains(said, ", which was stopped") || strings.Contains(said, "SIGKILL") {
		t.Errorf("%+v:\n%s", r, said)
	}
}

func TestGracefulStopOfWhoIgnoresIt(t *testing.T) {
	pid, _ := start(t, helper("ignore", ""))
	r, said := climb(t, bindOne(t, pid), quick)
	if r.Err() != nil || !strings.Contains(said, "it ignores that signal") || !strings.Contains(said, "SIGKILL sent to ") {
		t.Errorf("%+v:\n%s", r, said)
	}
}

// Of a tree whose processes ignore SIGTERM and fork on and on, none is left.
func TestGracefulStopOfATreeThatForksOn(t *testing.T) {
	pid, _ := script(t, `trap "" TERM; echo up; while :; do sleep 613 & sleep 0.01; done`)
	// one of the same process group that is not below it, and would end by a SIGHUP to the group
	bystander := exec.Command("sleep", "616")
	bystander.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: pid}
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = bystander.Process.Kill()
		_ = bystander.Wait()
	})
	held := bindAll(t, pcb.Subtree, pid)
	r, said := climb(t, held, quick)
	if r.Err() != nil || r.Ended < 3 || !strings.Contains(said, "born meanwhile") {
		t.Errorf("%+v:\n%s", r, said)
	}
	if left := livingIn(t, pid); len(left) != 1 || left[0] != bystander.Process.Pid {
		t.Errorf("%v live on, not %d alone:\n%s", left, bystander.Process.Pid, said)
	}
}

// Members of a group are reached whose parent, and the group's leader, is dead.
func TestGracefulStopOfAGroupWithoutLeader(t *testing.T) {
	pid, line := script(t, `sh -c 'sleep 614 & sleep 615 & echo $!'; exit 0`)
	member, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	waitZombie(pid)
	held := bindAll(t, pcb.Group, member)
	if n := len(held.Look()); n != 2 {
		t.Fatalf("%d are bound, not 2", n)
	}
	r, said := climb(t, held, ladder.Plan{Grace: time.Minute})
	if r.Err() != nil || r.Ended != 2 || len(livingIn(t, pid)) != 0 {
		t.Errorf("%+v:\n%s", r, said)
	}
}

func TestGracefulStopRefuses(t *testing.T) {
	_, line := start(t, helper("parent", ""))
	dead, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	for pid, want := range map[int]string{dead: "zombie", 1: "PID 1 holds the system", os.Getpid(): "ptop itself"} {
		r, _ := climb(t, bindOne(t, pid), quick)
		if r.Err() == nil || len(r.Refused) != 1 {
			t.Errorf("%d: %+v", pid, r)
			continue
		}
		wantError(t, r.Refused[0].Err, want)
	}
}
