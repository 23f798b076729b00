package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
)

// sampled is what a test reads of a JSON document.
type sampled struct {
	Sample struct {
		Interval float64 `json:"interval_seconds"`
		Source   string  `json:"source"`
		Why      string  `json:"fallback_reason"`
		Self     struct {
			PID int `json:"pid"`
		} `json:"self"`
	} `json:"sample"`
	Processes []process `json:"processes"`
	Findings  []finding `json:"findings"`
}

type finding struct {
	Detector string `json:"detector"`
	Subject  struct {
		PID int `json:"pid"`
	} `json:"subject"`
}

func (f finding) String() string { return fmt.Sprint(f.Detector, " of ", f.Subject.PID) }

type process struct {
	PID  int      `json:"pid"`
	Comm string   `json:"comm"`
	CPU  *float64 `json:"cpu_percent"`
}

// documents are the lines of JSON that ptop wrote.
func documents(t *testing.T, out []byte) (all []sampled) {
	t.Helper()
	for line := range bytes.Lines(out) {
		var doc sampled
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatalf("%v: %.300s", err, line)
		}
		all = append(all, doc)
	}
	return all
}

// executable makes a copy of ptop that any user may run.
func executable(t *testing.T) string {
	t.Helper()
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "ptop")
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755), os.WriteFile(path, program, 0o755)); err != nil {
		t.Fatal(err)
	}
	return path
}

// What ptop lacks, in its words.
const (
	noBPF      = "no task iterator: it needs CAP_BPF and CAP_PERFMON, or root"
	noNetAdmin = "no taskstats: it needs CAP_NET_ADMIN, or root"
	otherUsers = "no task iterator: it needs rights in the first user namespace, and ptop is in another"
)

// Whatever rights ptop has, it works with them, reads by the best source that they allow, and says why by no better one. One
// that they don't allow is refused in one line.
func TestSourcesByRights(t *testing.T) {
	sick.NeedRoot(t, "it gives rights away")
	ptop := executable(t)
	nobody := func(caps ...uintptr) *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, AmbientCaps: caps}
	}
	ownUsers := &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: 0, Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: 0, Size: 1}},
	}
	for _, tt := range []struct {
		name    string
		attr    *syscall.SysProcAttr
		by      []string
		allowed string // the sources that can be had, the best first
		why     []string
	}{
		{name: "root", allowed: "bpf taskstats proc"},
		{name: "no rights", attr: nobody(), allowed: "proc", why: []string{noBPF, noNetAdmin}},
		{name: "CAP_NET_ADMIN", attr: nobody(unix.CAP_NET_ADMIN), allowed: "taskstats proc", why: []string{noBPF}},
		{name: "CAP_BPF", attr: nobody(unix.CAP_BPF), allowed: "proc", why: []string{noBPF, noNetAdmin}},
		{name: "CAP_PERFMON", attr: nobody(unix.CAP_PERFMON), allowed: "proc", why: []string{noBPF, noNetAdmin}},
		{name: "CAP_BPF and CAP_PERFMON", attr: nobody(unix.CAP_BPF, unix.CAP_PERFMON), allowed: "bpf proc"},
		{name: "CAP_SYS_ADMIN", attr: nobody(unix.CAP_SYS_ADMIN), allowed: "bpf proc"},
		{name: "a pid namespace", by: []string{"unshare", "-pf", "--mount-proc"}, allowed: "bpf taskstats proc"},
		{name: "a user namespace", attr: ownUsers, allowed: "proc", why: []string{otherUsers, "no taskstats: it takes CAP_NET_ADMIN in the first user namespace"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := func(args string) (stdout []byte, stderr string, code int) {
				all := slices.Concat(tt.by, []string{ptop}, strings.Fields(args))
				cmd := exec.Command(all[0], all[1:]...)
				cmd.SysProcAttr, cmd.Dir = tt.attr, "/"
				cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}
				var says bytes.Buffer
				cmd.Stderr = &says
				stdout, err := cmd.Output()
				if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
					t.Fatal(err)
				}
				return stdout, says.String(), cmd.ProcessState.ExitCode()
			}
			allowed := strings.Fields(tt.allowed)
			stdout, stderr, code := run("--json -n 2 -d 0.1")
			docs := documents(t, stdout)
			if code != 0 || len(docs) != 2 {
				t.Fatalf("exit code %d, %d documents: %s", code, len(docs), stderr)
			}
			for _, doc := range docs {
				if doc.Sample.Source != allowed[0] || (doc.Sample.Why == "") != (tt.why == nil) {
					t.Errorf("the source is %s, because: %q", doc.Sample.Source, doc.Sample.Why)
				}
				for _, why := range tt.why {
					if !strings.Contains(doc.Sample.Why, why) {
						t.Errorf("the reason %q lacks %q", doc.Sample.Why, why)
					}
				}
				if seen := slices.ContainsFunc(doc.Processes, func(p process) bool { return p.PID == doc.Sample.Self.PID }); !seen {
					t.Error("ptop does not see itself")
				}
				if tt.by != nil && (doc.Sample.Self.PID != 1 || len(doc.Processes) != 1) {
					t.Errorf("ptop is process %d of %d", doc.Sample.Self.PID, len(doc.Processes))
				}
			}
			for _, source := range []string{"bpf", "taskstats", "proc"} {
				stdout, stderr, code := run("--json -d 0 --source " + source)
				if slices.Contains(allowed, source) {
					if docs := documents(t, stdout); code != 0 || len(docs) != 1 || docs[0].Sample.Source != source || docs[0].Sample.Why != "" {
						t.Errorf("--source %s: exit code %d, %d documents: %s", source, code, len(docs), stderr)
					}
				} else if code != 2 || len(stdout) > 0 || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "ptop: source "+source+" can't be used: ") {
					t.Errorf("--source %s: exit code %d, says %q", source, code, stderr)
				}
			}
		})
	}
}
