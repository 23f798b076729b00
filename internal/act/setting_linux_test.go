package act

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
	"ptop/pcb"
)

// What the kernel tells of a thread, read without what is tested.

func statOf(t *testing.T, pid, tid int) []string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/stat", pid, tid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:])) // the first is number 3 of proc(5)
}

func niceInStat(t *testing.T, pid, tid int) string { return statOf(t, pid, tid)[19-3] }

func policyInStat(t *testing.T, pid, tid int) string {
	f := statOf(t, pid, tid)
	return f[41-3] + " " + f[40-3]
}

func cpusInStatus(t *testing.T, pid, tid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/status", pid, tid))
	if err != nil {
		t.Fatal(err)
	}
	return statusField(string(text), "Cpus_allowed_list")
}

func ioprioOf(t *testing.T, _, tid int) string {
	t.Helper()
	v, _, errno := unix.Syscall(unix.SYS_IOPRIO_GET, 1, uintptr(tid), 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	return fmt.Sprint(v>>13, " ", v&7)
}

func oomInFile(t *testing.T, pid, _ int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func tidsOf(t *testing.T, pid int) (tids []int) {
	t.Helper()
	names, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		tid, err := strconv.Atoi(name.Name())
		if err != nil {
			t.Fatal(err)
		}
		tids = append(tids, tid)
	}
	return tids
}

// oneCPU is a CPU that this test, and what it starts, may run on.
func oneCPU(t *testing.T) int {
	t.Helper()
	cpus, err := pcb.ParseCPUList(cpusInStatus(t, os.Getpid(), os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	return cpus[len(cpus)-1]
}

// settled is a setting and what the kernel tells of each thread that has it.
type settled struct {
	set  pcb.Setting
	of   func(t *testing.T, pid, tid int) string
	want string
}

var allThreads = regexp.MustCompile(`(\d+) of (\d+) threads`)

// check sets it for a helper of six threads or more, and looks at each.
func (c *settled) check(t *testing.T, held pcb.Target, pid int) {
	t.Helper()
	o := only(t, held.Set(c.set))
	tids := tidsOf(t, pid)
	want, n := c.set.Did(""), 0
	if m := allThreads.FindStringSubmatch(o.Did); m != nil && m[1] == m[2] && !c.set.Kind.Info().Whole { // Go may make more meanwhile
		want = c.set.Did(m[0])
		n, _ = strconv.Atoi(m[1])
	}
	if o.Err != nil || o.Did != want || !c.set.Kind.Info().Whole && n < 6 {
		t.Errorf("%s: %q, %v", want, o.Did, o.Err)
	}
	for _, tid := range tids {
		if got := c.of(t, pid, tid); got != c.want {
			t.Errorf("%s: thread %d has %s, not %s", want, tid, got, c.want)
		}
	}
	now, err := Present("", o.ID, c.set.Kind)
	if err != nil || now.Differ || now.Setting.String() != c.set.String() {
		t.Errorf("%s: it stands at %+v, %v", want, now, err)
	}
}

func TestSettingsReachEveryThread(t *testing.T) {
	pid, _ := start(t, helper("threads", "5"))
	held, cpu := bindOne(t, pid), oneCPU(t)
	for _, c := range []settled{
		{pcb.Setting{Kind: pcb.SetIOPriority, IOClass: pcb.IOBestEffort, IOLevel: 6}, ioprioOf, "2 6"},
		{pcb.Setting{Kind: pcb.SetIOPriority, IOClass: pcb.IOIdle}, ioprioOf, "3 0"},
		{pcb.Setting{Kind: pcb.SetIOPriority}, ioprioOf, "0 0"},
		{pcb.Setting{Kind: pcb.SetAffinity, CPUs: []int{cpu}}, cpusInStatus, strconv.Itoa(cpu)},
		{pcb.Nice(3), niceInStat, "3"},
		{pcb.Setting{Kind: pcb.SetPolicy, Policy: pcb.PolicyBatch}, policyInStat, "3 0"},
		{pcb.Setting{Kind: pcb.SetOOMScoreAdj, OOMScoreAdj: 700}, oomInFile, "700"},
	} {
		c.check(t, held, pid)
	}
	if nice := niceInStat(t, pid, pid); nice != "3" {
		t.Errorf("with another policy the nice value is %s, not the 3 that it was", nice)
	}
}

func TestRealTimeSettingsReachEveryThread(t *testing.T) {
	sick.NeedRoot(t, "real-time priorities")
	pid, _ := start(t, helper("threads", "5"))
	held := bindOne(t, pid)
	for _, c := range []settled{
		{pcb.Nice(-4), niceInStat, "-4"},
		{pcb.Setting{Kind: pcb.SetIOPriority, IOClass: pcb.IORealtime, IOLevel: 1}, ioprioOf, "1 1"},
		{pcb.Setting{Kind: pcb.SetPolicy, Policy: pcb.PolicyFIFO, RTPriority: 10}, policyInStat, "1 10"},
		{pcb.Setting{Kind: pcb.SetPolicy, Policy: pcb.PolicyRR, RTPriority: 99}, policyInStat, "2 99"},
		{pcb.Setting{Kind: pcb.SetPolicy, Policy: pcb.PolicyIdle}, policyInStat, "5 0"},
		{pcb.Setting{Kind: pcb.SetPolicy}, policyInStat, "0 0"},
		{pcb.Nice(-4), niceInStat, "-4"},
	} {
		c.check(t, held, pid)
		if nice := niceInStat(t, pid, pid); nice != "-4" {
			t.Errorf("after %s the nice value is %s, not the -4 that it was", c.set.String(), nice)
		}
	}
}

func TestPresentSaysThatThreadsDiffer(t *testing.T) {
	pid, _ := start(t, helper("threads", "2"))
	tids := tidsOf(t, pid)
	if err := unix.Setpriority(unix.PRIO_PROCESS, tids[len(tids)-1], 9); err != nil {
		t.Fatal(err)
	}
	now, err := Present("", pcb.ID{PID: int32(pid)}, pcb.SetNice)
	if err != nil || !now.Differ || now.Setting.Nice != 20-mustPriority(t, tids[0]) {
		t.Errorf("%+v, %v", now, err)
	}
	if now, err = Present("", pcb.ID{PID: int32(pid)}, pcb.SetAffinity); err != nil || !slices.Contains(now.Allowed, oneCPU(t)) {
		t.Errorf("allowed are %v, %v", now.Allowed, err)
	}
	if _, err = Present("", pcb.ID{PID: int32(pid), Start: 1}, pcb.SetNice); !errors.Is(err, ErrEnded) {
		t.Errorf("of another bearer of the pid: %v", err)
	}
}

func mustPriority(t *testing.T, tid int) int {
	t.Helper()
	n, err := unix.Getpriority(unix.PRIO_PROCESS, tid)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// That children do not inherit the policy is left as the process has it.
func TestResetOnForkStays(t *testing.T) {
	pid, _ := start(t, helper("sleep", ""))
	for _, tid := range tidsOf(t, pid) {
		var priority int32
		if _, _, errno := unix.Syscall(unix.SYS_SCHED_SETSCHEDULER, uintptr(tid), unix.SCHED_RESET_ON_FORK, uintptr(unsafe.Pointer(&priority))); errno != 0 {
			t.Fatal(errno)
		}
	}
	o := only(t, bindOne(t, pid).Set(pcb.Setting{Kind: pcb.SetPolicy, Policy: pcb.PolicyBatch}))
	if o.Err != nil {
		t.Fatal(o.Err)
	}
	policy, _, errno := unix.Syscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(pid), 0, 0)
	if errno != 0 || policy != unix.SCHED_RESET_ON_FORK|uintptr(pcb.PolicyBatch) {
		t.Errorf("the policy is %#x, %v", policy, errno)
	}
}

func TestDeadlineIsLeftAlone(t *testing.T) {
	sick.NeedRoot(t, "SCHED_DEADLINE")
	pid, _ := start(t, helper("sleep", ""))
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_DEADLINE, Runtime: 1e6, Deadline: 1e9, Period: 1e9}
	if err := unix.SchedSetAttr(pid, &attr, 0); err != nil {
		t.Fatal(err)
	}
	held := bindOne(t, pid)
	o := only(t, held.Set(pcb.Setting{Kind: pcb.SetPolicy, Policy: pcb.PolicyBatch}))
	wantError(t, o.Err, "runs by its deadline")
	if got := policyInStat(t, pid, pid); !strings.HasPrefix(got, "6 ") {
		t.Errorf("its policy is %s", got)
	}
}

// CPUs that are not there, or not allowed, are told: all of them is an error, some of them a shortfall.
func TestCPUsThatAreNotAllowed(t *testing.T) {
	pid, _ := start(t, helper("threads", "2"))
	held := bindOne(t, pid)
	before := cpusInStatus(t, pid, pid)
	o := only(t, held.Set(pcb.Setting{Kind: pcb.SetAffinity, CPUs: []int{8000}}))
	wantError(t, o.Err, "affinity was not set: thread ", "invalid argument: it may not run on CPU 8000; its cpuset allows ")
	if after := cpusInStatus(t, pid, pid); o.Did != "" || after != before {
		t.Errorf("%q, from %s to %s", o.Did, before, after)
	}
	cpu := oneCPU(t)
	o = only(t, held.Set(pcb.Setting{Kind: pcb.SetAffinity, CPUs: []int{cpu, 8000}}))
	wantError(t, o.Err, fmt.Sprintf("affinity was set in part: it got CPU %d alone", cpu))
	if after := cpusInStatus(t, pid, pid); after != strconv.Itoa(cpu) {
		t.Errorf("it may run on %s, not %d", after, cpu)
	}
}

// A cgroup's own cpuset is what is told as allowed.
func TestAllowedCPUsAreTheCpusets(t *testing.T) {
	held := bindOne(t, os.Getpid())
	allowed := held.(*target).bound[0].allowedCPUs()
	own, err := pcb.ParseCPUList(cpusInStatus(t, os.Getpid(), os.Getpid()))
	if err != nil || len(own) == 0 {
		t.Fatal(own, err)
	}
	for _, cpu := range own {
		if !slices.Contains(allowed, cpu) {
			t.Errorf("allowed are %v, and it runs on %d", allowed, cpu)
		}
	}
}

func TestSettingsOfWhomTheyAreNotFor(t *testing.T) {
	_, line := start(t, helper("parent", ""))
	dead, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := start(t, helper("sleep", ""))
	kernel := bindOne(t, pid)
	kernel.(*target).bound[0].kernel = true
	zombie, self := bindOne(t, dead), bindOne(t, os.Getpid())
	cpu := oneCPU(t)
	for _, s := range []pcb.Setting{
		{Kind: pcb.SetIOPriority, IOClass: pcb.IOIdle},
		{Kind: pcb.SetAffinity, CPUs: []int{cpu}},
		{Kind: pcb.SetPolicy, Policy: pcb.PolicyIdle},
		{Kind: pcb.SetOOMScoreAdj, OOMScoreAdj: 1000},
	} {
		head := s.Kind.Info().Short + " was not set: the process is "
		wantError(t, only(t, zombie.Set(s)).Err, head+"a zombie")
		wantError(t, only(t, kernel.Set(s)).Err, head+"a kernel thread")
		wantError(t, only(t, self.Set(s)).Err, head+"ptop itself")
	}
	if got := oomInFile(t, os.Getpid(), 0); got == "1000" {
		t.Error("ptop itself became the first victim")
	}
	if got := policyInStat(t, pid, pid); got != "0 0" {
		t.Errorf("the policy was set all the same: %s", got)
	}
	wantError(t, only(t, bindOne(t, pid).Set(pcb.Setting{Kind: pcb.SetOOMScoreAdj, OOMScoreAdj: 1001})).Err, "1001 does not exist")
}

// A refusal says whether it is about whose process it is or about a right.
func TestSettingsThatNeedARight(t *testing.T) {
	sick.NeedRoot(t, "other users")
	for uid, want := range map[uint32][]string{
		nobody: {
			"a lower nice value needs root (CAP_SYS_NICE)", "the I/O class realtime 0 needs root (CAP_SYS_NICE)",
			"real-time priority 10 needs root (CAP_SYS_NICE) or a higher limit (ulimit -r)", "oom_score_adj was not set: permission denied: to lower it",
		},
		0: {
			"it belongs to root; run ptop as root", "it belongs to root; run ptop as root",
			"it belongs to root; run ptop as root", "oom_score_adj was not set: permission denied: it belongs to root; run ptop as root",
		},
	} {
		cmd := helper("threads", "1")
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: uid}
		pid, _ := start(t, cmd)
		actor := helper("set", strconv.Itoa(pid))
		actor.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		out, err := actor.Output()
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if len(lines) != len(want) {
			t.Fatalf("%d lines:\n%s", len(lines), out)
		}
		for i := range want {
			wantError(t, errors.New(lines[i]), want[i])
		}
	}
}

// Of a process whose main thread has ended the others are reached, and told of.
func TestSettingsWithoutALeader(t *testing.T) {
	pid, _ := start(t, helper("leaderless", ""))
	o := only(t, bindOne(t, pid).Set(pcb.Setting{Kind: pcb.SetPolicy, Policy: pcb.PolicyBatch}))
	if o.Err != nil || !strings.HasPrefix(o.Did, "set the scheduling policy ") {
		t.Fatalf("%+v", o)
	}
	for _, tid := range tidsOf(t, pid) {
		if tid != pid && policyInStat(t, pid, tid) != "3 0" {
			t.Errorf("thread %d has %s", tid, policyInStat(t, pid, tid))
		}
	}
	if now, err := Present("", pcb.ID{PID: int32(pid)}, pcb.SetPolicy); err != nil || now.Differ || now.Setting.Policy != pcb.PolicyBatch {
		t.Errorf("it stands at %+v, %v", now, err)
	}
}
