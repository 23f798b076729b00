package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patient is a process that is made for the pictures, with what it starts.
type patient struct {
	container string
	uid       uint32
	script    string
}

// wwwData is Debian's user of web servers.
const wwwData = 33

// agent is the patient of whom the zombies are, pool the one with threads.
const agent, pool = 0, 1

// patients are three sick ones: a parent that became another program and never waits for its children, one that spins,
// and a pair that does nothing but hand each other bytes; and some healthy ones beside them.
var patients = []patient{
	{"checkout", wwwData, "for i in 1 2 3 4 5 6 7; do sleep 0.1 & done; exec -a '/srv/checkout-agent --workers 8' sleep 90"},
	{"db", 0, "exec -a '/usr/lib/queryd --pool 6' \"$GENDOCS\" --pool"},
	{"", 0, "exec -a 'python3 report.py' sh -c 'while :; do :; done'"},
	{"ingest", 0, "(exec -a 'ingest: reader' yes) | exec -a 'ingest: indexer' cat > /dev/null"},
	{"web", wwwData, "(exec -a 'nginx: worker process' sleep 90) & (exec -a 'nginx: worker process' sleep 90) & exec -a 'nginx: master process' sleep 90"},
	{"db", 0, "(exec -a 'postgres: checkpointer' sleep 90) & (exec -a 'postgres: walwriter' sleep 90) & exec -a postgres sleep 90"},
}

// ward is the patients that were started.
type ward struct {
	pids   []int32
	groups []string // the directories of their cgroups
	cmds   []*exec.Cmd
}

// admit starts the patients, each in the cgroup that an LXC container of that name would have.
func admit(ctx context.Context) (*ward, error) {
	w := &ward{}
	top, err := unified()
	if err != nil {
		return w, err
	}
	self, err := os.Executable()
	if err != nil {
		return w, err
	}
	for _, p := range patients {
		group := top
		if p.container != "" {
			group = filepath.Join(top, "lxc.payload."+p.container)
			w.groups = append(w.groups, group)
			if err := os.MkdirAll(group, 0o755); err != nil {
				return w, err
			}
		}
		enter := fmt.Sprintf(`echo $$ > %s/cgroup.procs && exec setpriv --reuid=%d --regid=%d --clear-groups bash -c "$1"`, group, p.uid, p.uid)
		cmd := exec.CommandContext(ctx, "bash", "-c", enter, "patient", p.script)
		cmd.Env = append(os.Environ(), "GENDOCS="+self)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			return w, err
		}
		w.cmds = append(w.cmds, cmd)
		w.pids = append(w.pids, int32(cmd.Process.Pid))
	}
	return w, nil
}

// discharge ends them.
func (w *ward) discharge() {
	for _, cmd := range w.cmds {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}
	for _, group := range w.groups {
		for range 50 { // it has members until the kernel is done with them
			if os.Remove(group) == nil {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// unified is where the cgroup hierarchy of version 2 is mounted.
func unified() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			return f[1], nil
		}
	}
	return "", fmt.Errorf("no cgroup hierarchy of version 2 is mounted: the pictures of containers need one")
}

// workInThreads is the patient with threads: some that answer now and then, one that burns half a CPU.
func workInThreads() {
	runtime.LockOSThread() // the main thread keeps its name
	for name, share := range map[string]time.Duration{"query-1": 3, "query-2": 2, "query-3": 1, "flusher": 50, "net-io": 4} {
		go func() {
			runtime.LockOSThread()
			_ = os.WriteFile(fmt.Sprintf("/proc/self/task/%d/comm", unix.Gettid()), []byte(name), 0)
			for {
				for began := time.Now(); time.Since(began) < share*time.Millisecond; {
				}
				time.Sleep((100 - share) * time.Millisecond)
			}
		}()
	}
	select {}
}
