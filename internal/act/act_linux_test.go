package act

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
	"ptop/pcb"
)

func bindOne(t *testing.T, pid int) pcb.Target {
	t.Helper()
	held, failed := Bind("", []pcb.ID{{PID: int32(pid)}}, pcb.Alone)
	if len(failed) > 0 {
		t.Fatal(failed[0].Err)
	}
	t.Cleanup(held.Close)
	return held
}

// only gives the one outcome there is.
func only(t *testing.T, outcomes []pcb.Outcome) pcb.Outcome {
	t.Helper()
	if len(outcomes) != 1 {
		t.Fatalf("%d outcomes, want 1: %v", len(outcomes), outcomes)
	}
	return outcomes[0]
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got error %v, want one with %q", err, part)
		}
	}
}

func startTime(t *testing.T, pid int) uint64 {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseStat(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.start
}

func TestSignalReachesTheBoundProcess(t *testing.T) {
	cmd := helper("sleep", "")
	pid, _ := start(t, cmd)
	held := bindOne(t, pid)
	if gone := held.Look().Gone(); len(gone) != 0 {
		t.Fatalf("%v gone before the signal", gone)
	}
	o := only(t, held.Signal(pcb.SIGTERM))
	want := pcb.ID{PID: int32(pid), Start: startTime(t, pid)}
	if o.Did != "sent SIGTERM" || o.Err != nil || o.ID != want || o.Name == "" {
		t.Fatalf("outcome %+v of %v", o, want)
	}
	state, err := cmd.Process.Wait()
	if err != nil || state.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Fatalf("helper ended by %v, %v; want SIGTERM", state, err)
	}
	if gone := held.Look().Gone(); len(gone) != 1 || gone[0] != want {
		t.Errorf("Gone gives %v, want %v", gone, want)
	}
	o = only(t, held.Signal(pcb.SIGKILL))
	if !errors.Is(o.Err, ErrEnded) || o.Did != "" {
		t.Errorf("signal to the dead: %+v, want ErrEnded", o)
	}
	wantError(t, o.Err, "SIGKILL was not sent", "meanwhile", "nobody was signalled")
}

func TestNeverAnotherBearerOfThePID(t *testing.T) {
	sick.NeedRoot(t, "a pid namespace")
	cmd := helper("reuse", "")
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := `signal:  SIGKILL was not sent: the process has ended meanwhile; nobody was signalled (no such process)
later: SIGKILL was not sent: the process has ended meanwhile; nobody was signalled
renice: nice was not set: the process has ended
gone: 1
bearer: 0 <nil>
bearer ended by: signal: terminated
`
	if string(out) != want {
		t.Errorf("got:\n%swant:\n%s", out, want)
	}
}

// The kernel itself refuses, should the process end between the look at its state and the signal.
func TestKernelAnswersESRCHThroughADeadProcess(t *testing.T) {
	cmd := helper("sleep", "")
	pid, _ := start(t, cmd)
	held := bindOne(t, pid)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err := unix.PidfdSendSignal(held.(*target).bound[0].dir, unix.SIGKILL, nil, 0); !errors.Is(err, unix.ESRCH) {
		t.Errorf("pidfd_send_signal gave %v, want ESRCH", err)
	}
}

func TestBindRefuses(t *testing.T) {
	pid, _ := start(t, helper("threads", "1"))
	tids, err := bindOne(t, pid).(*target).bound[0].threads()
	if err != nil || len(tids) < 2 {
		t.Fatalf("threads %v, %v", tids, err)
	}
	tid := tids[0]
	if tid == pid {
		tid = tids[1]
	}
	ended := helper("exit", "")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		root string
		id   pcb.ID
		want string
	}{
		{"", pcb.ID{PID: int32(pid), Start: 1}, "the process has ended; the pid " + strconv.Itoa(pid) + " is borne by another one now"},
		{"", pcb.ID{PID: int32(tid)}, "a thread of process " + strconv.Itoa(pid)},
		{"", pcb.ID{PID: int32(ended.Process.Pid)}, "it has ended, never was, or is hidden"},
		{t.TempDir(), pcb.ID{PID: int32(pid)}, "is not the /proc of a running kernel"},
		{"/nonexistent", pcb.ID{PID: int32(pid)}, "no such file"},
	} {
		held, failed := Bind(test.root, []pcb.ID{test.id}, pcb.Alone)
		o := only(t, failed)
		wantError(t, o.Err, test.want)
		if o.ID != test.id || len(held.Signal(pcb.SIGKILL)) != 0 {
			t.Errorf("%v in %q: outcome %v, and something was bound", test.id, test.root, o)
		}
		held.Close()
	}
}

func TestBindTakesTheExactIdentity(t *testing.T) {
	pid, _ := start(t, helper("sleep", ""))
	id := pcb.ID{PID: int32(pid), Start: startTime(t, pid)}
	held, failed := Bind("/proc", []pcb.ID{id, {PID: id.PID, Start: id.Start + 1}}, pcb.Alone)
	defer held.Close()
	if o := only(t, failed); o.ID.Start != id.Start+1 {
		t.Errorf("refused %v", o.ID)
	}
	if o := only(t, held.Set(pcb.Nice(3))); o.Err != nil || o.ID != id {
		t.Errorf("outcome %+v", o)
	}
}

func TestZombieIsExplained(t *testing.T) {
	parent, line := start(t, helper("parent", ""))
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	held := bindOne(t, pid)
	o := only(t, held.Signal(pcb.SIGKILL))
	wantError(t, o.Err, "SIGKILL was not sent", "zombie", "already dead", fmt.Sprintf("its parent %d (", parent), "must wait for it")
	wantError(t, only(t, held.Set(pcb.Nice(1))).Err, "zombie")
	if len(held.Look().Gone()) != 1 {
		t.Error("a zombie is not among the gone")
	}
}

func TestWhatASignalCannotDoIsSaid(t *testing.T) {
	sick.NeedRoot(t, "a pid namespace")
	ignorer, _ := start(t, helper("ignore", ""))
	stopped := helper("sleep", "")
	stoppedPID, _ := start(t, stopped)
	if err := stopped.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitState(t, stoppedPID, 'T')
	first := helper("ns-first", "")
	first.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID
	firstPID, _ := start(t, first)
	for _, test := range []struct {
		pid  int
		sig  pcb.Signal
		want string
	}{
		{ignorer, pcb.SIGTERM, "sent SIGTERM; it ignores that signal"},
		{stoppedPID, pcb.SIGTERM, "sent SIGTERM; it is stopped and will act on that when it goes on"},
		{stoppedPID, pcb.SIGKILL, "sent SIGKILL"},
		{firstPID, 34, "sent SIGRTMIN+0; it is PID 1 of its pid namespace and has no handler for it, so the kernel drops it"},
		{firstPID, pcb.SIGKILL, "sent SIGKILL"},
		{ignorer, 0, "signal 0 does not exist"},
		{ignorer, 65, "signal 65 does not exist"},
		{os.Getpid(), pcb.SIGTERM, "SIGTERM was not sent: the process is ptop itself"},
	} {
		o := only(t, bindOne(t, test.pid).Signal(test.sig))
		if o.Err != nil {
			wantError(t, o.Err, test.want)
		} else if o.Did != test.want {
			t.Errorf("%v to %d: %q, want %q", test.sig, test.pid, o.Did, test.want)
		}
	}
}

// Only of one that has no other thread which could take it.
func TestBlockedIsSaid(t *testing.T) {
	const status = "SigBlk:\t0000000000004000\nSigIgn:\t0000000000000000\nNSpid:\t7\n"
	if got, want := withstood(status, pcb.SIGTERM, 1), "; it blocks that signal: it may take it by sigwait or signalfd, or when it lifts that"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	if got := withstood(status, pcb.SIGTERM, 2) + withstood(status, pcb.SIGHUP, 1); got != "" {
		t.Errorf("%q", got)
	}
}

// Not by a real one: which pid has one differs from machine to machine, and a container sees none.
func TestKernelThreadIsRefused(t *testing.T) {
	kernel, other := bound{id: pcb.ID{PID: 2}, kernel: true}, bound{id: pcb.ID{PID: 2}}
	wantError(t, kernel.refuse("/proc", task{state: 'S'}), "kernel thread")
	if err := other.refuse("/proc", task{state: 'S'}); err != nil {
		t.Errorf("another process: %v", err)
	}
	pid, _ := start(t, helper("sleep", ""))
	held := bindOne(t, pid)
	held.(*target).bound[0].kernel = true
	wantError(t, only(t, held.Set(pcb.Nice(5))).Err, "nice was not set: the process is a kernel thread")
	if niceOf(t, pid) == 5 {
		t.Error("it was set all the same")
	}
}

// What would be refused is told in the words of the refusal, and nothing is done.
func TestRefusalsAreForetold(t *testing.T) {
	_, line := start(t, helper("parent", ""))
	dead, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	held := bindOne(t, dead)
	if want, got := only(t, held.Signal(pcb.SIGKILL)).Err, only(t, Refusals(held, pcb.SIGKILL)).Err; got.Error() != want.Error() {
		t.Errorf("foretold %v, and it is %v", got, want)
	}
	wantError(t, only(t, Refusals(held, 0)).Err, "nice was not set: the process is a zombie")
	pid, _ := start(t, helper("sleep", ""))
	living := bindOne(t, pid)
	if refused := append(Refusals(living, pcb.SIGKILL), Refusals(living, 0)...); len(refused) != 0 || len(living.Look().Gone()) != 0 {
		t.Errorf("foretold %v, gone %v", refused, living.Look().Gone())
	}
}

func waitState(t *testing.T, pid int, state byte) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		if err != nil {
			t.Fatal(err)
		}
		if s, err := parseStatus(string(text)); err == nil && s.state == state {
			return
		}
	}
	t.Fatalf("process %d did not get into state %c", pid, state)
}

// Kernels before 5.1 and seccomp filters of old container runtimes give ENOSYS.
func TestNoFallbackToKill(t *testing.T) {
	pid, _ := start(t, helper("sleep", ""))
	held := bindOne(t, pid)
	defer func(was func(int, unix.Signal, *unix.Siginfo, int) error) { sendSignal = was }(sendSignal)
	sendSignal = func(int, unix.Signal, *unix.Siginfo, int) error { return unix.ENOSYS }
	o := only(t, held.Signal(pcb.SIGKILL))
	wantError(t, o.Err, "SIGKILL was not sent", "function not implemented", "another process")
	if o.Did != "" || len(held.Look().Gone()) != 0 {
		t.Errorf("outcome %+v, gone %v: something was sent", o, held.Look().Gone())
	}
}

func TestReniceReachesEveryThread(t *testing.T) {
	pid, _ := start(t, helper("threads", "5"))
	held := bindOne(t, pid)
	c := settled{pcb.Nice(7), niceInStat, "7"}
	c.check(t, held, pid)
	wantError(t, only(t, held.Set(pcb.Nice(20))).Err, "nice 20 does not exist")
}

// niceOf undoes what the system call does to keep its result from being negative.
func niceOf(t *testing.T, tid int) int {
	t.Helper()
	n, err := unix.Getpriority(unix.PRIO_PROCESS, tid)
	if err != nil {
		t.Fatal(err)
	}
	return 20 - n
}

func TestPartialReniceIsSaid(t *testing.T) {
	problem, ten := fmt.Errorf("thread 7: %w", unix.EPERM), pcb.Nice(10)
	did, err := outcome(11, 12, &ten, problem)
	if did != "reniced 11 of 12 threads to 10" || !errors.Is(err, unix.EPERM) {
		t.Errorf("got %q, %v", did, err)
	}
	wantError(t, err, "11 of 12 threads")
	if did, err = outcome(0, 12, &ten, problem); did != "" || err == nil {
		t.Errorf("got %q, %v when no thread was reached", did, err)
	}
	if did, err = outcome(0, 0, &ten, nil); did != "" || !errors.Is(err, ErrEnded) {
		t.Errorf("got %q, %v when all threads had ended", did, err)
	}
}

const nobody = 65534

func TestDeniedSaysWhatToDo(t *testing.T) {
	sick.NeedRoot(t, "other users")
	for uid, who := range map[uint32]string{0: "it belongs to root; run ptop as root\n", 4242424: "it belongs to uid 4242424; run ptop as root or as uid 4242424\n"} {
		cmd := helper("threads", "1")
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: uid}
		pid, _ := start(t, cmd)
		actor := helper("nobody", strconv.Itoa(pid))
		actor.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		out, err := actor.Output()
		if err != nil {
			t.Fatal(err)
		}
		signal, renice, _ := strings.Cut(string(out), "\n")
		wantError(t, errors.New(signal+"\n"), "\"\" SIGTERM was not sent: operation not permitted: "+who)
		wantError(t, errors.New(renice), "\"\" nice was not set: thread ", "operation not permitted: "+who)
	}
}

func TestHiddenIsNotEnded(t *testing.T) {
	sick.NeedRoot(t, "a mount")
	cmd := helper("hidepid", "")
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNS
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, errors.New(string(out)), "is hidden from this user (/proc is mounted with hidepid): run ptop as root")
}

func TestLowerNiceNeedsARight(t *testing.T) {
	sick.NeedRoot(t, "another user")
	cmd := helper("sleep", "")
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	pid, _ := start(t, cmd)
	actor := helper("lower", strconv.Itoa(pid))
	actor.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	out, err := actor.Output()
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, errors.New(string(out)), "permission denied: a lower nice value needs root")
}

func TestForeignNamespaceIsRefused(t *testing.T) {
	sick.NeedRoot(t, "a pid namespace")
	cmd := helper("nobody", strconv.Itoa(os.Getpid()))
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID // with the old /proc still mounted
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, errors.New(string(out)), "belongs to another pid namespace than ptop")
}

func TestParseStat(t *testing.T) {
	const rest = " S 10 10 10 34816 10 4194304 1 2 3 4 5 6 7 8 20 0 3 0 987654 1 2"
	for _, name := range []string{"sh", "a b", ") R 1 (", "(x)\n9 (", "\x1b]0;x\a", ""} {
		s, err := parseStat("12 (" + name + ")" + rest)
		want := identity{flags: 4194304, start: 987654}
		if err != nil || s != want {
			t.Errorf("name %q: %+v, %v", name, s, err)
		}
	}
	for _, text := range []string{"", "12 (sh", "12 )sh(", "12 (sh) S 1", "12 (sh)" + strings.Replace(rest, "987654", "x", 1)} {
		if s, err := parseStat(text); err == nil {
			t.Errorf("%q gave %+v, want an error", text, s)
		}
	}
}

func TestExitedLeaderIsNoZombie(t *testing.T) {
	for _, test := range []struct {
		task
		want bool
	}{
		{task{state: 'Z', threads: 1}, true},
		{task{state: 'X'}, true},
		{task{state: 'Z', threads: 2}, false}, // its other threads live on, and can be signalled
		{task{state: 'S', threads: 1}, false},
	} {
		if got := test.zombie(); got != test.want {
			t.Errorf("%+v: zombie %v, want %v", test.task, got, test.want)
		}
	}
}

// stuckProc makes a /proc with one process, a helper's, whose stat lets its readers wait until the test is over: a pipe
// without a writer does that as an exec that does not end.
func stuckProc(t *testing.T, edit func(status string) string) (root string, pid int) {
	t.Helper()
	pid, _ = start(t, helper("sleep", ""))
	root = t.TempDir()
	dir := filepath.Join(root, strconv.Itoa(pid))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"status", "comm"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(edit(string(text))), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	stat := filepath.Join(dir, "stat")
	if err := unix.Mkfifo(stat, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if fd, err := unix.Open(stat, unix.O_RDWR|unix.O_NONBLOCK, 0); err == nil {
			unix.Close(fd)
		}
	})
	return root, pid
}

// bindBy is bind that must come back.
func bindBy(t *testing.T, root string, id pcb.ID) (bound, error) {
	t.Helper()
	var b bound
	done := make(chan error, 1)
	go func() {
		var err error
		b, err = bind(root, id)
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Cleanup(func() { unix.Close(b.dir) })
		}
		return b, err
	case <-time.After(time.Minute):
		t.Fatal("it hangs")
		return b, nil
	}
}

func unchanged(status string) string { return status }

// Who is in an exec that does not end can be signalled by pid alone: the descriptor holds it, whoever has the pid later.
func TestStuckProcessIsSignalledByPIDAlone(t *testing.T) {
	root, pid := stuckProc(t, unchanged)
	b, err := bindBy(t, root, pcb.ID{PID: int32(pid)})
	if err != nil {
		t.Fatal(err)
	}
	if b.id != (pcb.ID{PID: int32(pid)}) || b.name != "exe" {
		t.Errorf("bound %v, %q", b.id, b.name)
	}
	defer func(was func(int, unix.Signal, *unix.Siginfo, int) error) { sendSignal = was }(sendSignal)
	through := 0
	sendSignal = func(dir int, _ unix.Signal, _ *unix.Siginfo, _ int) error { through = dir; return nil }
	held := &target{root: root, bound: []bound{b}}
	o := only(t, held.Signal(pcb.SIGKILL))
	if o.Err != nil || through != b.dir || !strings.HasPrefix(o.Did, "sent SIGKILL; it is in an exec that does not end") {
		t.Errorf("outcome %+v through %d", o, through)
	}
	if gone := held.Look().Gone(); len(gone) != 0 {
		t.Errorf("%v count as gone", gone)
	}
}

func TestStuckProcessIsNotSignalledByIdentity(t *testing.T) {
	root, pid := stuckProc(t, unchanged)
	id := pcb.ID{PID: int32(pid), Start: startTime(t, pid)}
	b, err := bindBy(t, root, id)
	wantError(t, err, fmt.Sprintf("whether process %d is still %v can't be told", pid, id), "name the pid alone")
	if b.name != "exe" {
		t.Errorf("refused without its name: %q", b.name)
	}
}

// That it is a kernel thread is seen without stat, too: it has no memory of its own.
func TestStuckKernelThreadIsRefused(t *testing.T) {
	root, pid := stuckProc(t, func(status string) string { return strings.ReplaceAll(status, "VmSize:", "Other:") })
	b, err := bindBy(t, root, pcb.ID{PID: int32(pid)})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, b.refuse(root, task{state: 'S', threads: 1}), "kernel thread")
}

func TestParseStatus(t *testing.T) {
	const rest = "\nState:\tZ (zombie)\nTgid:\t12\nPPid:\t10\nThreads:\t3\n"
	for _, name := range []string{"sh", `a\nState:\tR`, ""} {
		if s, err := parseStatus("Name:\t" + name + rest); err != nil || s != (task{'Z', 10, 3}) {
			t.Errorf("name %q: %+v, %v", name, s, err)
		}
	}
	for _, text := range []string{"", "Name:\tsh\n", strings.Replace("Name:\tsh"+rest, "10", "x", 1), strings.Replace("Name:\tsh"+rest, "Z (zombie)", "", 1)} {
		if s, err := parseStatus(text); err == nil {
			t.Errorf("%q gave %+v, want an error", text, s)
		}
	}
}
