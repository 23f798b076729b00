package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
)

// testBench has the directory, the environment and the programs, and no ptop.
func testBench(t *testing.T) *bench {
	t.Helper()
	sick.NeedCompiler(t)
	b, err := newBench(t.Context(), options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	return b
}

// eventually waits for what has to come about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(60 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// states counts the states of a process's children.
func states(t *testing.T, pid int) map[string]int {
	t.Helper()
	all, err := family(pid)
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]int)
	for _, pid := range all[1:] {
		status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		if err != nil {
			t.Fatal(err)
		}
		_, state, _ := strings.Cut(string(status), "State:\t")
		m[state[:1]]++
	}
	return m
}

// The load is what it is said to be, and ends in both ways.
func TestLoad(t *testing.T) {
	b := testBench(t)
	for _, c := range []struct {
		name string
		end  func(*load)
	}{
		{"told", func(l *load) {
			if err := l.stop(t.Context()); err != nil {
				t.Error(err)
			}
		}},
		{"killed", func(l *load) {
			_ = l.cmd.Process.Kill()
			_ = l.cmd.Wait()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := b.startLoad(t.Context(), 200)
			if err != nil {
				t.Fatal(err)
			}
			all, err := family(l.cmd.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]int
			eventually(t, "198 that sleep, 2 zombies, 3 that run", func() bool {
				m = states(t, l.cmd.Process.Pid)
				return m["S"] == 198 && m["Z"] == 2 && m["R"] == busy
			})
			c.end(l)
			for _, pid := range all {
				eventually(t, "the end of the load", func() bool { return unix.Kill(pid, 0) == unix.ESRCH })
			}
		})
	}
}

func TestFloor(t *testing.T) {
	floor, err := testBench(t).measureFloor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"list", "list+stat", "list+stat+status", "list+stat+status+cmdline"} {
		if s := named(floor, name); s == nil || len(s.cpu) != floorRuns || median(s.cpu) <= 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if _, err := parseFloor("list\tnothing\n"); err == nil {
		t.Error("no number is taken for one")
	}
}

// What a process's children take is its own, and so is their memory.
func TestFamily(t *testing.T) {
	cmd := exec.Command("sh", "-c", "while :; do :; done & sleep 3600 & wait")
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL); _ = cmd.Wait() }()
	pid := cmd.Process.Pid
	eventually(t, "two children", func() bool { all, _ := family(pid); return len(all) == 3 })
	eventually(t, "CPU time of the one that spins", func() bool {
		share, err := cpuShare(t.Context(), pid, 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		return share > 0
	})
	sum, own, err := peakRSS(pid)
	if err != nil || own <= 0 || sum <= own {
		t.Errorf("peak RSS %v, of it %v: %v", sum, own, err)
	}
	if _, err := clocks(1 << 30); err == nil {
		t.Error("nobody has a clock")
	}
}

// A picture is whole with its heading and twenty rows, whatever is between them; and who never draws it is told of.
func TestFirstFrame(t *testing.T) {
	b := testBench(t)
	me := "root"
	script := func(rows int) program {
		text := `printf 'no such thing\n\033[7m  PID USER\033[0m\r\n'; i=0; while [ $i -lt ` + strconv.Itoa(rows) + ` ]; do i=$((i+1)); printf '\033[%d;1H\033[1m%d\033[m ` + me + ` sleep' $i $i; done`
		if rows == frameRows {
			text += "; exec sleep 3600"
		}
		return program{name: "script", argv: []string{"sh", "-c", text}}
	}
	if d, err := b.firstFrame(t.Context(), script(frameRows), me); err != nil || d <= 0 {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := b.firstFrame(t.Context(), script(frameRows-1), me); err == nil || !strings.Contains(err.Error(), "without a whole picture") {
		t.Errorf("of one row less: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.firstFrame(ctx, script(frameRows), me); err == nil {
		t.Error("it goes on when it is interrupted")
	}
}

// Orphans of what was started are found and ended.
func TestEndOrphans(t *testing.T) {
	if err := adoptOrphans(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }()
	out, err := exec.Command("sh", "-c", "setsid sleep 3600 >/dev/null 2>&1 & echo $!").Output()
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	endOrphans()
	if err := unix.Kill(pid, 0); err != unix.ESRCH {
		t.Errorf("the orphan is still there: %v", err)
	}
}

// What is adopted is reaped as soon as it has ended, and the child that another waits for is left to that.
func TestReapAdopted(t *testing.T) {
	if err := adoptOrphans(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }()
	own := exec.Command("sh", "-c", "for i in 1 2 3 4 5 6 7 8; do (sleep 0.2 & ); done; echo; read x; exit 7")
	in, err := own.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	made, err := own.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := made.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		reapAdopted(own.Process.Pid, stop)
	}()
	eventually(t, "the adopted are reaped", func() bool {
		all, _ := family(os.Getpid())
		return len(all) == 2 // this program and the shell
	})
	in.Close()
	if err := own.Wait(); own.ProcessState.ExitCode() != 7 {
		t.Errorf("whoever waits for the shell is told %v", err)
	}
	close(stop)
	<-stopped
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-sizes", "300 20000", "-rounds", "2", "-seconds", "5", "-variants", "auto proc", "-ptop", "./ptop"})
	if err != nil || len(o.sizes) != 2 || o.sizes[1] != 20000 || o.each != 5*time.Second || !filepath.IsAbs(o.ptop) {
		t.Errorf("%+v, %v", o, err)
	}
	b := bench{options: o}
	ptops := b.ptops("-d", "1")
	if len(ptops) != 2 || ptops[0].name != "ptop" || strings.Join(ptops[1].argv[1:], " ") != "--source proc -d 1" {
		t.Errorf("%+v", ptops)
	}
	for _, wrong := range [][]string{{"-sizes", ""}, {"-sizes", "many"}, {"-sizes", "-1"}, {"-rounds", "0"}, {"-variants", " "}} {
		if _, err := parse(wrong); err == nil {
			t.Errorf("%v is accepted", wrong)
		}
	}
}

func TestSourceShown(t *testing.T) {
	if got := sourceShown("load 11.79 19.53 10.92  ptop 21% 25M proc\npsi"); got != "proc" {
		t.Errorf("%q", got)
	}
	if got := sourceShown("ptop vm  up 12m"); got != "" {
		t.Errorf("%q", got)
	}
}

// A screen is measured with what it starts, and ended with it; one that ends by itself is told of with what it said.
func TestScreen(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		sick.Missing(t, "needs tmux")
	}
	b := testBench(t)
	b.each = time.Second
	tm, err := b.startTmux(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tm.stop()
	pids := filepath.Join(b.dir, "pids")
	var s series
	busyPair := program{name: "pair", argv: []string{"sh", "-c", "sleep 3600 & echo $$ $! >" + pids + "; echo PID; while :; do :; done"}}
	if err := tm.measure(t.Context(), busyPair, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.cpu) != 1 || s.cpu[0] <= 0 || len(s.rss) != 1 || s.rss[0] <= s.ownRSS[0] {
		t.Errorf("%+v", s)
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(string(text)) {
		if _, err := os.Stat("/proc/" + word); err == nil {
			t.Errorf("process %s is still there", word)
		}
	}
	err = tm.measure(t.Context(), program{name: "none", argv: []string{"sh", "-c", "echo out of order"}}, &s)
	if err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("one that ends by itself: %v", err)
	}
}
