package detect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ptop/pcb"
)

var hungTask = &Detector{
	ID:    "hung-task",
	Title: "a thread that hangs in the kernel",
	Meaning: "A thread in an uninterruptible sleep (D) waits for a disk, a file server or a lock of the kernel, and takes no signal before it wakes: not\n" +
		"SIGKILL either, unless the wait is a killable one. Short ones are the way of all I/O. The same sleep for half a minute means that what it\n" +
		"waits for does not answer. The kernel's own threads are left out, since some sleep so by design.",
	Advice:   "See what it waits for: the server, the disk, or the task that holds the kernel's lock. That one has to be mended.",
	Severity: "warning; critical from the second limit on",
	Causes: []Cause{
		{
			ID: "fuse", Title: "a file system in user space does not answer", Why: "the program that serves that file system (FUSE) has not answered",
			Do: "see whether that server lives and what it does; to give the connection up ends all waits for it", Risk: "whoever has files open there gets errors",
		},
		{
			ID: "network-fs", Title: "a file server does not answer", Why: "the server of that network file system has not answered",
			Do: "see whether the server can be reached; the wait ends when it answers",
		},
		{
			ID: "disk", Title: "storage does not answer", Why: "it waits for storage, which has not answered or is far behind",
			Do: "see what the kernel says of the disk, and how long its queue is",
		},
		{
			ID: "kernel-lock", Title: "a lock of the kernel", Why: "it waits for a lock in the kernel, which another task holds",
			Do: "see which task holds it; newer kernels name it in their log after two minutes",
		},
		{
			ID: "unclear", Title: "elsewhere in the kernel", Why: "what it waits for in the kernel has not come about",
			Do: "look at the kernel's log and at the stacks of all tasks that hang",
		},
	},
	Params: []Param{
		{paramHold, 30, "s", "how long it must have slept without a break"},
		{"critical", 120, "s", "how long for critical"},
		{paramClear, 5, "s", "how long it must not have been seen"},
	},
	Needs:   pcb.FieldStat,
	Suspect: suspectHung,
	Judge:   judgeHung,
}

// hungMemory is since when a process's threads were seen in the same sleep, by thread.
type hungMemory map[int32]hungSince

type hungSince struct {
	first time.Duration // Mono
	run   time.Duration // its CPU time, which a sleeper's stands still
}

func suspectHung(p *Pass) (want []pcb.ProbeRequest) {
	for i := range p.Snap.Procs {
		if q := p.proc(int32(i)); q.State == 'D' || q.ThreadCount > 0 || recall[hungMemory](p, q.ID) != nil {
			if p.mayHang(int32(i)) {
				want = append(want, pcb.ProbeRequest{ID: q.ID, Kinds: pcb.ProbeSleepers | pcb.ProbeFreezer})
			}
		}
	}
	return want
}

// mayHang reports whether a process has a thread that may have slept for long: which of one thread the Snapshot tells.
func (p *Pass) mayHang(i int32) bool {
	q := p.proc(i)
	if q.KernelThread() || !p.judged(i) || p.vforking(i) || thawsLater(q.WChan) {
		return false
	}
	if q.State == 'D' {
		idle, known := p.idle(i)
		return q.Threads > 1 || !known || idle >= p.Duration(paramHold)
	}
	if recall[hungMemory](p, q.ID) != nil {
		return true
	}
	for _, t := range p.Snap.ThreadsOf(q) {
		if t.State == 'D' {
			return true
		}
	}
	return false
}

// vforking reports whether a process may wait for a child that it made with vfork, and is well: the kernel says so, or
// does not say where it sleeps while it has a child that has not called exec.
func (p *Pass) vforking(i int32) bool {
	q := p.proc(i)
	if q.State != 'D' || q.Have.Has(pcb.FieldWChan) {
		return q.State == 'D' && inVforkCall(q.WChan)
	}
	for _, c := range p.Forest.Children(i) {
		if child := p.proc(c); child.ForkedNoExec() && !child.Zombie() {
			return true
		}
	}
	return false
}

func inVforkCall(wchan string) bool {
	return wchan == "kernel_clone" || wchan == "_do_fork" || wchan == "wait_for_vfork_done"
}

// thawsLater reports whether it is the freezer that a thread sleeps in.
func thawsLater(wchan string) bool {
	return wchan == "__refrigerator" || wchan == "do_freezer_trap" || wchan == "get_signal"
}

func judgeHung(p *Pass) (findings []Finding) {
	for _, id := range p.probedFor(pcb.ProbeSleepers) {
		q, probe := p.Snap.Lookup(id), p.Probes[id]
		if q == nil || !p.judged(int32(p.Snap.Index(q.PID))) || in(probe, pcb.ProbeFreezer) && probe.Frozen {
			continue
		}
		if longest, slept, count := p.longestSleep(q, probe); count > 0 {
			findings = append(findings, p.hung(q, longest, slept, count))
		}
	}
	return findings
}

// longestSleep gives the thread that has hung for longest, of those that have for long enough, and counts these.
func (p *Pass) longestSleep(q *pcb.Process, probe *pcb.Probe) (longest *pcb.Sleeper, slept time.Duration, count int) {
	before := recall[hungMemory](p, q.ID)
	now := hungMemory{}
	for k := range probe.Sleepers {
		s := &probe.Sleepers[k]
		if inVforkCall(s.WChan) || thawsLater(s.WChan) {
			continue
		}
		since := hungSince{p.Snap.Mono, s.RunTime}
		if before != nil {
			if old, known := (*before)[s.TID]; known && s.Scheduled && old.run == s.RunTime {
				since = old
			}
		}
		now[s.TID] = since
		lasts := p.Snap.Mono - since.first
		if s.IdleKnown {
			lasts = max(lasts, s.Idle)
		}
		if lasts < p.Duration(paramHold) {
			continue
		}
		if count++; lasts > slept {
			longest, slept = s, lasts
		}
	}
	if len(now) > 0 {
		keep(p, q.ID, &now)
	} else if before != nil {
		delete(p.History.kept[p.det], q.ID)
	}
	return longest, slept, count
}

func (p *Pass) hung(q *pcb.Process, s *pcb.Sleeper, slept time.Duration, count int) Finding {
	f := Finding{
		Severity: Warning, Confidence: Proved, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: count, held: slept, Since: p.Snap.Time.Add(-slept),
	}
	if slept >= p.Duration("critical") {
		f.Severity = Critical
	}
	dir := "task/" + pid(s.TID) + "/"
	who := f.Subject.label()
	if s.TID != q.PID {
		who = fmt.Sprintf("thread %s of %s", taskLabel(&s.TaskProbe), who)
	}
	f.know("hung_seconds", slept, procFile(q.ID, dir+"sched")+" se.exec_start")
	f.say("hung_in", s.WChan, procFile(q.ID, dir+"wchan"))
	f.say("hung_call", s.Syscall, procFile(q.ID, dir+"syscall"))
	f.say("hung_on", s.File, procFile(q.ID, dir+"syscall"))
	f.say("hung_file_system", strings.TrimSpace(s.FSType+" "+s.FSSource), procFile(q.ID, "mountinfo"))
	if len(s.Stack) > 0 {
		f.know("kernel_stack", s.Stack, procFile(q.ID, dir+"stack"))
	}
	f.know("sigkill_pending", s.KillPending, procFile(q.ID, dir+"status")+" SigPnd, ShdPnd")
	for _, name := range s.Refused {
		f.Missing = append(f.Missing, procFile(q.ID, dir+name)+": not permitted; run ptop as root")
	}
	f.Summary = fmt.Sprintf("%s has hung in the kernel for %s", who, seconds(slept))
	if s.KillPending {
		f.Summary += ", and can't be killed: SIGKILL is pending"
	}
	if count > 1 {
		f.Summary += fmt.Sprintf("; %s of it hang", plural(count, "thread"))
	}
	cause := p.cause(waitsFor(s))
	if cause.ID == "unclear" {
		f.Confidence = Likely
	}
	if s.WChan == "" && len(s.Stack) == 0 {
		f.Confidence = Unknown
	}
	f.because(cause, f.fill(""))
	f.So = "it does nothing before that comes"
	f.Remedies[0].Command = hungCommand(cause.ID, s)
	f.Remedies = append(f.Remedies, kills(q, s))
	return f
}

// kills says what SIGKILL does: it ends a wait that the kernel made a killable one, and no other.
func kills(q *pcb.Process, s *pcb.Sleeper) Remedy {
	killable := strings.Contains(s.WChan, "killable") || slices.ContainsFunc(s.Stack, func(name string) bool { return strings.Contains(name, "killable") })
	if killable && !s.KillPending {
		r := Remedy{Do: "or end it with SIGKILL: this wait is one that it ends", Risk: "it can't clean up; unsaved work is lost"}
		r.signal(q.ID, pcb.SIGKILL)
		return r
	}
	r := Remedy{Do: "kill -9 does nothing until it wakes: a thread takes signals when it leaves the kernel", Command: fmt.Sprintf("kill -9 %d", q.PID), Never: true}
	if !s.KillPending && (s.WChan == "" || strings.HasPrefix(s.WChan, "fuse_") || strings.HasPrefix(s.WChan, "request_wait")) { // FUSE waits either way, in one place
		r.Do, r.Never, r.Command = "kill -9 may do nothing until it wakes: it ends some waits of this kind and not others", false, ""
	}
	return r
}

// say adds a text that there need not be.
func (f *Finding) say(key, value, source string) {
	if value != "" {
		f.know(key, value, source)
	}
}

// waits are the kernel's functions in which one thing is waited for, by their beginning. A call on a file server ends in
// functions of the page cache, so that these come last.
var waits = []struct {
	cause     string
	functions []string
}{
	{"fuse", []string{"fuse_", "__fuse_", "request_wait_answer"}},
	{"network-fs", []string{"nfs", "rpc_", "__rpc_", "cifs_", "smb2_", "wait_for_response", "ceph_", "v9fs_", "p9_"}},
	{"kernel-lock", []string{"mutex_lock", "__mutex_lock", "rwsem_down", "down_read", "down_write", "__down", "rwbase_"}},
	{"disk", []string{"io_schedule", "blk_", "bio_", "submit_bio", "wait_on_page", "folio_wait", "wait_on_buffer", "__wait_on_buffer", "jbd2_", "xlog_", "xfs_", "ext4_", "btrfs_"}},
}

// waitsFor gives the cause for which a thread hangs: by the file system, or else by the functions it is in.
func waitsFor(s *pcb.Sleeper) string {
	functions := append([]string{s.WChan}, s.Stack...)
	for _, w := range waits {
		for _, name := range functions {
			for _, prefix := range w.functions {
				if strings.HasPrefix(name, prefix) {
					return w.cause
				}
			}
		}
	}
	return "unclear"
}

// hungCommand is what to look with, or what ends the wait.
func hungCommand(cause string, s *pcb.Sleeper) string {
	switch _, minor, _ := strings.Cut(s.FSDevice, ":"); {
	case cause == "fuse" && strings.HasPrefix(s.FSType, "fuse"):
		return "echo 1 > /sys/fs/fuse/connections/" + minor + "/abort"
	case cause == "network-fs" && strings.Contains(s.FSSource, ":/"):
		host, _, _ := strings.Cut(s.FSSource, ":/")
		return "ping -c 3 " + shellWord(host)
	case cause == "kernel-lock":
		return "dmesg | grep 'likely owned by'"
	case cause == "disk":
		return "dmesg --level=emerg,alert,crit,err,warn | tail -n 20"
	case cause == "unclear":
		return "echo w > /proc/sysrq-trigger; dmesg | tail -n 100"
	}
	return ""
}
