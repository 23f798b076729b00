package detail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
	"ptop/pcb"
)

var background = context.Background()

func read(t *testing.T, r *Reader, id pcb.ID) *pcb.Detail {
	t.Helper()
	d, err := r.Read(background, id, pcb.Dear{Maps: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rich starts the helper that has one of everything.
func rich(t *testing.T) (d *pcb.Detail, dir, tcp string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cmd := helper("rich", "", hostile, "end")
	cmd.Dir = dir
	pid, tcp := start(t, cmd)
	return read(t, New(""), pcb.ID{PID: pid}), dir, tcp
}

func TestReadTexts(t *testing.T) {
	sick.NeedRoot(t, "a raw socket")
	d, dir, _ := rich(t)
	if len(d.Problems) != 0 {
		t.Errorf("problems %q, want none", d.Problems)
	}
	if want := []string{"/proc/self/exe", "", hostile, "end"}; !slices.Equal(d.Args, want) {
		t.Errorf("args %q, want %q", d.Args, want)
	}
	if !slices.Contains(d.Environ, "HOSTILE="+hostile) || !slices.Contains(d.Environ, helperEnv+"=rich") {
		t.Errorf("environ %q lacks what it was given", d.Environ)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if d.Cwd != dir || d.Root != "/" || d.Exe != exe {
		t.Errorf("cwd %q, root %q, exe %q; want %q, /, %q", d.Cwd, d.Root, d.Exe, dir, exe)
	}
	p := &d.Process
	const want = pcb.FieldSignals | pcb.FieldTracer | pcb.FieldNSPID | pcb.FieldStat | pcb.FieldCreds | pcb.FieldMemory | pcb.FieldSwitches | pcb.FieldIO | pcb.FieldCmdline | pcb.FieldExe
	if !p.Have.Has(want) || p.ID != d.ID || p.PPID != int32(os.Getpid()) || p.RSS == 0 || p.Threads < 2 {
		t.Errorf("process %+v", p)
	}
}

func TestReadFiles(t *testing.T) {
	sick.NeedRoot(t, "a raw socket")
	d, dir, _ := rich(t)
	if d.FilesTotal != len(d.Files) || len(d.Files) < 10 {
		t.Errorf("%d files, %d in all", len(d.Files), d.FilesTotal)
	}
	byTarget := make(map[string]pcb.OpenFile)
	for _, f := range d.Files {
		byTarget[f.Target] = f
		byTarget[f.Kind] = f
	}
	for target, want := range map[string]pcb.OpenFile{
		dir + "/log file":          {Kind: "file", Flags: "w append cloexec", Pos: 5},
		dir:                        {Kind: "file", Flags: "r cloexec"}, // opened without O_DIRECTORY
		"/dev/null":                {Kind: "dev", Flags: "r"},
		"anon_inode:[eventpoll]":   {Kind: "anon", Flags: "rw cloexec"},
		"/memfd:scratch (deleted)": {Kind: "file", Flags: "rw cloexec"},
	} {
		got := byTarget[target]
		want.FD, want.Target = got.FD, target
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if byTarget["pipe"].Target == "" || byTarget["socket"].Target == "" {
		t.Errorf("no pipe or no socket in %+v", d.Files)
	}
}

func TestReadSockets(t *testing.T) {
	sick.NeedRoot(t, "a raw socket")
	d, _, tcp := rich(t)
	byProto := make(map[string]pcb.Socket)
	for _, s := range d.Sockets {
		byProto[s.Proto] = s
		if s.Inode == 0 || !slices.ContainsFunc(d.Files, func(f pcb.OpenFile) bool {
			return f.FD == s.FD && f.Target == fmt.Sprintf("socket:[%d]", s.Inode)
		}) {
			t.Errorf("socket %+v is none of the descriptors", s)
		}
	}
	if s := byProto["tcp"]; s.Local != tcp || s.State != "LISTEN" || s.Remote != "" {
		t.Errorf("got %+v, want a listener on %s", s, tcp)
	}
	if s := byProto["tcp6"]; !strings.HasPrefix(s.Local, "[::1]:") || s.State != "LISTEN" {
		t.Errorf("got %+v, want a listener on [::1]", s)
	}
	if s := byProto["udp"]; !strings.HasPrefix(s.Local, "127.0.0.1:") || s.State != "UNCONNECTED" {
		t.Errorf("got %+v, want a socket on 127.0.0.1", s)
	}
	first, _, _ := strings.Cut(hostile, "\n")
	if s := byProto["unix"]; s.Local != first || s.State != "LISTEN" {
		t.Errorf("got %+v, want a listener on %q", s, first)
	}
	if s := byProto["netlink"]; !strings.HasPrefix(s.Local, "family 0 port ") {
		t.Errorf("got %+v, want a socket of family 0", s)
	}
	if s := byProto["raw"]; s.Local != "0.0.0.0:1" {
		t.Errorf("got %+v, want a raw socket for ICMP", s)
	}
	if byProto["socket"].Inode == 0 {
		t.Errorf("a socket that no table has is missing among %+v", d.Sockets)
	}
}

func TestReadThreadsLimitsNamespaces(t *testing.T) {
	sick.NeedRoot(t, "a raw socket")
	d, _, _ := rich(t)
	named := slices.IndexFunc(d.ThreadList, func(th pcb.Thread) bool { return th.Comm == hostile[:15] })
	if named < 0 || len(d.ThreadList) < 2 || d.ThreadList[0].TID != d.ID.PID {
		t.Fatalf("threads %+v", d.ThreadList)
	}
	if th := d.ThreadList[named]; !th.Have.Has(pcb.FieldStat|pcb.FieldSwitches) || th.Started == 0 {
		t.Errorf("thread %+v", th)
	}
	files := slices.IndexFunc(d.Limits, func(l pcb.Limit) bool { return l.Name == "Max open files" })
	if files < 0 {
		t.Fatalf("limits %+v", d.Limits)
	}
	l := d.Limits[files]
	if l.Soft != 123 || l.Hard != 456 || l.Unit != "files" || l.Used == nil || *l.Used != int64(d.FilesTotal) {
		t.Errorf("limit %+v, %d files", l, d.FilesTotal)
	}
	kinds := make(map[string]bool)
	for _, ns := range d.Namespaces {
		kinds[ns.Kind] = ns.Inode != 0 && !ns.Own
	}
	if !kinds["pid"] || !kinds["net"] || !kinds["mnt"] {
		t.Errorf("namespaces %+v, want ours", d.Namespaces)
	}
	if d.Maps.Count < 10 || d.Maps.Size == 0 || !d.Maps.HaveRollup || d.Maps.RSS == 0 || d.Maps.Stack == 0 || d.Maps.File == 0 {
		t.Errorf("maps %+v", d.Maps)
	}
	want, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", d.ID.PID))
	if err != nil || strings.Join(d.CgroupPath, "\n")+"\n" != string(want) {
		t.Errorf("cgroup %q, want %q, %v", d.CgroupPath, want, err)
	}
	if d.OOMScore == nil || d.OOMAdj == nil {
		t.Error("no OOM figures")
	}
}

func TestOwnNamespaceIsTold(t *testing.T) {
	sick.NeedRoot(t, "a namespace")
	cmd := helper("sleep")
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUTS
	pid, _ := start(t, cmd)
	for _, ns := range read(t, New(""), pcb.ID{PID: pid}).Namespaces {
		if ns.Own != (ns.Kind == "uts") {
			t.Errorf("%+v, want uts alone to be its own", ns)
		}
	}
}

func TestWhatASleeperDoesInTheKernel(t *testing.T) {
	sleeper := exec.Command("sleep", "1000")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = sleeper.Process.Kill()
		_ = sleeper.Wait()
	})
	r := New("")
	for { // until it has got there
		d := read(t, r, pcb.ID{PID: int32(sleeper.Process.Pid)})
		if strings.HasPrefix(d.Syscall, "clock_nanosleep(0x") && strings.Contains(d.WChan, "nanosleep") {
			if len(d.Stack) == 0 && d.Problems[pcb.PartStack] == "" {
				t.Error("no stack, and no reason for it")
			}
			return
		}
	}
}

func TestTheFileOfACallIsTold(t *testing.T) {
	reader := exec.Command("cat")
	in, err := reader.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Start(); err != nil {
		t.Fatal(err)
	}
	r := New("")
	for { // until it has got there
		d := read(t, r, pcb.ID{PID: int32(reader.Process.Pid)})
		if strings.HasPrefix(d.Syscall, "read(0x0, ") && strings.Contains(d.Syscall, " on descriptor 0, pipe:[") {
			break
		}
	}
	in.Close()
	if err := reader.Wait(); err != nil {
		t.Error(err)
	}
}

func TestHiddenIsNotEnded(t *testing.T) {
	sick.NeedRoot(t, "a mount")
	cmd := helper("hidepid")
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNS
	out, err := cmd.CombinedOutput()
	if want := "is hidden from this user (/proc is mounted with hidepid): run ptop as root"; err == nil || !strings.Contains(string(out), want) {
		t.Errorf("got %v, %s, want %q", err, out, want)
	}
}

func TestExitedLeaderIsReadThroughAThread(t *testing.T) {
	sick.NeedRoot(t, "the kernel stack")
	pid, _ := start(t, helper("leaderless", "x"))
	d := read(t, New(""), pcb.ID{PID: pid})
	if d.Process.State != 'Z' || !d.Process.LeaderExited() {
		t.Fatalf("state %c with %d threads, want an exited leader", d.Process.State, d.Process.Threads)
	}
	if len(d.Args) != 2 || d.Exe == "" || len(d.Files) == 0 || d.Maps.Count == 0 || d.Process.RSS == 0 {
		t.Errorf("args %q, exe %q, %d files, %d maps, RSS %d", d.Args, d.Exe, len(d.Files), d.Maps.Count, d.Process.RSS)
	}
	if len(d.ThreadList) < 2 || len(d.Problems) != 0 {
		t.Errorf("%d threads, problems %q", len(d.ThreadList), d.Problems)
	}
}

func TestZombieIsReadAsFarAsItGoes(t *testing.T) {
	child := exec.Command("true")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait() //nolint:errcheck // only to have it reaped
	r := New("")
	for {
		d := read(t, r, pcb.ID{PID: int32(child.Process.Pid)})
		if d.Process.State != 'Z' {
			continue
		}
		if d.Process.Have.Has(pcb.FieldMemory) || d.Maps.Count != 0 || len(d.Args) != 0 || len(d.Limits) == 0 {
			t.Errorf("a zombie with memory, or without limits: %+v", d)
		}
		for _, part := range []pcb.DetailPart{pcb.PartCwd, pcb.PartNamespaces} {
			if d.Problems[part] != noneAnyMore {
				t.Errorf("%s: %q", part, d.Problems[part])
			}
		}
		if d.Syscall != "" {
			t.Errorf("it is in %s", d.Syscall)
		}
		if err := smapsOf(r, d.ID.PID); !strings.Contains(err, "no memory of its own") && !strings.Contains(err, "has none any more") {
			t.Errorf("what its maps hold: %s", err)
		}
		return
	}
}

func TestIdentity(t *testing.T) {
	cmd := helper("sleep")
	pid, _ := start(t, cmd)
	r := New("")
	id := read(t, r, pcb.ID{PID: pid}).ID
	if id.Start == 0 || read(t, r, id).ID != id {
		t.Errorf("identity %v is not stable", id)
	}
	_, err := r.Read(background, pcb.ID{PID: pid, Start: id.Start + 1}, pcb.Dear{Maps: true})
	if want := fmt.Sprintf("process %d:%d has ended; its pid is borne by ", pid, id.Start+1); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	g, err := r.begin(id)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(g.held)
	if err := g.verify(); err != nil {
		t.Errorf("of the living: %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	want := fmt.Sprintf("process %d has ended", pid)
	if err := g.verify(); err == nil || err.Error() != want {
		t.Errorf("process ended while it was read: %v, want %q", err, want)
	}
	if _, err := r.Read(background, id, pcb.Dear{Maps: true}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := New("").Read(ctx, pcb.ID{PID: int32(os.Getpid())}, pcb.Dear{Maps: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestDeniedIsSaid(t *testing.T) {
	sick.NeedRoot(t, "another user")
	cmd := helper("nobody")
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []pcb.DetailPart{
		pcb.PartEnviron, pcb.PartCwd, pcb.PartFiles, pcb.PartSockets, pcb.PartMaps, pcb.PartNamespaces, pcb.PartStack, pcb.PartSyscall,
	} {
		if want := string(part) + ": not permitted: run ptop as root or as the user of the process\n"; !strings.Contains(string(out), want) {
			t.Errorf("no %q", want)
		}
	}
	if want := "/smaps: not permitted: run ptop as root or as the user of the process\n"; !strings.Contains(string(out), want) {
		t.Errorf("no %q", want)
	}
	if !strings.Contains(string(out), "visible: true true true 0\n") {
		t.Errorf("what everybody may see is missing")
	}
	if t.Failed() {
		t.Logf("got:\n%s", out)
	}
}

// stuck makes a /proc with processes whose command lines can't be read: a pipe without writer blocks who opens it as
// a locked memory map does. Their other files are real.
func stuck(t *testing.T, pids ...int) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, pid := range pids {
		dir := filepath.Join(root, fmt.Sprint(pid))
		for _, d := range []string{"fd", "task", "ns"} {
			if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"stat", "status", "limits", "cgroup", "wchan", "oom_score"} {
			text, err := os.ReadFile("/proc/self/" + name)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		block(t, filepath.Join(dir, "cmdline"))
	}
	return root
}

// block makes a file one that lets its readers wait until the test is over.
func block(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK, 0); err == nil {
			unix.Close(fd)
		}
	})
}

// waitsAt reports whether anybody waits at a file that block made.
func waitsAt(path string) bool {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}

// comesBack fails the test when something takes as long as only what hangs does.
func comesBack(t *testing.T, do func()) {
	t.Helper()
	done := make(chan bool)
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it hangs")
	}
}

// In an exec that does not end whoever reads stat waits, too. What does not block is read, and the rest is said.
func TestStuckExecIsReadAsFarAsItGoes(t *testing.T) {
	root := stuck(t, 41)
	block(t, filepath.Join(root, "41/stat"))
	r := New(root)
	for range 2 {
		var d *pcb.Detail
		comesBack(t, func() { d = read(t, r, pcb.ID{PID: 41, Start: 7}) })
		for _, part := range []pcb.DetailPart{pcb.PartProcess, pcb.PartCwd, pcb.PartFiles, pcb.PartThreads, pcb.PartNamespaces, pcb.PartWChan} {
			if !strings.HasPrefix(d.Problems[part], "blocked reader: ") {
				t.Errorf("%s: %q, want that its reader is blocked", part, d.Problems[part])
			}
		}
		if len(d.Limits) == 0 || len(d.CgroupPath) == 0 || d.OOMScore == nil || !d.Process.Have.Has(pcb.FieldCreds|pcb.FieldSignals) {
			t.Errorf("what does not block is missing: %+v", d)
		}
		if d.ID != (pcb.ID{PID: 41, Start: 7}) || !d.Process.Blocked || d.Process.Have.Has(pcb.FieldStat) {
			t.Errorf("identity %v, process %+v", d.ID, d.Process)
		}
	}
}

// One that blocks its readers does not take the use of their limits from the others of its user.
func TestLimitsBesideOneThatIsStuck(t *testing.T) {
	root := stuck(t, 41, 42)
	block(t, filepath.Join(root, "41/stat"))
	var d *pcb.Detail
	comesBack(t, func() { d = read(t, New(root), pcb.ID{PID: 42}) })
	at := slices.IndexFunc(d.Limits, func(l pcb.Limit) bool { return l.Name == "Max processes" })
	if at < 0 || d.Limits[at].Used == nil || *d.Limits[at].Used < 2 {
		t.Errorf("limits %+v, want the threads of both counted", d.Limits)
	}
	if len(d.CgroupPath) == 0 || d.Problems[pcb.PartNamespaces] != "" {
		t.Errorf("what comes after it is missing: %q", d.Problems)
	}
}

func TestBlockedReader(t *testing.T) {
	r := New(stuck(t, 41))
	for range 2 {
		d := read(t, r, pcb.ID{PID: 41})
		for _, part := range []pcb.DetailPart{pcb.PartArgs, pcb.PartEnviron, pcb.PartMaps} {
			if want := "blocked reader: its memory map is locked"; !strings.HasPrefix(d.Problems[part], want) {
				t.Errorf("%s: %q, want %q", part, d.Problems[part], want)
			}
		}
		if !d.Process.Blocked || len(d.Limits) == 0 || len(d.CgroupPath) == 0 || d.OOMScore == nil || d.Process.Have.Has(pcb.FieldCmdline) {
			t.Errorf("what does not block is missing: %+v", d)
		}
	}
}

func TestBlockedReadersAreFew(t *testing.T) {
	before := runtime.NumGoroutine()
	var pids []int
	for pid := range 3 * maxBlocked {
		pids = append(pids, 1000+pid)
	}
	r := New(stuck(t, pids...))
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := make(map[string]int)
	for range 2 {
		for _, pid := range pids {
			wg.Go(func() {
				d, err := r.Read(background, pcb.ID{PID: int32(pid)}, pcb.Dear{Maps: true})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				why, _, _ := strings.Cut(d.Problems[pcb.PartArgs], ":")
				count[why]++
			})
		}
		wg.Wait()
	}
	left := runtime.NumGoroutine() - before
	for end := time.Now().Add(10 * time.Second); left > maxBlocked && time.Now().Before(end); left = runtime.NumGoroutine() - before {
		time.Sleep(5 * time.Millisecond) // one that has answered may not have ended yet
	}
	if left > maxBlocked {
		t.Errorf("%d goroutines left, want at most %d", left, maxBlocked)
	}
	if count["blocked reader"] == 0 || count["not read"] == 0 || len(count) != 2 {
		t.Errorf("answers %v, want blocked and not read", count)
	}
}

// What costs the process is read only when it is asked for.
func TestDearIsAskedFor(t *testing.T) {
	for _, maps := range []bool{false, true} {
		d, err := New("").Read(background, pcb.ID{PID: int32(os.Getpid())}, pcb.Dear{Maps: maps})
		if err != nil {
			t.Fatal(err)
		}
		if (d.Maps.Count > 0) != maps || d.With.Maps != maps || d.Problems[pcb.PartMaps] != "" {
			t.Errorf("asked for maps %t: %d are there, %q", maps, d.Maps.Count, d.Problems[pcb.PartMaps])
		}
	}
}
