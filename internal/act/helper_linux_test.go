package act

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// The test binary runs itself as the processes it acts on; helperEnv says which one to be.
const helperEnv = "PTOP_ACT_HELPER"

func TestMain(m *testing.M) {
	role, arg, _ := strings.Cut(os.Getenv(helperEnv), " ")
	if role == "" {
		os.Exit(m.Run())
	}
	helpers[role](arg)
}

var helpers = map[string]func(arg string){
	"sleep":      func(string) { fmt.Println("ready"); waitForEver() },
	"ignore":     func(string) { signal.Ignore(syscall.SIGTERM); fmt.Println("ready"); waitForEver() },
	"lower":      lower,
	"threads":    beThreads,
	"parent":     beParent,
	"exit":       func(string) {},
	"nobody":     actAs,
	"hidepid":    hideAndAct,
	"reuse":      reusePID,
	"heirs":      reuseParent,
	"set":        trySettings,
	"leaderless": loseLeader,
	"ns-first":   func(string) { signal.Reset(); fmt.Println("ready"); waitForEver() },
}

// waitForEver keeps the runtime from calling a helper without a running goroutine a deadlock.
func waitForEver() {
	for {
		time.Sleep(time.Hour)
	}
}

// beThreads has as many threads as arg says beside those of the runtime.
func beThreads(arg string) {
	n, _ := strconv.Atoi(arg)
	up := make(chan bool)
	for range n {
		go func() {
			runtime.LockOSThread()
			up <- true
			pause()
		}()
	}
	for range n {
		<-up
	}
	fmt.Println("ready")
	waitForEver()
}

// pause holds the thread in the kernel.
func pause() {
	var p [2]int
	if unix.Pipe(p[:]) == nil {
		_, _ = unix.Read(p[0], make([]byte, 1))
	}
}

// beParent has a child that has ended and that it does not wait for, and tells the child's pid.
func beParent(string) {
	child := helper("exit", "")
	child.Stdin, child.Stdout = nil, nil
	must(child.Start())
	waitZombie(child.Process.Pid)
	fmt.Println(child.Process.Pid)
	waitForEver()
}

func waitZombie(pid int) {
	for {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		must(err)
		if s, err := parseStatus(string(text)); err == nil && s.zombie() { // its other threads have ended, too
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// actAs tries both actions on the process arg and tells what came of it.
func actAs(arg string) {
	id, _, err := pcb.ParseID(arg)
	must(err)
	target, failed := Bind("", []pcb.ID{id}, pcb.Alone)
	for _, o := range failed {
		fmt.Println("bind:", o.Err)
	}
	sent := target.Signal(pcb.SIGTERM)
	if told := Refusals(target, pcb.SIGTERM); len(sent) > 0 && (len(told) != 1 || told[0].Err.Error() != sent[0].Err.Error()) {
		fmt.Println("foretold:", told)
	}
	for _, o := range append(sent, target.Set(pcb.Nice(5))...) {
		fmt.Printf("%q %v\n", o.Did, o.Err)
	}
}

// hideAndAct has nobody act on its parent where /proc hides others' processes.
func hideAndAct(string) {
	must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	must(unix.Mount("proc", "/proc", "proc", 0, "hidepid=2"))
	cmd := helper("nobody", strconv.Itoa(os.Getpid()))
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	out, err := cmd.Output()
	must(err)
	fmt.Print(string(out))
}

// trySettings tries to give the process arg what needs a right, and tells what came of it.
func trySettings(arg string) {
	id, _, err := pcb.ParseID(arg)
	must(err)
	target, _ := Bind("", []pcb.ID{id}, pcb.Alone)
	for _, s := range privileged {
		fmt.Println(target.Set(s)[0].Err)
	}
}

// privileged are settings that need a right even of whoever owns the process.
var privileged = []pcb.Setting{
	pcb.Nice(-5),
	{Kind: pcb.SetIOPriority, IOClass: pcb.IORealtime},
	{Kind: pcb.SetPolicy, Policy: pcb.PolicyFIFO, RTPriority: 10},
	{Kind: pcb.SetOOMScoreAdj, OOMScoreAdj: -500},
}

func init() {
	if strings.HasPrefix(os.Getenv(helperEnv), "leaderless") {
		runtime.LockOSThread() // the main goroutine has the main thread then
	}
}

// loseLeader ends the main thread alone.
func loseLeader(string) {
	go func() {
		for {
			text, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/status")
			must(err)
			if s, err := parseStatus(string(text)); err == nil && s.state == 'Z' {
				fmt.Println("ready")
				waitForEver()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	_, _, _ = unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0)
}

// lower tries to give the process arg a lower nice value.
func lower(arg string) {
	id, _, err := pcb.ParseID(arg)
	must(err)
	target, _ := Bind("", []pcb.ID{id}, pcb.Alone)
	fmt.Println(target.Set(pcb.Nice(-5))[0].Err)
}

// reusePID runs as the first process of a pid namespace of its own: it signals a child which ends, and whose pid
// another one gets, between the look at it and the signal itself. Then it acts through the stale binding.
func reusePID(string) {
	must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	must(unix.Mount("proc", "/proc", "proc", 0, ""))
	kernel := sendSignal
	for range 1000 {
		first := helper("sleep", "")
		must(first.Start())
		pid := first.Process.Pid
		target, failed := Bind("/proc", []pcb.ID{{PID: int32(pid)}}, pcb.Alone)
		if len(failed) > 0 {
			fmt.Println("bind:", failed[0].Err)
			return
		}
		second := helper("sleep", "")
		sendSignal = func(dir int, sig unix.Signal, info *unix.Siginfo, flags int) error {
			must(first.Process.Kill())
			_ = first.Wait()
			must(os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(pid-1)), 0))
			must(second.Start())
			return kernel(dir, sig, info, flags)
		}
		inTime := target.Signal(pcb.SIGKILL)[0]
		sendSignal = kernel
		if second.Process.Pid != pid { // a thread of ours took the number
			must(second.Process.Kill())
			_ = second.Wait()
			target.Close()
			continue
		}
		fmt.Println("signal:", inTime.Did, inTime.Err)
		fmt.Println("later:", target.Signal(pcb.SIGKILL)[0].Err)
		fmt.Println("renice:", target.Set(pcb.Nice(7))[0].Err)
		fmt.Println("gone:", len(target.Look().Gone()))
		nice, err := unix.Getpriority(unix.PRIO_PROCESS, pid)
		fmt.Println("bearer:", 20-nice, err)
		must(second.Process.Signal(syscall.SIGTERM))
		fmt.Println("bearer ended by:", second.Wait())
		return
	}
	fmt.Println("no pid could be reused")
}

// reuseParent runs as the first process of a pid namespace of its own: a process that is bound with its subtree, and one
// with its group, ends, and its pid gets another one, which has a child and leads a group of the same number.
func reuseParent(string) {
	must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	must(unix.Mount("proc", "/proc", "proc", 0, ""))
	for range 1000 {
		first := exec.Command("sleep", "600")
		first.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		must(first.Start())
		pid := first.Process.Pid
		var held []pcb.Target
		for _, scope := range []pcb.Scope{pcb.Subtree, pcb.Group} {
			target, failed := Bind("/proc", []pcb.ID{{PID: int32(pid)}}, scope)
			if len(failed) > 0 {
				fmt.Println("bind:", failed[0].Err)
				return
			}
			held = append(held, target)
		}
		must(first.Process.Kill())
		_ = first.Wait()
		must(os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(pid-1)), 0))
		second := exec.Command("sh", "-c", "sleep 600 & echo up; wait")
		second.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		out, err := second.StdoutPipe()
		must(err)
		must(second.Start())
		_, err = bufio.NewReader(out).ReadString('\n')
		must(err)
		if second.Process.Pid != pid { // a thread of ours took the number
			must(syscall.Kill(-second.Process.Pid, syscall.SIGKILL))
			_ = second.Wait()
			continue
		}
		for _, target := range held {
			fmt.Println("comes into scope:", len(target.Extend()), "gone:", len(target.Look().Gone()))
		}
		return
	}
	fmt.Println("no pid could be reused")
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// helper is a command that runs this test binary in a role. It goes by the magic link, which works for a user who
// may not enter the binary's directory.
func helper(role, arg string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helperEnv+"="+role+" "+arg)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// start runs a helper until the test ends and gives its first line.
func start(t *testing.T, cmd *exec.Cmd) (pid int, line string) {
	t.Helper()
	runtime.LockOSThread() // Pdeathsig is sent when the thread ends that started the helper
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("helper ended early: %v", err)
	}
	return cmd.Process.Pid, strings.TrimSpace(line)
}
