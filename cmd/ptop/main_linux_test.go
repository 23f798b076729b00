package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ptop": main, "terminal-guard": main, "load": load, "ptop-with-a-fault": faulty})
}

// TestScript runs the transcripts of the real command.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			root, err := os.Getwd()
			env.Setenv("FIXTURES", root+"/../../testdata/proc")
			env.Setenv("XDG_CONFIG_HOME", env.WorkDir+"/.config")
			env.Setenv("LANG", "C.UTF-8")
			return err
		},
		Condition: func(cond string) (bool, error) { return cond == "root" && os.Geteuid() == 0, nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"proc": cmdProc, "json": cmdJSON, "code": cmdCode, "gone": cmdGone,
		},
	})
}

// cmdProc starts a program in a session of its own, waits until it sleeps, and puts its pid into a variable:
// proc PID sleep 100.
func cmdProc(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command(args[1], args[2:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	ts.Check(cmd.Start())
	ts.Setenv(args[0], strconv.Itoa(cmd.Process.Pid))
	ts.Defer(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(patience); !inState(cmd.Process.Pid, "S"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%v does not sleep", args[1:])
		}
	}
}

// cmdJSON evaluates an expression on every line of stdout, each a JSON document: json 'len(processes) > 3'. Strings
// of the form $NAME in it are replaced by the script before.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	program, err := expr.Compile(args[0], expr.AsBool())
	ts.Check(err)
	lines := bytes.Split(bytes.TrimSpace([]byte(ts.ReadFile("stdout"))), []byte("\n"))
	for n, line := range lines {
		var doc map[string]any
		if err := json.Unmarshal(line, &doc); err != nil {
			ts.Fatalf("line %d is no JSON: %v: %.200s", n+1, err, line)
		}
		ok, err := expr.Run(program, doc)
		if err != nil {
			ts.Fatalf("line %d: %v", n+1, err)
		}
		if ok == neg {
			ts.Fatalf("line %d: %s is %v: %.3000s", n+1, args[0], ok, line)
		}
	}
	if len(args) > 1 && strconv.Itoa(len(lines)) != args[1] {
		ts.Fatalf("%d documents, want %s", len(lines), args[1])
	}
}

// cmdCode runs a command and holds its exit code: code 2 ptop --nonsense.
func cmdCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%s: %v", strings.Join(args[1:], " "), err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("%s: exit code %d, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// cmdGone waits until a process has died: gone $PID. Its parent is the test, so that it stays as a zombie.
func cmdGone(ts *testscript.TestScript, _ bool, args []string) {
	for range 200 {
		stat, err := os.ReadFile("/proc/" + args[0] + "/stat")
		if err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("process %s lives on", args[0])
}
