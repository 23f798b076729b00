package sick

import (
	"bufio"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

//go:embed src
var source embed.FS

// deadline is how long a case may take to become what it should be, on a machine with other things to do.
const deadline = 60 * time.Second

// marker is the variable by which the processes of a case are known, wherever they have gone.
const marker = "PTOP_SICK_CASE"

// Case is a sick process with its relatives.
type Case struct {
	PID int // who the case is about: the parent of zombies, the orphan, the spinner

	t       testing.TB
	mark    string
	leader  int            // what was started, and its session
	roles   map[string]int // pids by what they are in the case
	started uint64         // of PID
}

// Start makes a case and returns when it is as it should be. All of it is ended when the test is.
func Start(t testing.TB, name string) *Case {
	t.Helper()
	NeedCompiler(t)
	dir := t.TempDir() // removed after what is cleaned up below
	path := filepath.Join(dir, name)
	if err := install(name, path); err != nil {
		t.Fatal(err)
	}
	report, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer report.Close()
	c := &Case{t: t, mark: fmt.Sprintf("%s=%d.%d", marker, os.Getpid(), time.Now().UnixNano()), roles: make(map[string]int)}
	cmd := exec.Command(path, name)
	cmd.Dir = dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), ofCI), c.mark)
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		t.Fatalf("sick: starting %s: %v", name, err)
	}
	c.leader = cmd.Process.Pid
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // as it was killed, or ended by the test
		close(ended)
	}()
	t.Cleanup(func() {
		if c.roles["server"] != 0 { // the others hang at it, and whoever looks at them, too
			_ = cmd.Process.Kill()
		}
		c.end()
		<-ended
	})
	if err := c.listen(report); err != nil {
		t.Fatalf("sick: %s: %v", name, err)
	}
	c.PID = c.roles["main"]
	if c.started = startTime(c.PID); c.started == 0 {
		t.Fatalf("sick: %s: process %d is not there", name, c.PID)
	}
	return c
}

// ofCI reports whether a variable says that a build made the process: the test may be of one, the case is not.
func ofCI(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.Contains([]string{"BUILD_ID", "JENKINS_NODE_COOKIE", "GITHUB_RUN_ID", "CI_JOB_ID"}, name)
}

// Of gives the pid that has a role in the case, such as "zombie".
func (c *Case) Of(role string) int {
	c.t.Helper()
	pid, ok := c.roles[role]
	if !ok {
		c.t.Fatalf("sick: the case has no %s", role)
	}
	return pid
}

// Has gives the pid that has a role in the case; 0 where nobody has.
func (c *Case) Has(role string) int { return c.roles[role] }

// Pids gives all processes that belong to the case now, zombies too.
func (c *Case) Pids() []int {
	parents := make(map[int]int)
	mine := make(map[int]bool)
	for _, pid := range all() {
		fields := stat(pid)
		if len(fields) < 4 {
			continue
		}
		parents[pid], _ = strconv.Atoi(fields[1])
		session, _ := strconv.Atoi(fields[3])
		mine[pid] = session == c.leader || c.marked(pid)
	}
	var out []int
	for pid := range parents {
		// a zombie has no environment any more, but its parent has
		for up, n := pid, 0; up > 1 && n < 100; up, n = parents[up], n+1 {
			if mine[up] {
				out = append(out, pid)
				break
			}
		}
	}
	return out
}

// WaitGone waits until the process that the case is about has died.
func (c *Case) WaitGone() {
	c.t.Helper()
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		fields := stat(c.PID)
		if len(fields) == 0 || fields[0] == "Z" || startTime(c.PID) != c.started {
			return
		}
	}
	c.t.Fatalf("sick: process %d lives on", c.PID)
}

// listen reads the pids that the case tells, until it is ready.
func (c *Case) listen(report *os.File) error {
	if err := report.SetReadDeadline(time.Now().Add(deadline)); err != nil {
		return err
	}
	lines := bufio.NewScanner(report)
	for lines.Scan() {
		role, text, _ := strings.Cut(lines.Text(), " ")
		if role == "ready" {
			return nil
		}
		pid, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		c.roles[role] = pid
	}
	return errors.Join(errors.New("it ended before it was ready"), lines.Err())
}

// end kills everything that is marked, again until nothing is left that could fork.
func (c *Case) end() {
	for stop := time.Now().Add(deadline); time.Now().Before(stop); time.Sleep(5 * time.Millisecond) {
		left := 0
		for _, pid := range c.Pids() {
			if fields := stat(pid); len(fields) == 0 || fields[0] == "Z" && fields[17] == "1" {
				continue
			}
			left++
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if left == 0 {
			return
		}
	}
	c.t.Errorf("sick: processes %v do not end", c.Pids())
}

// marked reports whether a process was started by the case. One whose leader has exited shows it by its threads.
func (c *Case) marked(pid int) bool {
	dir := "/proc/" + strconv.Itoa(pid)
	environ, err := os.ReadFile(dir + "/environ")
	if err == nil && len(environ) == 0 {
		threads, _ := filepath.Glob(dir + "/task/*/environ")
		for _, thread := range threads {
			if environ, err = os.ReadFile(thread); err == nil && len(environ) > 0 {
				break
			}
		}
	}
	return err == nil && bytes.Contains(environ, []byte(c.mark))
}

func all() (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stat gives the fields after the name of a process's stat line; none when it is gone.
func stat(pid int) []string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	if fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])); len(fields) > 40 {
		return fields
	}
	return nil
}

func startTime(pid int) uint64 {
	fields := stat(pid)
	if len(fields) == 0 {
		return 0
	}
	start, _ := strconv.ParseUint(fields[19], 10, 64)
	return start
}

// goCases are the cases that are Go programs, by their package.
var goCases = map[string]string{"zombie-go-no-wait": "ptop/internal/sick/gonowait"}

// install writes the program of a case to path. No fork may happen while it is open for writing: the child would hold it
// open, and it could not be executed.
func install(name, path string) error {
	if pkg, ok := goCases[name]; ok {
		if out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
			return fmt.Errorf("sick: building %s: %w: %s", pkg, err, out)
		}
		return nil
	}
	program, err := compile()
	if err != nil {
		return err
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, program, 0o700)
}

// compile gives the program with all the cases.
var compile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "sick")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, source); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "src", "*.c"))
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "program")
	args := append([]string{"-O1", "-Wall", "-pthread", "-o", program}, files...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("sick: compiling the cases: %w: %s", err, out)
	}
	return os.ReadFile(program)
})
