package export

import (
	"fmt"
	"math"
	"time"

	"ptop/detect"
	"ptop/internal/monitor"
	"ptop/pcb"
	"ptop/tree"
)

const allRead = pcb.FieldStat | pcb.FieldCreds | pcb.FieldSignals | pcb.FieldMemory | pcb.FieldSwitches | pcb.FieldSwitchesSum |
	pcb.FieldSched | pcb.FieldSchedSum | pcb.FieldIO | pcb.FieldCmdline | pcb.FieldExe | pcb.FieldCgroup | pcb.FieldExitCode |
	pcb.FieldTracer | pcb.FieldNSPID | pcb.FieldIdle | pcb.FieldEnded | pcb.FieldWChan

var frameTime = time.Date(2026, 1, 2, 3, 4, 5, 678900000, time.UTC)

// hostile is a name with what must not reach a terminal or break a document.
const hostile = "evil\x1b]0;x\x07\n1 root \"\\\xff\u202e[red]"

func proc(pid, ppid int32, state byte, comm, cmdline string) pcb.Process {
	return pcb.Process{
		ID: pcb.ID{PID: pid, Start: uint64(pid) * 100}, PPID: ppid, PGID: pid, SID: 1, State: state, Comm: comm, Cmdline: cmdline,
		User: "app", EUID: 1000, UID: 1000, Group: "app", EGID: 1000, GID: 1000, Threads: 1, ExitSig: 17, RSS: 212 << 20, VSize: 1 << 40,
		Shared: 4096, Anon: 200 << 20, Voluntary: 5000, Involuntary: 42, UTime: 90 * time.Second, STime: 1500 * time.Millisecond,
		Started: time.Duration(pid) * time.Second, SigIgnored: 1 << 12, SigCaught: 1<<14 | 1<<16, Have: allRead,
	}
}

// frame is a small machine: an init, a server in a container with threads and two zombies, a kernel thread, a
// process with a hostile name, and one of which nothing but its pid could be read.
func frame() *monitor.Frame {
	s := &pcb.Snapshot{
		Time: frameTime, Boot: 12*24*time.Hour + 4*time.Hour, Source: "proc", ScanDuration: 12 * time.Millisecond,
		Host:     pcb.Host{Hostname: "web-07", BootID: "b00t", OS: "linux", Kernel: "6.18.0", Arch: "amd64", CPUs: 2, PIDMax: 32768, PageSize: 4096},
		Coverage: pcb.Coverage{Listed: 8, Read: 7, Vanished: 1, DeniedFields: 3, DeniedProcs: 1, PIDNamespace: "init"},
		Self:     pcb.Self{PID: 99, CPUTime: time.Second, RSS: 18 << 20},
	}
	load, switches, forks := [3]float64{1.2, 0.98, 0.91}, uint64(123456789), uint64(4242)
	s.System = pcb.System{
		Load: &load, Memory: &pcb.Memory{Total: 8 << 30, Available: 6 << 30, Free: 5 << 30}, Swap: &pcb.Swap{Total: 1 << 30, Free: 1 << 30},
		CPUPressure: &pcb.Pressure{Some10: 4.25, SomeTotal: time.Minute}, CtxSwitches: &switches, Forks: &forks,
	}
	s.Events = &pcb.Events{
		Span: 500 * time.Millisecond, Forks: 310, Threads: 4, Execs: 300, Exits: 309, Lost: 2, ShortLived: 306, Rest: 1, EndsLeft: 1,
		Forkers: []pcb.Forker{{
			Told: pcb.Told{ID: pcb.ID{PID: 42, Start: 4200}, Name: "checkout-agent"}, Forks: 306, ShortLived: 305, Execs: 300,
			Statuses: []pcb.ExitCount{{Status: 0, Count: 300}, {Status: 1 << 8, Count: 4}}, OtherStatuses: 1, Names: []string{"true", hostile},
		}},
		Ends: []pcb.ParentEnd{{Told: pcb.Told{ID: pcb.ID{PID: 4242}, Name: hostile, Born: time.Hour}, Status: 9, At: s.Boot - time.Second, Children: []int32{60, 70}, Left: 1}},
	}
	web := &pcb.Container{Runtime: "docker", ID: "0123456789abcdef", Name: "checkout", Unit: "docker-0123.scope"}
	server := proc(42, 1, 'S', "checkout-agent", "/srv/checkout-agent\x00--workers\x008\x00")
	server.Container, server.Cgroup, server.Threads, server.FirstThread, server.ThreadCount = web, "/docker/0123", 2, 0, 2
	dead := proc(43, 42, 'Z', "sh", "")
	dead.ExitCode, dead.Idle, dead.Ended, dead.Have = 3<<8, 432*time.Second, 432*time.Second, allRead&^pcb.FieldMemory&^pcb.FieldExe
	killed := proc(44, 42, 'Z', "sh", "")
	killed.ExitCode, killed.Have = 9, dead.Have
	kernel := proc(50, 0, 'I', "kworker/0:1", "")
	kernel.KFlags, kernel.Have = pcb.PFKernelThread, allRead&^pcb.FieldMemory
	unread := pcb.Process{ID: pcb.ID{PID: 70, Start: 7000}, Comm: "", Denied: pcb.FieldIO | pcb.FieldExe}
	s.Procs = []pcb.Process{
		proc(1, 0, 'S', "systemd", "/sbin/init\x00"), server, dead, killed, kernel,
		proc(60, 1, 'R', "evil", hostile+"\x00--\xfe\x00"), unread,
	}
	s.Procs[5].Comm = hostile
	s.Threads = []pcb.Thread{
		{TID: 42, State: 'S', Comm: "checkout-agent", Voluntary: 10, Have: pcb.FieldStat | pcb.FieldSwitches},
		{TID: 45, State: 'R', Comm: "wörker", Voluntary: 4990, Have: pcb.FieldStat | pcb.FieldSwitches},
	}
	f := &monitor.Frame{Seq: 2, Snap: s, Forest: tree.Build(s, nil), Rates: &pcb.RateSet{Interval: 500 * time.Millisecond}}
	for i := range s.Procs {
		f.Rates.Procs = append(f.Rates.Procs, pcb.Rates{CPU: float64(i) * 12.5, Wait: math.NaN(), Voluntary: 60, Involuntary: 1, ReadBytes: math.Inf(1)})
	}
	f.Rates.Threads = []pcb.ThreadRates{{CPU: 1, Wait: math.NaN()}, {CPU: 11.5, Wait: 0}}
	f.Rates.System = pcb.SystemRates{
		CPUs: []pcb.CPUShare{{ID: 0, Busy: 27}, {ID: 3, Busy: 71, User: 60.123456789}}, Total: pcb.CPUShare{Busy: 49}, CtxSwitches: 41000, Forks: 12, SelfCPU: 0.4,
	}
	f.Findings = findingsOf(s)
	f.Events = []detect.Event{{What: detect.Appeared, Finding: f.Findings[0]}}
	return f
}

func findingsOf(s *pcb.Snapshot) []detect.Finding {
	subject := func(i int) detect.Subject {
		p := &s.Procs[i]
		return detect.Subject{ID: p.ID, Name: p.Name(), User: p.User, Cmdline: p.Cmdline}
	}
	culprit := subject(1)
	return []detect.Finding{
		{
			Detector: "zombie", Cause: "no-wait", Severity: detect.Critical, Confidence: detect.Proved, Since: frameTime.Add(-432 * time.Second),
			Subject: subject(2), Culprit: &culprit, Members: []pcb.ID{s.Procs[2].ID, s.Procs[3].ID}, Count: 38,
			Summary: "zombies growing: checkout-agent (42) leaves 4.9 dead children a second, 38 now", Why: "it never calls wait()",
			So: "at this rate a limit of 4,096 pids is full in 14 min",
			Evidence: []detect.Evidence{
				{Key: "oldest_dead_seconds", Value: 432.0, Source: "/proc/43/sched"},
				{Key: "sigchld_blocked", Value: false, Source: "/proc/42/status SigBlk"},
				{Key: "count", Value: int64(38)},
				{Key: "names", Value: []string{"sh", hostile}},
				{Key: "parent", Value: "x|y"},
			},
			Remedies: []detect.Remedy{
				{Do: "restart 42", Command: "kill 42", Risk: "interrupts its work", Act: &detect.Action{Signal: pcb.SIGTERM, Target: culprit.ID}},
				{Do: "kill -9 on the zombies does nothing", Command: "kill -9 4310", Never: true},
			},
			Missing: []string{"wchan of 42 (needs root)"},
		},
		{Detector: "orphan", Severity: detect.Info, Subject: subject(5), Summary: "orphan: " + hostile, Count: 1, Members: []pcb.ID{s.Procs[5].ID}},
	}
}

// big is a Frame of n processes like those of a server.
func big(n int) *monitor.Frame {
	s := &pcb.Snapshot{Time: frameTime, Boot: time.Hour * 24, Host: pcb.Host{CPUs: 2}}
	f := &monitor.Frame{Snap: s, Rates: &pcb.RateSet{Interval: time.Second}}
	for i := range n {
		p := proc(int32(i+1), int32(i/5), 'S', fmt.Sprintf("worker-%d", i%50), fmt.Sprintf("/usr/lib/service/worker-%d\x00--config\x00/etc/service/%d.conf\x00", i%50, i))
		p.Cgroup = "/system.slice/service.service"
		s.Procs = append(s.Procs, p)
		f.Rates.Procs = append(f.Rates.Procs, pcb.Rates{CPU: float64(i*7919%1000) / 10, Wait: 0.123456, Voluntary: float64(i % 97), Involuntary: 1, User: math.NaN()})
	}
	f.Forest = tree.Build(s, nil)
	return f
}
