package detect

import (
	"fmt"
	"math"
	"path"
	"slices"
	"time"

	"ptop/pcb"
)

var pidExhaustion = &Detector{
	ID:    "pid-exhaustion",
	Title: "a limit on pids that is nearly reached",
	Meaning: "The kernel bounds how many processes and threads there may be: in a cgroup (pids.max, TasksMax=, --pids-limit), of one user (RLIMIT_NPROC), on\n" +
		"the machine (pid_max, threads-max). Threads count, and so do zombies. Where a bound is reached fork and clone fail with EAGAIN: nothing new\n" +
		"starts, no login, no shell to look with. RLIMIT_NPROC is looked at for the process of each user with the most threads and children;\n" +
		"it does not hold for root.",
	Advice:   "See to who has the most: threads, children, or zombies that it does not reap. Raise the limit if the work needs as many.",
	Severity: "warning from `used` on; critical from `critical` on, or when at the growth that was watched it is full within `soon`",
	Params: []Param{
		{"used", 80, "%", "share of a limit in use"},
		{"used_clear", 75, "%", "share below which it is over"},
		{"critical", 85, "%", "share in use that is critical"},
		{"soon", 600, "s", "time until it is full that is critical"},
		{"least", 16, "", "limits below this are not looked at: they are there to keep a program from making processes"},
		{"window", 60, "s", "how far back growth is looked at"},
		{paramHold, 10, "s", "how long it must last"},
		{paramClear, 5, "s", "how long it must be over"},
	},
	Needs:   pcb.FieldCore,
	Suspect: func(p *Pass) []pcb.ProbeRequest { return p.History.crowds.ask(p) },
	Judge:   judgePids,
}

func judgePids(p *Pass) (findings []Finding) {
	p.History.crowds.learn(p)
	for _, c := range p.limited(p.pidsShare) {
		findings = append(findings, p.exhaustion(&exhaustion{room: cgroupRoom(c.pids), use: &c.use, kept: c.subject, members: p.members(c), group: c})...)
	}
	for _, u := range p.History.crowds.users {
		if u.of.IsZero() || u.limit.Exempt || !p.near(u.room(), u.subject) {
			continue
		}
		x := exhaustion{room: u.room(), use: &u.use, kept: u.subject, user: true}
		for i := range p.Snap.Procs {
			if q := p.proc(int32(i)); q.UID == u.uid && q.Have.Has(pcb.FieldCreds) {
				x.members = append(x.members, int32(i))
			}
		}
		findings = append(findings, p.exhaustion(&x)...)
	}
	if m := &p.History.crowds.machine; p.near(p.machineRoom(), m.subject) {
		x := exhaustion{room: p.machineRoom(), use: &m.use, kept: m.subject}
		for i := range p.Snap.Procs {
			x.members = append(x.members, int32(i))
		}
		findings = append(findings, p.exhaustion(&x)...)
	}
	return findings
}

// pidsShare gives how much of its pids a group uses that is to be told.
func (p *Pass) pidsShare(c *cgroup) (float64, bool) {
	if c.pids == nil {
		return 0, false
	}
	r := cgroupRoom(c.pids)
	return r.percent(), p.near(r, c.subject)
}

// near reports whether so much of a room is in use that it is to be told.
func (p *Pass) near(r room, kept map[*Detector]pcb.ID) bool {
	least := p.Param("used")
	if p.active(kept[p.det]) {
		least = min(least, p.Param("used_clear"))
	}
	return r.limit >= p.Param("least") && r.percent() >= least
}

// crowded reports whether so much of a room is in use that it is worth looking at in each reading.
func crowded(r room) bool { return r.limit > 0 && r.percent() >= urgentPids }

// exhaustion is a room that is nearly full, and who is in it.
type exhaustion struct {
	room
	use     *series[float64]
	kept    map[*Detector]pcb.ID
	members []int32
	group   *cgroup // whose limit it is; nil for the others
	user    bool    // it is RLIMIT_NPROC

	zombies  int
	children map[int32]int // of a process, in this room
	dead     map[int32]int // of those, zombies
}

// count counts who is whose child.
func (x *exhaustion) count(p *Pass) {
	x.children, x.dead = map[int32]int{}, map[int32]int{}
	for _, i := range x.members {
		parent := p.Forest.Parent(i)
		x.children[parent]++
		if q := p.proc(i); q.Zombie() && !q.LeaderExited() {
			x.zombies++
			x.dead[parent]++
		}
	}
}

// weight is how many of the pids in use are due to a process: its threads and its children. Whoever adopts others' children is to
// blame for those alone that it does not reap.
func (x *exhaustion) weight(p *Pass, i int32) float64 {
	q := p.proc(i)
	if q.Zombie() && !q.LeaderExited() {
		return 0
	}
	if adopter(q) {
		return float64(int(q.Threads) - 1 + x.dead[i])
	}
	return float64(int(q.Threads) - 1 + x.children[i])
}

// left tells how fast the use grows, and when the room is full if it goes on so. It must have grown in both halves of the time.
func (x *exhaustion) left(window time.Duration) (perMinute float64, left time.Duration, growing bool) {
	from, to, lasted := x.use.over(window)
	middle, _, _ := x.use.over(lasted / 2)
	if lasted < window/6 || middle <= from || to <= middle {
		return 0, 0, false
	}
	perMinute = (to - from) / lasted.Minutes()
	return perMinute, time.Duration(max(0, x.limit-x.used) / perMinute * float64(time.Minute)), true
}

func (p *Pass) exhaustion(x *exhaustion) []Finding {
	x.count(p)
	i := p.names(x.kept, x.members, func(i int32) float64 { return x.weight(p, i) })
	if i < 0 {
		return nil
	}
	q := p.proc(i)
	f := p.about(i, x.members)
	f.Severity, f.Confidence = Warning, Proved
	if lasted := x.lasted(p); lasted > 0 {
		f.held, f.Since = lasted, p.Snap.Time.Add(-lasted)
	}
	f.know("pids_used", int64(x.used), x.counted())
	f.know("pids_limit", int64(x.limit), x.source)
	f.know(x.evidence, x.percent(), x.source)
	f.know("zombies_here", int64(x.zombies), "/proc/*/stat state")
	if x.zombies > 0 {
		f.know("zombie_share_percent", 100*float64(x.zombies)/x.used, "/proc/*/stat state")
	}
	f.know("children_here", int64(x.children[i]), "/proc/*/stat ppid")
	f.know("threads", int64(q.Threads), procFile(q.ID, "stat")+" num_threads")
	if x.weight(p, i) >= x.used/2 {
		culprit := f.Subject
		f.Culprit = &culprit
	}
	f.So = "when it is full, nothing in it can start a process or a thread: fork fails with EAGAIN"
	perMinute, left, growing := x.left(p.Duration("window"))
	if growing {
		f.know("growth_per_min", perMinute, x.counted()+", as watched")
		f.know("time_left_seconds", left, "at that rate")
		f.So = fmt.Sprintf("at this rate it is full in %s; then fork fails with EAGAIN", seconds(left))
	}
	if x.percent() >= p.Param("critical") || growing && left < p.Duration("soon") {
		f.Severity = Critical
	}
	f.Summary = fmt.Sprintf("%.0f of the %.0f pids%s are in use", x.used, x.limit, x.ofWhom(q))
	if x.zombies > 0 {
		f.Summary += fmt.Sprintf(", %d of them by zombies", x.zombies)
	}
	f.Summary += ": " + f.Subject.label() + " has the most, " + x.has(i, q)
	f.Why = "threads count against the limit, and so do zombies. " + f.proof()
	f.Remedies = p.makeRoom(x, i)
	return []Finding{f}
}

// lasted is for how long the room has been as full at least: since as many processes as make it so are there, whose ages the
// kernel tells. Of a process with many threads it does not tell when it made them, so that it counts as one.
func (x *exhaustion) lasted(p *Pass) time.Duration {
	enough := int(math.Ceil(x.limit * p.Param("used") / 100))
	if len(x.members) < enough {
		return 0
	}
	ages := make([]time.Duration, len(x.members))
	for k, i := range x.members {
		ages[k] = p.Snap.Age(p.proc(i))
	}
	slices.Sort(ages)
	return ages[len(ages)-enough]
}

// ofWhom says whose pids they are.
func (x *exhaustion) ofWhom(q *pcb.Process) string {
	switch {
	case x.group != nil:
		return " that cgroup " + x.group.dir + " may have"
	case x.user && q.User != "":
		return " that user " + q.User + " may have"
	case x.user:
		return fmt.Sprintf(" that user %d may have", q.UID)
	}
	return " of the machine"
}

// counted is where the use was read.
func (x *exhaustion) counted() string {
	if x.group != nil {
		return x.group.dir + "/pids.current"
	}
	return "/proc/*/status Threads"
}

// has says what of the pids are a process's.
func (x *exhaustion) has(i int32, q *pcb.Process) string {
	words := plural(int(q.Threads), "thread")
	if n := x.children[i]; n == 1 {
		words += " and 1 child"
	} else if n > 1 {
		words += fmt.Sprintf(" and %d children", n)
	}
	return words
}

// makeRoom says what can be done: about whoever has the most, and about the limit.
func (p *Pass) makeRoom(x *exhaustion, i int32) []Remedy {
	q, s := p.proc(i), p.subject(p.proc(i))
	fewer := Remedy{Do: "have " + s.label() + " make fewer (a pool, a bound of its own); restarting it frees what it has", Risk: "interrupts its work"}
	if 2*x.dead[i] >= x.children[i] && x.dead[i] > 0 {
		fewer.Do = "restart " + s.label() + ", which does not reap its dead children; kill -9 on them does nothing"
	}
	if q.KernelThread() {
		fewer = Remedy{Do: "see what makes so many", Command: "ps -eLo ppid= | sort | uniq -c | sort -n | tail"}
	} else {
		fewer.restart(&s, q)
	}
	double := fmt.Sprintf("%.0f", 2*x.limit)
	more := raising{
		do: "raise the limit to " + double, risk: "whoever runs wild takes more of the machine's pids", pod: "the kubelet's podPidsLimit instead",
		update: "--pids-limit " + double, property: "TasksMax=" + double, file: x.source, value: double,
	}
	switch {
	case x.group != nil:
		return []Remedy{fewer, p.raise(x.group, i, more)}
	case x.user:
		return []Remedy{fewer, {
			Do:      "raise its RLIMIT_NPROC, and for later LimitNPROC= of its unit or nproc in limits.conf",
			Command: fmt.Sprintf("prlimit --pid %d --nproc=%s:", p.History.crowds.users[q.UID].of.PID, double), Risk: more.risk,
		}}
	}
	return []Remedy{fewer, {Do: more.do, Command: "sysctl -w kernel." + path.Base(x.source) + "=" + double, Risk: "each pid costs kernel memory"}}
}
