package detail

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// The test binary runs itself as the processes it reads; helperEnv says which one to be.
const helperEnv = "PTOP_DETAIL_HELPER"

// hostile is a text that no terminal should see and no parser should trip over.
const hostile = "a b) R 1 (\x1b]0;x\a\n0000: 00000002 "

func init() {
	if os.Getenv(helperEnv) == "leaderless" {
		runtime.LockOSThread() // keeps main on the process's first thread
	}
}

func TestMain(m *testing.M) {
	switch os.Getenv(helperEnv) {
	case "":
		os.Exit(m.Run())
	case "rich":
		beRich()
	case "leaderless":
		beLeaderless()
	case "probing-nobody":
		beProbingNobody()
	case "nobody":
		beNobody()
	case "hidepid":
		hideAndRead()
	case "sleep":
	}
	fmt.Println("ready")
	for {
		time.Sleep(time.Hour)
	}
}

// beRich has one of everything; its working directory is the test's own.
func beRich() {
	file, err := os.OpenFile("log file", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	must(err)
	_, err = file.WriteString("12345")
	must(err)
	_, err = os.Open(".")
	must(err)
	keep, err := net.Listen("tcp4", "127.0.0.1:0")
	must(err)
	_, err = net.Listen("tcp6", "[::1]:0")
	must(err)
	_, err = net.ListenPacket("udp4", "127.0.0.1:0")
	must(err)
	_, err = net.Listen("unix", hostile)
	must(err)
	netlink, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	must(err)
	must(unix.Bind(netlink, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
	_, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	must(err)
	_, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0) // not bound: in no table
	must(err)
	_, err = unix.MemfdCreate("scratch", unix.MFD_CLOEXEC)
	must(err)
	named := make(chan bool)
	go func() {
		runtime.LockOSThread()
		must(os.WriteFile(fmt.Sprintf("/proc/self/task/%d/comm", unix.Gettid()), []byte(hostile[:15]), 0))
		named <- true
		_, _ = unix.Read(pipe(), make([]byte, 1))
	}()
	<-named
	must(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 123, Max: 456}))
	fmt.Println(keep.Addr())
}

// pipe gives the reading end of a pipe that nothing is ever written to.
func pipe() int {
	var p [2]int
	must(unix.Pipe2(p[:], unix.O_CLOEXEC))
	return p[0]
}

// beLeaderless ends the first thread of the process; another one says so and lives on.
func beLeaderless() {
	go func() {
		for {
			text, err := os.ReadFile("/proc/self/stat")
			if err == nil && strings.Contains(string(text), ") Z ") {
				fmt.Println("ready")
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
}

// beNobody reads its parent, which is somebody else's, and tells the problems.
func beNobody() {
	d, err := New("").Read(background, pcb.ID{PID: int32(os.Getppid())}, pcb.Dear{Maps: true})
	must(err)
	for part, problem := range d.Problems {
		fmt.Printf("%s: %s\n", part, problem)
	}
	_, err = New("").Smaps(background, pcb.ID{PID: int32(os.Getppid())})
	fmt.Println(err)
	fmt.Println("visible:", len(d.ThreadList) > 0, len(d.Args) > 0, len(d.Limits) > 0, d.FilesTotal)
	os.Exit(0)
}

// hideAndRead lets nobody read its parent where /proc hides others' processes. That fails, as helpers do: by a panic.
func hideAndRead() {
	must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	must(unix.Mount("proc", "/proc", "proc", 0, "hidepid=2"))
	cmd := helper("nobody")
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	out, err := cmd.CombinedOutput()
	fmt.Println(string(out))
	must(err)
	os.Exit(0)
}

// beProbingNobody probes its parent, which is somebody else's.
func beProbingNobody() {
	pid := os.Getppid()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(err)
	id := pcb.ID{PID: int32(pid), Start: startOf(stat)}
	for {
		got := NewProber("").Probe(background, &pcb.Snapshot{}, []pcb.ProbeRequest{{ID: id, Kinds: everything}})[id]
		if got != nil && got.Have|got.Denied == everything { // a busy machine can take a pass its time
			fmt.Printf("have %b denied %b threads %v known %v\n", got.Have, got.Denied, len(got.Threads) > 0, got.Threads[0].SyscallKnown)
			os.Exit(0)
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// helper is a command that runs this test binary in a role. It goes by the magic link, which works for a user who
// may not enter the binary's directory.
func helper(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), helperEnv+"="+role, "HOSTILE="+hostile)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// start runs a helper until the test ends and gives its first line.
func start(t *testing.T, cmd *exec.Cmd) (pid int32, line string) {
	t.Helper()
	runtime.LockOSThread() // Pdeathsig is sent when the thread ends that started the helper
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("helper ended early: %v", err)
	}
	return int32(cmd.Process.Pid), strings.TrimSpace(line)
}
