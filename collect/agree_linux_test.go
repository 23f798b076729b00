package collect

import (
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/load"
	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/process"

	"ptop/pcb"
)

// What ptop reads must be what prometheus/procfs and gopsutil read. Every process of this machine is read by the library,
// by ptop, and by the library again: a counter of ptop's must lie between the library's two, anything else must be
// equal where the library's two are. What can change to and fro in between gets further tries.

// figures are what one reader says of one process.
type figures struct {
	counters map[string]uint64
	fixed    map[string]string
}

func newFigures() figures { return figures{map[string]uint64{}, map[string]string{}} }

func (f figures) fix(name string, value any) { f.fixed[name] = fmt.Sprint(value) }

// errGone says that there is no such process any more.
var errGone = errors.New("gone")

func procfsFigures(fs procfs.FS, pid int32) (figures, error) {
	f := newFigures()
	p, err := fs.Proc(int(pid))
	if err != nil {
		return f, errGone
	}
	stat, err := p.Stat()
	if err != nil {
		return f, errGone
	}
	status, err := p.NewStatus()
	if err != nil {
		return f, errGone
	}
	f.fix("start", stat.Starttime)
	f.fix("comm", stat.Comm)
	f.fix("state", stat.State)
	for name, value := range map[string]any{
		"ppid": stat.PPID, "pgid": stat.PGRP, "sid": stat.Session, "tty": stat.TTY, "tpgid": stat.TPGID, "flags": stat.Flags,
		"priority": stat.Priority, "nice": stat.Nice, "rtpriority": stat.RTPriority, "policy": stat.Policy,
		"processor": stat.Processor, "threads": stat.NumThreads, "vsize": stat.VSize,
		"ruid": status.UIDs[0], "euid": status.UIDs[1], "rgid": status.GIDs[0], "egid": status.GIDs[1],
		"rss": status.VmRSS, "anon": status.RssAnon, "shared": status.RssFile + status.RssShmem, "swap": status.VmSwap,
	} {
		f.fix(name, value)
	}
	if len(status.NSpids) > 1 {
		f.fix("nspids", status.NSpids)
	}
	for name, value := range map[string]uint{
		"minflt": stat.MinFlt, "majflt": stat.MajFlt, "cpu": stat.UTime + stat.STime, "childcpu": uint(stat.CUTime + stat.CSTime),
		"guest": uint(stat.GuestTime),
	} {
		f.counters[name] = uint64(value)
	}
	if io, err := p.IO(); err == nil {
		f.counters["rchar"], f.counters["wchar"], f.counters["syscr"], f.counters["syscw"] = io.RChar, io.WChar, io.SyscR, io.SyscW
		f.counters["read"], f.counters["written"] = io.ReadBytes, io.WriteBytes
	}
	if exe, err := p.Executable(); err == nil && exe != "" {
		f.fix("exe", exe)
	}
	if cgroups, err := p.Cgroups(); err == nil {
		for _, c := range cgroups {
			f.fix("cgroup "+c.Path, "there")
		}
	}
	return f, procfsThreads(fs, pid, f)
}

// procfsThreads sums over the threads, and says which they are: a sum over others can't be compared.
func procfsThreads(fs procfs.FS, pid int32, f figures) error {
	threads, err := fs.AllThreads(int(pid))
	if err != nil {
		return errGone
	}
	slices.SortFunc(threads, func(a, b procfs.Proc) int { return a.PID - b.PID })
	var ids []int
	var voluntary, involuntary, run, delay uint64
	for _, t := range threads {
		status, err := t.NewStatus()
		sched, schedErr := t.Schedstat()
		if err != nil || schedErr != nil {
			return errGone
		}
		ids = append(ids, t.PID)
		voluntary += status.VoluntaryCtxtSwitches
		involuntary += status.NonVoluntaryCtxtSwitches
		run += sched.RunningNanoseconds
		delay += sched.WaitingNanoseconds
	}
	of := fmt.Sprint(" of ", ids)
	f.counters["voluntary"+of], f.counters["involuntary"+of] = voluntary, involuntary
	f.counters["run"+of], f.counters["delay"+of] = run, delay
	return nil
}

func gopsutilFigures(pid int32) (figures, error) {
	f := newFigures()
	p, err := process.NewProcess(pid)
	if err != nil {
		return f, errGone
	}
	ppid, err1 := p.Ppid()
	uids, err2 := p.Uids()
	gids, err3 := p.Gids()
	threads, err4 := p.NumThreads()
	times, err5 := p.Times()
	faults, err6 := p.PageFaults()
	memory, err7 := p.MemoryInfoEx()
	if errors.Join(err1, err2, err3, err4, err5, err6, err7) != nil {
		return f, errGone
	}
	f.fix("ppid", ppid)
	f.fix("ruid", uint32(uids[0]))
	f.fix("euid", uint32(uids[1]))
	f.fix("rgid", uint32(gids[0]))
	f.fix("egid", uint32(gids[1]))
	f.fix("threads", threads)
	f.fix("vsize", memory.VMS)
	f.counters["cpu"] = uint64(100*times.User+0.5) + uint64(100*times.System+0.5)
	f.counters["minflt"], f.counters["majflt"] = faults.MinorFaults, faults.MajorFaults
	if io, err := p.IOCounters(); err == nil {
		f.counters["syscr"], f.counters["syscw"] = io.ReadCount, io.WriteCount
		f.counters["read"], f.counters["written"] = io.ReadBytes, io.WriteBytes
	}
	return f, nil
}

// ownFigures says the same of ptop's reading. Groups that it does not have are left out.
func ownFigures(s *pcb.Snapshot, p *pcb.Process) figures {
	f := newFigures()
	if p.Have.Has(pcb.FieldStat) {
		f.fix("start", p.Start)
		f.fix("comm", p.Comm)
		f.fix("state", string(p.State))
		for name, value := range map[string]any{
			"ppid": p.PPID, "pgid": p.PGID, "sid": p.SID, "tty": p.TTY, "tpgid": p.TPGID, "flags": p.KFlags,
			"priority": p.Priority, "nice": p.Nice, "rtpriority": p.RTPriority, "policy": p.Policy,
			"processor": p.Processor, "threads": p.Threads, "vsize": p.VSize,
		} {
			f.fix(name, value)
		}
		f.counters["minflt"], f.counters["majflt"] = p.MinFlt, p.MajFlt
		f.counters["cpu"], f.counters["childcpu"] = uint64((p.UTime+p.STime)/pcb.Tick), uint64((p.CUTime+p.CSTime)/pcb.Tick)
		f.counters["guest"] = uint64(p.GTime / pcb.Tick)
	}
	if p.Have.Has(pcb.FieldCreds) {
		f.fix("ruid", p.UID)
		f.fix("euid", p.EUID)
		f.fix("rgid", p.GID)
		f.fix("egid", p.EGID)
	}
	if p.Have.Has(pcb.FieldMemory) && !p.LeaderExited() { // of that one ptop has the memory of its threads, and the leader has none
		f.fix("rss", p.RSS)
		f.fix("anon", p.Anon)
		f.fix("shared", p.Shared)
		f.fix("swap", p.Swap)
	}
	if p.NSPIDs != nil {
		f.fix("nspids", p.NSPIDs)
	}
	if p.Have.Has(pcb.FieldIO) {
		f.counters["rchar"], f.counters["wchar"], f.counters["syscr"], f.counters["syscw"] = p.ReadChars, p.WriteChars, p.ReadCalls, p.WriteCalls
		f.counters["read"], f.counters["written"] = p.ReadBytes, p.WriteBytes
	}
	if p.Have.Has(pcb.FieldExe) {
		f.fix("exe", p.Exe)
	}
	if p.Have.Has(pcb.FieldCgroup) {
		f.fix("cgroup "+p.Cgroup, "there")
	}
	of := fmt.Sprint(" of ", []int32{p.PID})
	if threads := s.ThreadsOf(p); len(threads) > 0 {
		var ids []int32
		for i := range threads {
			ids = append(ids, threads[i].TID)
		}
		of = fmt.Sprint(" of ", ids)
	}
	if p.Have.Has(pcb.FieldSwitchesSum) {
		f.counters["voluntary"+of], f.counters["involuntary"+of] = p.Voluntary, p.Involuntary
	}
	if p.Have.Has(pcb.FieldSchedSum) {
		f.counters["run"+of], f.counters["delay"+of] = uint64(p.RunTime), uint64(p.RunDelay)
	}
	return f
}

// agree tells where own is not what the library said before and after. It counts what could be compared, by name.
func agree(before, own, after figures, compared map[string]int) (differ []string) {
	for name, lo := range before.counters {
		hi, again := after.counters[name]
		x, have := own.counters[name]
		if !have || !again {
			continue
		}
		if x < lo || x > hi {
			differ = append(differ, fmt.Sprintf("%s is %d, not between %d and %d", name, x, lo, hi))
		}
		name, _, _ = strings.Cut(name, " ")
		compared[name]++
	}
	for name, value := range before.fixed {
		x, have := own.fixed[name]
		if !have || after.fixed[name] != value {
			continue
		}
		if x != value {
			differ = append(differ, fmt.Sprintf("%s is %s, not %s", name, x, value))
		}
		name, _, _ = strings.Cut(name, " ")
		compared[name]++
	}
	return differ
}

// rounds is how often a process that differs is tried again: what is busy changes to and fro between two readings.
const rounds = 20

func agreeWith(t *testing.T, names []string, read func(pid int32) (figures, error)) {
	t.Helper()
	open := map[int32][]string{} // pids that have not agreed, with where they differed last
	for _, p := range collectFrom(t, Options{}).Procs {
		open[p.PID] = nil
	}
	compared := map[string]int{}
	for range rounds {
		before := map[int32]figures{}
		for pid := range open {
			if f, err := read(pid); err == nil {
				before[pid] = f
			} else {
				delete(open, pid)
			}
		}
		s := collectFrom(t, Options{Want: WantSched | WantIO | WantThreads}) // a new Collector: nothing is remembered
		for pid, first := range before {
			after, err := read(pid)
			p := s.Lookup(pcb.ID{PID: pid})
			if p == nil || err != nil || first.fixed["start"] != after.fixed["start"] {
				delete(open, pid) // it has gone
				continue
			}
			if open[pid] = agree(first, ownFigures(s, p), after, compared); open[pid] == nil {
				delete(open, pid)
			}
		}
		if len(open) == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, pid := range slices.Sorted(maps.Keys(open)) {
		t.Errorf("process %d: %s", pid, strings.Join(open[pid], "; "))
	}
	for _, name := range names {
		if compared[name] == 0 {
			t.Errorf("%s was not compared for any process", name)
		}
	}
	t.Log("compared:", compared)
}

// various makes processes of kinds that a small machine may not have: a zombie, and one that is stopped.
func various(t *testing.T) {
	t.Helper()
	zombie := exec.Command("true")
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = zombie.Wait() })
	child(t, "echo; kill -STOP $$")
}

func TestAgreesWithProcfs(t *testing.T) {
	various(t)
	fs, err := procfs.NewFS("/proc")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{
		"start", "comm", "state", "ppid", "pgid", "sid", "tty", "tpgid", "flags", "priority", "nice", "rtpriority", "policy", "processor", "threads",
		"vsize", "ruid", "euid", "rgid", "egid", "rss", "anon", "shared", "swap", "exe", "cgroup", "minflt", "majflt", "cpu", "childcpu", "guest",
		"rchar", "wchar", "syscr", "syscw", "read", "written", "voluntary", "involuntary", "run", "delay",
	}
	agreeWith(t, names, func(pid int32) (figures, error) { return procfsFigures(fs, pid) })
}

func TestAgreesWithGopsutil(t *testing.T) {
	various(t)
	names := []string{"ppid", "ruid", "euid", "rgid", "egid", "threads", "vsize", "cpu", "minflt", "majflt", "syscr", "syscw", "read", "written"}
	agreeWith(t, names, gopsutilFigures)
}

// A command line is read of the test's own child only: a library's read of another's can block for ever.
func TestAgreesOnCommandLines(t *testing.T) {
	pid := child(t, "echo; read line", "", "two words", "caf\xe9", "-")
	fs, err := procfs.NewFS("/proc")
	if err != nil {
		t.Fatal(err)
	}
	p, err := fs.Proc(int(pid))
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.CmdLine()
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, collectFrom(t, Options{}), pid).Cmdline; got != strings.Join(want, "\x00") {
		t.Errorf("the command line is %q, procfs says %q", got, want)
	}
}

// systemFigures is what gopsutil says of the machine.
func systemFigures(t *testing.T) (counters, moving map[string]uint64, fixed map[string]string) {
	t.Helper()
	times, err := cpu.Times(true)
	misc, err1 := load.Misc()
	memory, err2 := mem.VirtualMemory()
	info, err3 := host.Info()
	if err := errors.Join(err, err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	counters = map[string]uint64{"switches": uint64(misc.Ctxt), "forks": uint64(misc.ProcsCreated)}
	for _, c := range times {
		counters[c.CPU+" user"], counters[c.CPU+" system"] = uint64(100*c.User+0.5), uint64(100*c.System+0.5)
	}
	moving = map[string]uint64{
		"available": memory.Available, "free": memory.Free, "buffers": memory.Buffers, "cached": memory.Cached - memory.Sreclaimable,
		"shared": memory.Shared, "slab": memory.Slab, "swap free": memory.SwapFree,
	}
	fixed = map[string]string{
		"total": fmt.Sprint(memory.Total), "swap": fmt.Sprint(memory.SwapTotal), "hostname": info.Hostname, "kernel": info.KernelVersion,
		"arch": info.KernelArch, "os": info.OS, "CPUs": strconv.Itoa(len(times)),
	}
	return counters, moving, fixed
}

func TestSystemAgreesWithGopsutil(t *testing.T) {
	open := map[string]string{"": "nothing was compared"}
	for deadline := time.Now().Add(time.Minute); len(open) > 0 && time.Now().Before(deadline); {
		first := open[""] != ""
		counters, moving, fixed := systemFigures(t)
		sys, h := readSystemOf(t, "/proc")
		countersAfter, movingAfter, _ := systemFigures(t)
		own := map[string]uint64{
			"switches": *sys.CtxSwitches, "forks": *sys.Forks, "available": sys.Memory.Available, "free": sys.Memory.Free,
			"buffers": sys.Memory.Buffers, "cached": sys.Memory.Cached, "shared": sys.Memory.Shared, "slab": sys.Memory.Slab,
			"swap free": sys.Swap.Free,
		}
		for _, c := range sys.CPUs {
			name := "cpu" + strconv.Itoa(c.ID)
			own[name+" user"], own[name+" system"] = uint64(100*c.User+0.5), uint64(100*c.System+0.5)
		}
		ownFixed := map[string]string{
			"total": fmt.Sprint(sys.Memory.Total), "swap": fmt.Sprint(sys.Swap.Total), "hostname": h.Hostname, "kernel": h.Kernel,
			"arch": h.Arch, "os": h.OS, "CPUs": strconv.Itoa(h.CPUs),
		}
		delete(open, "")
		for name, want := range fixed {
			if ownFixed[name] != want {
				t.Fatalf("%s is %q, gopsutil says %q", name, ownFixed[name], want)
			}
		}
		for name, lo := range counters {
			if x, hi := own[name], countersAfter[name]; x < lo || x > hi {
				t.Fatalf("%s is %d, gopsutil says %d before and %d after", name, x, lo, hi)
			}
		}
		for name, a := range moving { // such as free memory: it need not lie between, but once it will
			x, b := own[name], movingAfter[name]
			if x >= min(a, b) && x <= max(a, b) {
				delete(open, name)
			} else if _, still := open[name]; first || still {
				open[name] = fmt.Sprintf("%d, gopsutil says %d before and %d after", x, a, b)
			}
		}
	}
	for name, why := range open {
		t.Errorf("%s is %s", name, why)
	}
}
