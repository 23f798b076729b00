package taskstats

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
)

// The test binary runs itself as the processes it asks for; helperEnv says which one to be.
const helperEnv = "PTOP_TASKSTATS_HELPER"

func init() {
	if os.Getenv(helperEnv) != "" {
		runtime.LockOSThread() // keeps main on the process's first thread
	}
}

func TestMain(m *testing.M) {
	switch role := os.Getenv(helperEnv); role {
	case "":
		os.Exit(m.Run())
	case "threads":
		beThreads()
	default:
		askAs(role)
	}
}

const (
	busyThreads  = 8
	endedThreads = 2
	endedNaps    = 1000                   // of each ended thread; nearly all are voluntary switches
	endedWork    = 200 * time.Millisecond // of each, on a CPU
)

// beThreads has 8 busy threads, a leader that sleeps, and 2 threads that have worked and ended. It first tells what the ended
// had before their end, and what the leader has. To each line on its standard input it answers with the figures of all threads, before
// "park" in the middle of their work, after it when they all wait.
func beThreads() {
	var ended figures
	for range endedThreads {
		had := make(chan figures)
		tid := make(chan int)
		go func() {
			runtime.LockOSThread()
			tid <- unix.Gettid()
			for range endedNaps {
				_ = unix.Nanosleep(&unix.Timespec{Nsec: 1}, nil)
			}
			burn(endedWork)
			had <- usage(unix.RUSAGE_THREAD, unix.CLOCK_THREAD_CPUTIME_ID)
		}()
		id := <-tid
		f := <-had
		if !hasEnded(id) {
			panic("a thread does not end")
		}
		ended.voluntary += f.voluntary
		ended.involuntary += f.involuntary
		ended.runTime += f.runTime
	}
	var park atomic.Bool
	var parked sync.WaitGroup
	var pipe [2]int
	must(unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	for range busyThreads {
		parked.Add(1)
		go func() {
			runtime.LockOSThread()
			for !park.Load() {
				burn(time.Millisecond)
				_ = unix.Nanosleep(&unix.Timespec{Nsec: 1000}, nil)
			}
			parked.Done()
			_, _ = unix.Read(pipe[0], make([]byte, 1))
		}()
	}
	tell(ended)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch in.Text() {
		case "park":
			park.Store(true)
			parked.Wait()
		case "leave": // the main thread ends, the others live on as long as the test
			go func() {
				_, _ = io.Copy(io.Discard, os.Stdin)
				unix.Exit(0)
			}()
			_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
		}
		tell(usage(unix.RUSAGE_SELF, unix.CLOCK_PROCESS_CPUTIME_ID))
	}
	unix.Exit(0)
}

func burn(work time.Duration) {
	for start := cpuTime(unix.CLOCK_THREAD_CPUTIME_ID); cpuTime(unix.CLOCK_THREAD_CPUTIME_ID)-start < work; {
	}
}

func cpuTime(clock int32) time.Duration {
	var t unix.Timespec
	must(unix.ClockGettime(clock, &t))
	return time.Duration(t.Nano())
}

func usage(who int, clock int32) figures {
	var use unix.Rusage
	must(unix.Getrusage(who, &use))
	return figures{voluntary: uint64(use.Nvcsw), involuntary: uint64(use.Nivcsw), runTime: cpuTime(clock)}
}

func tell(f figures) { fmt.Println(f.voluntary, f.involuntary, int64(f.runTime)) }

// askAs opens a Client as somebody who may not, or somewhere else, and tells what comes of it. Its arguments are other pids to ask for.
func askAs(role string) {
	if role == "less" {
		dropNetAdmin()
	}
	c, err := Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	qs := []Query{{PID: int32(os.Getpid())}}
	for _, pid := range os.Args[1:] {
		n, err := strconv.Atoi(pid)
		must(err)
		qs = append(qs, Query{PID: int32(n)})
	}
	must(c.Read(qs))
	for i := range qs {
		fmt.Print(qs[i].Have.Has(Switches|RunTime), " ")
	}
	fmt.Println()
}

// dropNetAdmin takes the right from the thread.
func dropNetAdmin() {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	must(unix.Capget(&header, &data[0]))
	data[0].Effective &^= 1 << unix.CAP_NET_ADMIN
	data[0].Permitted &^= 1 << unix.CAP_NET_ADMIN
	must(unix.Capset(&header, &data[0]))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// helper is a command that runs this test binary in a role.
func helper(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...) // which works for who may not enter the binary's directory, too
	cmd.Env = append(os.Environ(), helperEnv+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// child is a process that a test has started, and that ends with it. What it starts in turn has to end with its standard input.
type child struct {
	t   testing.TB
	pid int32
	in  io.WriteCloser
	out *bufio.Reader
}

func start(t testing.TB, cmd *exec.Cmd) *child {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, out) // ends when all that it started have ended
		_ = cmd.Wait()
	})
	return &child{t: t, pid: int32(cmd.Process.Pid), in: in, out: bufio.NewReader(out)}
}

func (c *child) line() string {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		c.t.Fatalf("process %d ended early: %v", c.pid, err)
	}
	return strings.TrimSpace(line)
}

func (c *child) say(what string) {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.in, what); err != nil {
		c.t.Fatal(err)
	}
}

// figures reads what the "threads" helper tells.
func (c *child) figures() (f figures) {
	c.t.Helper()
	if _, err := fmt.Sscan(c.line(), &f.voluntary, &f.involuntary, (*int64)(&f.runTime)); err != nil {
		c.t.Fatal(err)
	}
	return f
}

// die waits until the child, which is told to end, is a zombie.
func (c *child) die() {
	c.t.Helper()
	_ = c.in.Close()
	for {
		err := unix.Waitid(unix.P_PID, int(c.pid), nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err == nil {
			return
		}
		if err != unix.EINTR {
			c.t.Fatal(err)
		}
	}
}

// sleepers starts processes of one thread that do nothing until the test ends, and gives their pids.
func sleepers(t testing.TB, n int) []int32 {
	t.Helper()
	c := start(t, exec.Command("sh", "-c", `exec 3<&0; i=0; while [ $i -lt `+strconv.Itoa(n)+` ]; do (read x <&3) >/dev/null & echo $!; i=$((i+1)); done; wait`))
	pids := make([]int32, n)
	for i := range pids {
		pid, err := strconv.Atoi(c.line())
		if err != nil {
			t.Fatal(err)
		}
		pids[i] = int32(pid)
	}
	return pids
}

// open gives a Client of the real kernel.
func open(t testing.TB) *Client {
	t.Helper()
	sick.NeedRoot(t, "CAP_NET_ADMIN")
	c, err := Open()
	if err != nil {
		sick.Missing(t, err.Error())
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// ask reads one process.
func ask(t testing.TB, c *Client, pid int32) Query {
	t.Helper()
	qs := []Query{{PID: pid}}
	if err := c.Read(qs); err != nil {
		t.Fatal(err)
	}
	return qs[0]
}

// procFigures reads the switches from a status file, and the times from the schedstat beside it.
func procFigures(t testing.TB, dir string) (f figures) {
	t.Helper()
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "voluntary_ctxt_switches: %d", &f.voluntary)
		_, _ = fmt.Sscanf(line, "nonvoluntary_ctxt_switches: %d", &f.involuntary)
	}
	sched, err := os.ReadFile(dir + "/schedstat")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(sched), (*int64)(&f.runTime), (*int64)(&f.runDelay)); err != nil {
		t.Fatal(err)
	}
	return f
}

// procSum adds up the living threads of a process.
func procSum(t testing.TB, pid int32) (sum figures) {
	t.Helper()
	tasks := fmt.Sprintf("/proc/%d/task", pid)
	entries, err := os.ReadDir(tasks)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		f := procFigures(t, tasks+"/"+e.Name())
		sum.voluntary += f.voluntary
		sum.involuntary += f.involuntary
		sum.runTime += f.runTime
		sum.runDelay += f.runDelay
	}
	return sum
}

// cloneInto makes a command begin in new namespaces.
func cloneInto(cmd *exec.Cmd, flags uintptr) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
	if flags&unix.CLONE_NEWUSER != 0 {
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}
