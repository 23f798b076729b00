package collect

import (
	"cmp"
	"fmt"
	"maps"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/internal/sick"
	"ptop/pcb"
)

// Whatever the source, a Snapshot says the same. Each test reads the machine by /proc, by the source in question, and by
// /proc again, and compares every field of every process: one that is the same in the first and the last must be that in
// the middle, too, and a counter must lie between them. Where a source differs by its nature, the difference is listed
// here, with why.

// comparison is how a field is compared.
type comparison struct {
	group   pcb.Fields // compared where all three have it; 0: always
	kind    kind
	slack   float64 // of counters and amounts: how far it may lie outside
	because string  // why it may, or why it is not compared
}

type kind uint8

const (
	equal  kind = iota
	grows       // a counter
	amount      // goes up and down: within slack of either
	apart       // not compared
)

const (
	tick     = float64(pcb.Tick)
	perCPU   = 64 * 4096 * 64 // bytes: what the batches of a counter that is kept by CPU can hide on 64 CPUs of 4-KB pages
	ended    = "only a process of one thread, which never had another: /proc sums the living ones alone"
	approx   = "the kernel's counters of pages are kept by CPU, and the iterator reads the part that all have been added to"
	onlyIter = "only the task iterator knows it"
)

// fields says of each field of a Process how it is compared.
var fields = map[string]comparison{
	"ID": {}, "PPID": {}, "PGID": {}, "SID": {}, "TPGID": {}, "TTY": {group: pcb.FieldStat},
	"NSPIDs": {group: pcb.FieldNSPID}, "UID": {group: pcb.FieldCreds}, "EUID": {group: pcb.FieldCreds}, "GID": {group: pcb.FieldCreds}, "EGID": {group: pcb.FieldCreds},
	"User": {group: pcb.FieldCreds}, "Group": {group: pcb.FieldCreds},
	"Comm": {}, "Cmdline": {group: pcb.FieldCmdline}, "Exe": {group: pcb.FieldExe}, "Cgroup": {group: pcb.FieldCgroup}, "Cgroups": {group: pcb.FieldCgroup},
	"Container": {group: pcb.FieldCgroup}, "State": {}, "ExitCode": {group: pcb.FieldExitCode}, "ExitSig": {group: pcb.FieldStat}, "TracerPID": {group: pcb.FieldTracer},
	"OnCPU": {kind: apart, because: "of a moment; see TestReadyAndRunning"},
	"Nice":  {group: pcb.FieldNice}, "Priority": {group: pcb.FieldStat}, "RTPriority": {group: pcb.FieldStat}, "Policy": {group: pcb.FieldStat},
	"Processor": {group: pcb.FieldStat}, "Threads": {group: pcb.FieldCore},
	"Voluntary":   {group: pcb.FieldSwitchesSum, kind: grows, because: ended},
	"Involuntary": {group: pcb.FieldSwitchesSum, kind: grows, because: ended},
	"RunTime":     {group: pcb.FieldSchedSum, kind: grows, because: ended},
	"RunDelay":    {group: pcb.FieldSchedSum, kind: grows, because: ended},
	"SwitchesAt":  {kind: apart, because: "the time of its reading"}, "IOAt": {kind: apart, because: "the time of its reading"}, "At": {kind: apart, because: "the time of its reading"},
	"Idle":  {group: pcb.FieldIdle, kind: amount, slack: 1.2e9, because: ended},
	"Ended": {group: pcb.FieldEnded, kind: amount, slack: 1.2e9, because: "by other clocks: of an idle CPU's run queue the iterator knows when it stopped"},
	"WChan": {group: pcb.FieldWChan},
	"RSS":   {group: pcb.FieldRSS, kind: amount, slack: 4 * perCPU, because: approx}, "PeakRSS": {group: pcb.FieldMemoryParts, kind: amount, slack: 4 * perCPU, because: approx},
	"Shared": {group: pcb.FieldMemoryParts, kind: amount, slack: 2 * perCPU, because: approx}, "Anon": {group: pcb.FieldMemoryParts, kind: amount, slack: perCPU, because: approx},
	"Swap": {group: pcb.FieldMemoryParts, kind: amount, slack: perCPU, because: approx}, "VSize": {group: pcb.FieldStat},
	"MinFlt": {group: pcb.FieldStat, kind: grows}, "MajFlt": {group: pcb.FieldStat, kind: grows}, "CMinFlt": {group: pcb.FieldStat, kind: grows},
	"FDs": {group: pcb.FieldFDs}, "FDsAt": {kind: apart, because: "the time of its reading"},
	"ReadChars": {group: pcb.FieldIO, kind: grows}, "WriteChars": {group: pcb.FieldIO, kind: grows}, "ReadCalls": {group: pcb.FieldIO, kind: grows},
	"WriteCalls": {group: pcb.FieldIO, kind: grows}, "ReadBytes": {group: pcb.FieldIO, kind: grows}, "WriteBytes": {group: pcb.FieldIO, kind: grows},
	"UTime":  {group: pcb.FieldCore, kind: grows, slack: 10 * tick, because: "shared out anew at each reading, by each reader for itself; their sum is exact"},
	"STime":  {group: pcb.FieldCore, kind: grows, slack: 10 * tick, because: "as UTime"},
	"GTime":  {group: pcb.FieldStat, kind: grows, slack: tick, because: "/proc tells whole ticks"},
	"CUTime": {group: pcb.FieldStat, kind: grows, slack: tick, because: "as GTime"}, "CSTime": {group: pcb.FieldStat, kind: grows, slack: tick, because: "as GTime"},
	"Started":    {group: pcb.FieldCore, kind: amount, slack: tick, because: "as GTime"},
	"KFlags":     {group: pcb.FieldStat},
	"SigPending": {group: pcb.FieldSignals}, "SigShared": {group: pcb.FieldSignals}, "SigBlocked": {group: pcb.FieldSignals},
	"SigIgnored": {group: pcb.FieldSignals}, "SigCaught": {group: pcb.FieldSignals},
	"FirstThread": {kind: apart, because: "a place in the Snapshot"}, "ThreadCount": {kind: apart, because: "threads are compared by TestThreadsOfAllSources"},
	"Have": {kind: apart, because: "compared by missing"}, "Denied": {}, "Blocked": {},
	"FromIterator": {kind: apart, because: "that is the difference"}, "FromTaskstats": {kind: apart, because: "that is the difference"},
	"PIDNS": {kind: apart, because: onlyIter}, "CgroupID": {kind: apart, because: onlyIter}, "Execs": {kind: apart, because: onlyIter},
	"Subreaper": {kind: apart, because: onlyIter}, "NoChildWait": {kind: apart, because: onlyIter}, "Blocker": {kind: apart, because: onlyIter},
}

// extra are the groups that a source may have and /proc not, and mayMiss those that it may be without.
const (
	extra   = pcb.FieldPIDNS | pcb.FieldCgroupID | pcb.FieldExecs | pcb.FieldReaping | pcb.FieldBlocker | pcb.FieldIdle | pcb.FieldOnCPU | pcb.FieldIO | pcb.FieldSwitchesSum | pcb.FieldSchedSum
	mayMiss = pcb.FieldOnCPU | pcb.FieldEnded
)

// pfWorker marks the threads of the kernel's work queues.
const pfWorker = 0x20

// number gives a figure as a float64; false for what is none.
func number(v reflect.Value) (float64, bool) {
	switch v.Kind() {
	case reflect.Int32, reflect.Int64:
		return float64(v.Int()), true
	case reflect.Uint32, reflect.Uint64:
		return float64(v.Uint()), true
	}
	return 0, false
}

// differences tells where a process is not, in the middle reading, what it was before and after.
func differences(before, own, after *pcb.Process, hadOthers bool, compared map[string]int) (differ []string) {
	a, x, b := reflect.ValueOf(before).Elem(), reflect.ValueOf(own).Elem(), reflect.ValueOf(after).Elem()
	for i := range x.NumField() {
		name := x.Type().Field(i).Name
		how := fields[name]
		if how.kind == apart || !(before.Have & own.Have & after.Have).Has(how.group) {
			continue
		}
		if name == "Comm" && before.KFlags&pfWorker != 0 { // /proc adds what the worker does at the moment
			continue
		}
		if how.group == pcb.FieldCgroup && before.Zombie() { // version 1 shows the dead in the root; the iterator knows better
			continue
		}
		if how.because == ended && (before.Threads != 1 || before.Zombie() || hadOthers) {
			continue
		}
		lo, is := number(a.Field(i))
		hi, _ := number(b.Field(i))
		mid, _ := number(x.Field(i))
		switch {
		case how.kind == equal:
			if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
				continue
			}
			if !reflect.DeepEqual(a.Field(i).Interface(), x.Field(i).Interface()) {
				differ = append(differ, fmt.Sprintf("%s is %v, not %v", name, x.Field(i), a.Field(i)))
			}
		case !is:
			differ = append(differ, name+" is no figure")
		case how.kind == grows && lo > hi: // a counter that ran backwards by itself
			continue
		default:
			slack := how.slack
			if name == "UTime" || name == "STime" { // a reader's shares never run backwards: what it saw once, it holds on to
				slack += float64(after.UTime+after.STime) / 2
			}
			if low, high := min(lo, hi)-slack, max(lo, hi)+slack; mid < low || mid > high {
				differ = append(differ, fmt.Sprintf("%s is %.0f, not between %.0f and %.0f", name, mid, low, high))
			}
		}
		compared[name]++
	}
	if (before.Have & own.Have & after.Have).Has(pcb.FieldCore) {
		lo, mid, hi := before.UTime+before.STime, own.UTime+own.STime, after.UTime+after.STime
		if mid < lo-2*pcb.Tick || mid > hi+2*pcb.Tick {
			differ = append(differ, fmt.Sprintf("its CPU time is %v, not between %v and %v", mid, lo, hi))
		}
	}
	if before.Have == after.Have && before.State == own.State {
		if missing := before.Have &^ own.Have &^ mayMiss; missing != 0 {
			differ = append(differ, fmt.Sprintf("groups %b are missing", missing))
		}
		more := own.Have &^ before.Have &^ extra
		if own.State == 'T' { // before Linux 5.17 /proc does not tell by which signal it was stopped
			more &^= pcb.FieldExitCode
		}
		if more != 0 {
			differ = append(differ, fmt.Sprintf("groups %b are more", more))
		}
	}
	return differ
}

// population makes processes of all kinds, and some that come and go while the test runs.
func population(t *testing.T) {
	t.Helper()
	various(t)
	churn := exec.Command("sh", "-c", "while :; do sh -c 'exec sleep 0.02'; (exit 3) & sleep 0.01; done")
	if err := churn.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = churn.Process.Kill(); _ = churn.Wait() })
	nested := exec.Command("unshare", "-pf", "sh", "-c", "unshare -pf sleep 100 & sleep 100")
	if err := nested.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nested.Process.Kill(); _ = nested.Wait() })
	time.Sleep(100 * time.Millisecond)
}

// agrees compares a source with /proc until every process has agreed once: what is busy changes to and fro.
func agrees(t *testing.T, source Source) {
	sick.NeedRoot(t, "it reads by "+string(source))
	population(t)
	open := map[pcb.ID][]string{}
	for _, p := range collectFrom(t, Options{Source: SourceProc}).Procs {
		open[p.ID] = nil
	}
	compared := map[string]int{}
	for range rounds {
		proc, other, oracle := newCollector(t, SourceProc), newCollector(t, source), newCollector(t, SourceBPF)
		var before, own, after, seen pcb.Snapshot
		for _, reading := range []struct {
			by *Collector
			of *pcb.Snapshot
		}{{other, &own}, {proc, &before}, {other, &own}, {proc, &after}, {oracle, &seen}} { // the first loads
			if err := reading.by.Collect(t.Context(), reading.of); err != nil {
				t.Fatal(err)
			}
		}
		if own.Source != string(source) {
			t.Fatalf("the source is %s", own.Source)
		}
		for id := range open {
			a, x, b := before.Lookup(id), own.Lookup(id), after.Lookup(id)
			if a != nil && b != nil && x == nil {
				open[id] = []string{"it is not there"}
				continue
			}
			if a == nil || b == nil {
				delete(open, id)
				continue
			}
			e := oracle.known[id.PID]
			hadOthers := e != nil && e.task != nil && e.task.ended > 0
			if open[id] = differences(a, x, b, hadOthers, compared); open[id] == nil {
				delete(open, id)
			}
		}
		if len(open) == 0 {
			if len(uncompared(compared)) == 0 {
				break
			}
			for i := range before.Procs { // a loaded machine does not tell everything in time
				open[before.Procs[i].ID] = nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, id := range slices.SortedFunc(maps.Keys(open), func(a, b pcb.ID) int { return cmp.Compare(a.PID, b.PID) }) {
		t.Errorf("process %v: %s", id, strings.Join(open[id], "; "))
	}
	for _, name := range uncompared(compared) {
		t.Errorf("%s was not compared for any process", name)
	}
}

// uncompared are the fields that were not, though there is something to compare on every machine.
func uncompared(compared map[string]int) (names []string) {
	for name, how := range fields {
		if how.kind != apart && compared[name] == 0 && name != "WChan" {
			names = append(names, name)
		}
	}
	return names
}

func newCollector(t *testing.T, source Source) *Collector {
	t.Helper()
	c, err := New(Options{Source: source, Want: WantUsual})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestEveryFieldIsCompared(t *testing.T) {
	of := reflect.TypeFor[pcb.Process]()
	for i := range of.NumField() {
		how, known := fields[of.Field(i).Name]
		if !known {
			t.Errorf("%s: say how it is compared", of.Field(i).Name)
		}
		if (how.slack != 0 || how.kind == apart) && how.because == "" {
			t.Errorf("%s: say why it may differ", of.Field(i).Name)
		}
	}
}

func TestIteratorAgreesWithProc(t *testing.T) { agrees(t, SourceBPF) }

func TestTaskstatsAgreeWithProc(t *testing.T) { agrees(t, SourceTaskstats) }
