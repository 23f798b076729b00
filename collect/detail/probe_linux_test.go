package detail

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"ptop/internal/sick"
	"ptop/pcb"
)

const everything = pcb.ProbeThreads | pcb.ProbeFiles | pcb.ProbeEnv | pcb.ProbeExe | pcb.ProbeFreezer | pcb.ProbeFDs |
	pcb.ProbeCgroup | pcb.ProbePIDNS | pcb.ProbeOOM | pcb.ProbeNproc | pcb.ProbeNewFDs

// idOf is the identity of a living process.
func idOf(t *testing.T, pid int) pcb.ID {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	return pcb.ID{PID: int32(pid), Start: startOf(stat)}
}

// probed probes one process. A pass is bounded in time, which a busy machine can take away: it gets several.
func probed(t *testing.T, p *Prober, id pcb.ID, kinds pcb.ProbeKinds) *pcb.Probe {
	t.Helper()
	var got *pcb.Probe
	for range 200 {
		got = p.Probe(background, &pcb.Snapshot{}, []pcb.ProbeRequest{{ID: id, Kinds: kinds}})[id]
		if got != nil && (got.Have|got.Denied)&kinds == kinds {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("probe of %v: %+v, want all of %b", id, got, kinds)
	return nil
}

func threadsOf(t *testing.T, pid int) []pcb.ThreadProbe {
	t.Helper()
	got := probed(t, NewProber(""), idOf(t, pid), pcb.ProbeThreads).Threads
	if len(got) == 0 || got[0].TID != int32(pid) {
		t.Fatalf("threads %+v, want the leader %d first", got, pid)
	}
	return got
}

const sigchld = 1 << (pcb.SIGCHLD - 1)

func TestProbeThreadMasks(t *testing.T) {
	t.Parallel()
	blocked := threadsOf(t, sick.Start(t, "zombie-sigchld-blocked").PID)[0]
	if blocked.Blocked&sigchld == 0 || blocked.Caught&sigchld == 0 || (blocked.Shared|blocked.Pending)&sigchld == 0 || blocked.Ignored&sigchld != 0 {
		t.Errorf("SIGCHLD is blocked, caught and pending, and the masks are %+v", blocked)
	}
	ignored := threadsOf(t, sick.Start(t, "zombie-late-ignore").PID)[0]
	if ignored.Ignored&sigchld == 0 || ignored.Blocked != 0 {
		t.Errorf("SIGCHLD is ignored, and the masks are %+v", ignored)
	}
}

// A thread has a nice value of its own, which the leader's does not tell.
func TestProbeThreadSched(t *testing.T) {
	tids := make(chan int)
	done := make(chan struct{})
	defer close(done)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		must(unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 19))
		tids <- unix.Gettid()
		<-done
	}()
	tid := int32(<-tids)
	id := idOf(t, os.Getpid())
	const kinds = pcb.ProbeFDs | pcb.ProbeThread
	request := []pcb.ProbeRequest{{ID: id, Kinds: pcb.ProbeFDs}, {ID: id, Kinds: pcb.ProbeThread, TID: tid}}
	var probe *pcb.Probe
	for range 200 { // as in probed
		if probe = NewProber("").Probe(background, &pcb.Snapshot{}, request)[id]; probe != nil && probe.Have&kinds == kinds {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if probe == nil || probe.Have&kinds != kinds || probe.TID != tid || probe.Nice != 19 || probe.Policy != 0 {
		t.Errorf("%+v", probe)
	}
	gone := NewProber("").Probe(background, &pcb.Snapshot{}, []pcb.ProbeRequest{{ID: id, Kinds: pcb.ProbeThread, TID: 1}})[id]
	if gone != nil && gone.Have != 0 {
		t.Errorf("a thread that is not there: %+v", gone)
	}
}

func TestProbeWaitForAnother(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "zombie-waits-for-another")
	for range 500 {
		leader := threadsOf(t, c.PID)[0]
		if leader.SyscallKnown && leader.SyscallName == "wait4" && leader.WChan == "do_wait" {
			if leader.Args[0] != uint64(c.Of("other")) || leader.Syscall != unix.SYS_WAIT4 {
				t.Errorf("it waits for %d, and the probe says %+v", c.Of("other"), leader)
			}
			return
		}
		time.Sleep(10 * time.Millisecond) // on its way into the call
	}
	t.Error("it was never seen to wait")
}

// A pidfd is but a number of the waiting process; whom it stands for is told.
func TestProbeWaitForPIDFD(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "zombie-waits-for-pidfd")
	for range 500 {
		leader := threadsOf(t, c.PID)[0]
		if leader.SyscallKnown && leader.SyscallName == "waitid" {
			if leader.Args[0] != unix.P_PIDFD || int(leader.PIDFD) != c.Of("other") {
				t.Errorf("it waits for a pidfd of %d, and the probe says %+v", c.Of("other"), leader)
			}
			return
		}
		time.Sleep(10 * time.Millisecond) // on its way into the call
	}
	t.Error("it was never seen to wait")
}

// The namespace of the dead can be read, too: who is in which decides whose init waits for whom.
func TestProbePIDNamespace(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "zombie-no-wait")
	p := NewProber("")
	parent, zombie := probed(t, p, idOf(t, c.PID), pcb.ProbePIDNS), probed(t, p, idOf(t, c.Of("zombie")), pcb.ProbePIDNS)
	if own, _ := os.Readlink("/proc/self/ns/pid"); zombie.PIDNS != own || parent.PIDNS != own {
		t.Errorf("the zombie is in %q, its parent in %q, and this test in %q", zombie.PIDNS, parent.PIDNS, own)
	}
}

func TestProbeExitedLeader(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "zombie-leader-exited")
	const want = "ZSSS" // a dead leader and three sleepers
	var got *pcb.Probe
	var states string
	for end := time.Now().Add(time.Minute); states != want && time.Now().Before(end); time.Sleep(time.Millisecond) { // on their way to sleep
		got, states = probed(t, NewProber(""), idOf(t, c.PID), everything), ""
		for _, thread := range got.Threads {
			states += string(rune(thread.State))
		}
	}
	if states != want {
		t.Errorf("states %s, want %s", states, want)
	}
	if got.Have != everything || got.Cwd == "" || !got.ImportsWait || got.FDCount == 0 {
		t.Errorf("what its threads share is missing: %+v", got)
	}
}

func TestProbeFilesOfAForgottenJob(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "orphan-job")
	got := probed(t, NewProber(""), idOf(t, c.PID), pcb.ProbeFiles|pcb.ProbeEnv|pcb.ProbeExe)
	if !got.StdoutNoReader || !strings.HasPrefix(got.FDs[1], "pipe:[") || got.FDs[0] != "/dev/null" || len(got.Listening) != 0 {
		t.Errorf("nobody reads its output: %+v", got)
	}
	if got.Env["SSH_TTY"] != "/dev/pts/99" || got.Env["SSH_CONNECTION"] == "" || got.Env["PATH"] != "" {
		t.Errorf("markers %v", got.Env)
	}
	if got.GoBinary || got.ImportsWait || got.ImportsFork {
		t.Errorf("sleep is a Go binary: %v; it can wait for children: %v, and make them: %v", got.GoBinary, got.ImportsWait, got.ImportsFork)
	}
}

func TestProbeListenersAndReader(t *testing.T) {
	sick.NeedRoot(t, "a raw socket")
	cmd := helper("rich")
	cmd.Dir = t.TempDir()
	pid, tcp := start(t, cmd)
	p := NewProber("")
	got := probed(t, p, idOf(t, int(pid)), everything)
	if got.StdoutNoReader || !strings.HasPrefix(got.FDs[1], "pipe:[") {
		t.Errorf("this test reads its output: %+v", got)
	}
	if got.Cwd != cmd.Dir {
		t.Errorf("cwd %q, want %q", got.Cwd, cmd.Dir)
	}
	if !slices.Contains(got.Listening, "tcp "+tcp) || len(got.Listening) != 3 || !strings.HasPrefix(got.Listening[2], "unix ") {
		t.Errorf("it listens at %q, want tcp %s, one of tcp6 and one of unix", got.Listening, tcp)
	}
	if !got.GoBinary || got.Frozen || got.FDLimit != 123 || got.FDCount < 10 || got.FDCount > 40 {
		t.Errorf("got %+v", got)
	}
	if again := probed(t, p, idOf(t, int(pid)), pcb.ProbeExe); !again.GoBinary || len(p.exes) != 1 {
		t.Errorf("the second look at the executable says %+v and remembers %d", again, len(p.exes))
	}
}

func TestProbeTellsListenersFromConnections(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	connection, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	got := probed(t, NewProber(""), idOf(t, os.Getpid()), pcb.ProbeFiles).Listening
	if !slices.Contains(got, "tcp "+listener.Addr().String()) || slices.Contains(got, "tcp "+connection.LocalAddr().String()) {
		t.Errorf("listening %v, want %v and not %v", got, listener.Addr(), connection.LocalAddr())
	}
}

// What a pipe's reader is, and where, is the kernel's to count: one that is open but in a process that nobody can see
// counts; and a pipe that was replaced meanwhile is not touched.
func TestPipeWithoutReader(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	link := fmt.Sprintf("/proc/self/fd/%d", write.Fd())
	target, err := os.Readlink(link)
	if err != nil {
		t.Fatal(err)
	}
	if pipeWithoutReader(link, target) {
		t.Error("a pipe with a reader has none")
	}
	read.Close()
	if !pipeWithoutReader(link, target) {
		t.Error("a pipe without a reader has one")
	}
	if pipeWithoutReader(link, "pipe:[1]") {
		t.Error("another file than the one that was meant was opened")
	}
}

func TestProbeIdentityAndBounds(t *testing.T) {
	self := idOf(t, os.Getpid())
	p := NewProber("")
	recycled := pcb.ID{PID: self.PID, Start: self.Start + 1}
	if got := p.Probe(background, &pcb.Snapshot{}, []pcb.ProbeRequest{{ID: recycled, Kinds: everything}, {ID: pcb.ID{PID: 1 << 30}, Kinds: everything}}); len(got) != 0 {
		t.Errorf("somebody else's evidence: %v", got)
	}
	cancelled, cancel := context.WithCancel(background)
	cancel()
	if got := p.Probe(cancelled, &pcb.Snapshot{}, []pcb.ProbeRequest{{ID: self}}); len(got) != 0 {
		t.Errorf("a cancelled pass gave %v", got)
	}
	want := make([]pcb.ProbeRequest, 0, 2*maxProbes)
	for i := range 2 * maxProbes {
		want = append(want, pcb.ProbeRequest{ID: pcb.ID{PID: int32(i / 2)}, Kinds: 1 << (i % 2)})
	}
	want = append(want, pcb.ProbeRequest{ID: pcb.ID{PID: maxProbes}, Kinds: 1})
	if got := merge(want); len(got) != maxProbes || got[maxProbes-1].ID.PID != maxProbes-1 || got[0].Kinds != 3 {
		t.Errorf("of %d requests %d are left: %v", len(want), len(got), got)
	}
}

func TestProbeDenied(t *testing.T) {
	sick.NeedRoot(t, "another user")
	cmd := helper("probing-nobody")
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("have %b denied %b threads true known false\n",
		pcb.ProbeThreads|pcb.ProbeFreezer|pcb.ProbeFDs|pcb.ProbeCgroup|pcb.ProbeOOM|pcb.ProbeNproc,
		pcb.ProbeThreads|pcb.ProbeFiles|pcb.ProbeEnv|pcb.ProbeExe|pcb.ProbePIDNS|pcb.ProbeNewFDs)
	if string(out) != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

// A process whose environment can't be read costs one probe its time, no other process anything, and itself no other
// evidence.
func TestProbeBlocked(t *testing.T) {
	root := stuck(t, 41, 42)
	block(t, filepath.Join(root, "41/environ"))
	if err := os.WriteFile(filepath.Join(root, "42/environ"), []byte("CI=1\x00PASSWORD=x"), 0o600); err != nil {
		t.Fatal(err)
	}
	const kinds = pcb.ProbeEnv | pcb.ProbeThreads
	p, start := NewProber(root), idOf(t, os.Getpid()).Start
	blocked, free := pcb.ID{PID: 41, Start: start}, pcb.ID{PID: 42, Start: start}
	for range 50 {
		var got map[pcb.ID]*pcb.Probe
		comesBack(t, func() {
			got = p.Probe(background, &pcb.Snapshot{}, []pcb.ProbeRequest{{ID: blocked, Kinds: kinds}, {ID: free, Kinds: kinds}})
		})
		b, f := got[blocked], got[free]
		if b == nil || f == nil || b.Have == 0 || f.Have != kinds { // a busy machine can take a pass its time
			continue
		}
		if b.Have != pcb.ProbeThreads || b.Blocked != pcb.ProbeEnv || f.Blocked != 0 {
			t.Errorf("the blocked one has %b and not %b; the other has %b and not %b", b.Have, b.Blocked, f.Have, f.Blocked)
		}
		if len(f.Env) != 1 || f.Env["CI"] != "1" {
			t.Errorf("markers %v", f.Env)
		}
		return
	}
	t.Error("the blocked one hides the other")
}

// In an exec that does not end whoever reads stat waits, too: nothing but that can be told.
func TestProbeOfAStuckExec(t *testing.T) {
	root := stuck(t, 41, 42)
	block(t, filepath.Join(root, "41/stat"))
	const kinds = pcb.ProbeEnv | pcb.ProbeThreads | pcb.ProbeFDs
	p, start := NewProber(root), idOf(t, os.Getpid()).Start
	stuck, free := pcb.ID{PID: 41, Start: start}, pcb.ID{PID: 42, Start: start}
	for range 50 {
		var got map[pcb.ID]*pcb.Probe
		comesBack(t, func() {
			got = p.Probe(background, &pcb.Snapshot{}, []pcb.ProbeRequest{{ID: stuck, Kinds: kinds}, {ID: free, Kinds: pcb.ProbeThreads}})
		})
		if s := got[stuck]; s == nil || s.Have != 0 || s.Denied != 0 || s.Blocked != kinds {
			t.Fatalf("the stuck one gave %+v", s)
		}
		if f := got[free]; f != nil && f.Have == pcb.ProbeThreads {
			return
		}
	}
	t.Error("the stuck one hides the other")
}

// What the reading of the machine found to block is not tried again: each try costs a thread and its time.
func TestProbeLeavesAloneWhatBlocked(t *testing.T) {
	root := stuck(t, 41, 42)
	block(t, filepath.Join(root, "41/stat"))
	block(t, filepath.Join(root, "42/environ"))
	start := idOf(t, os.Getpid()).Start
	exec := pcb.Process{ID: pcb.ID{PID: 41, Start: start}, Blocked: true}
	locked := pcb.Process{ID: pcb.ID{PID: 42, Start: start}, Blocked: true, Have: pcb.FieldStat}
	const kinds = pcb.ProbeEnv | pcb.ProbeFDs
	for range 50 {
		got := NewProber(root).Probe(background, &pcb.Snapshot{Procs: []pcb.Process{exec, locked}},
			[]pcb.ProbeRequest{{ID: exec.ID, Kinds: kinds}, {ID: locked.ID, Kinds: kinds}})
		if waitsAt(filepath.Join(root, "41/stat")) || waitsAt(filepath.Join(root, "42/environ")) {
			t.Fatal("somebody reads what blocks")
		}
		if e := got[exec.ID]; e == nil || e.Have != 0 || e.Blocked != kinds {
			t.Fatalf("of one in an exec: %+v", e)
		}
		if l := got[locked.ID]; l != nil && l.Have == pcb.ProbeFDs && l.Blocked == pcb.ProbeEnv {
			return
		}
	}
	t.Error("what does not block is missing")
}

// On a real freezer, of each kind that may be written to here.
func TestProbeFrozen(t *testing.T) {
	mounts, err := procfs.GetMounts()
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, m := range mounts {
		file, freeze, thaw := "cgroup.freeze", "1", "0"
		if _, v1 := m.SuperOptions["freezer"]; v1 && m.FSType == "cgroup" {
			file, freeze, thaw = "freezer.state", "FROZEN", "THAWED"
		} else if m.FSType != "cgroup2" {
			continue
		}
		dir := filepath.Join(m.MountPoint, fmt.Sprintf("ptop-test-%d", os.Getpid()))
		if os.Mkdir(dir, 0o755) != nil {
			t.Logf("%s can't be written to", m.MountPoint)
			continue
		}
		tried++
		cmd := exec.Command("sleep", "300")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = os.WriteFile(filepath.Join(dir, file), []byte(thaw), 0o600)
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			for os.Remove(dir) != nil && !t.Failed() { // it is emptied a moment after
				time.Sleep(time.Millisecond)
			}
		})
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
			t.Logf("%s takes no process: %v", dir, err)
			continue
		}
		id, p := idOf(t, cmd.Process.Pid), NewProber("")
		if probed(t, p, id, pcb.ProbeFreezer).Frozen {
			t.Errorf("%s: frozen from the beginning", dir)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(freeze), 0o600); err != nil {
			t.Fatal(err)
		}
		var got *pcb.Probe
		for range 1000 {
			if got = probed(t, p, id, pcb.ProbeFreezer); got.Frozen {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if want := filepath.Join(dir, file); !got.Frozen || !slices.Equal(got.FrozenBy, []string{want}) {
			t.Errorf("frozen: %v, by %v; want by %s", got.Frozen, got.FrozenBy, want)
		}
	}
	if tried == 0 {
		sick.Missing(t, "needs a writable freezer")
	}
}

func TestExamine(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if _, err := examine(write("script", "#!/bin/sh\n")); err == nil {
		t.Error("a script is an executable with symbols")
	}
	if _, err := examine(write("cut", "\x7fELF\x02\x01\x01"+strings.Repeat("\xff", 200))); err == nil {
		t.Error("a broken executable is a good one")
	}
	if facts, err := examine("/bin/sh"); err != nil || !facts.importsWait || facts.goBinary {
		t.Errorf("a shell: %+v, %v; want one that can wait", facts, err)
	}
	sick.NeedCompiler(t)
	for name, c := range map[string]struct {
		option, source string
		waits, forks   bool
	}{
		"static, which can't be told": {"-static", "int main(void) { return 0; }", true, true},
		"neither":                     {"-O0", "int main(void) { return 0; }", false, false},
		"forks":                       {"-O0", "#include <unistd.h>\nint main(void) { return fork(); }", false, true},
		"popen without pclose":        {"-O0", "#include <stdio.h>\nint main(void) { return !popen(\"true\", \"r\"); }", false, true},
		"pclose": {
			"-O0", "#include <stdio.h>\nint main(void) { return pclose(popen(\"true\", \"r\")); }", true, true,
		},
		"system": {"-O0", "#include <stdlib.h>\nint main(void) { return system(\"true\"); }", true, true},
		"any call": {
			"-O0", "#include <unistd.h>\nlong syscall(long, ...);\nint main(void) { return syscall(1); }", true, true,
		},
	} {
		program := filepath.Join(dir, "program")
		if out, err := exec.Command("gcc", c.option, "-o", program, write("program.c", c.source+"\n")).CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v: %s", err, out)
		}
		if facts, err := examine(program); err != nil || facts.importsWait != c.waits || facts.importsFork != c.forks {
			t.Errorf("%s: %+v, %v; want wait %v, fork %v", name, facts, err, c.waits, c.forks)
		}
	}
}

func TestReadThreadSyscall(t *testing.T) {
	const sp = " 0x7ffc00000000 0x7f0000000000"
	for text, want := range map[string]pcb.ThreadProbe{
		"running\n":                 {},
		"":                          {},
		"-1" + sp:                   {SyscallKnown: true, Syscall: -1},
		"61 0x1 0x2 0x3" + sp:       {},
		"x 0 0 0 0 0 0" + sp:        {},
		"500000 1 2 3 4 5 0x6" + sp: {SyscallKnown: true, Syscall: 500000, Args: [6]uint64{1, 2, 3, 4, 5, 6}},
		strconv.Itoa(unix.SYS_WAIT4) + " 0xffffffffffffffff 0 0 0 0 0" + sp: {
			SyscallKnown: true, Syscall: unix.SYS_WAIT4, SyscallName: "wait4", Args: [6]uint64{0: 1<<64 - 1},
		},
		strconv.Itoa(unix.SYS_WAIT4) + " 0 0 0 0 0 0 0xffa00000 0xf7000000": {SyscallKnown: true, Syscall: unix.SYS_WAIT4},
	} {
		var got pcb.ThreadProbe
		if readThreadSyscall(&got, text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func BenchmarkProbe(b *testing.B) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		b.Fatal(err)
	}
	p, want := NewProber(""), []pcb.ProbeRequest{{ID: pcb.ID{PID: int32(os.Getpid()), Start: startOf(stat)}, Kinds: everything}}
	for b.Loop() {
		if got := p.Probe(background, &pcb.Snapshot{}, want); len(got) != 1 {
			b.Fatal("no probe")
		}
	}
}
