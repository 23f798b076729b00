package detect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ptop/pcb"
)

func judgeChurn(p *Pass) []Finding {
	c := p.churn()
	if c.perSecond == 0 {
		return nil
	}
	var findings []Finding
	for k := range c.makers {
		if m := &c.makers[k]; c.perSecond >= p.Param("rate") || p.active(p.proc(m.i).ID) {
			findings = append(findings, p.churnOf(&c, m))
		}
	}
	if len(c.makers) == 0 && (c.perSecond >= p.Param("rate") || p.active(pcb.ID{})) {
		findings = append(findings, p.churnOfNobody(&c))
	}
	return findings
}

// churnOf is the finding about one who makes many.
func (p *Pass) churnOf(c *churn, m *maker) Finding {
	q := p.proc(m.i)
	f := Finding{Severity: Warning, Confidence: Likely, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1}
	if m.forker != nil {
		f.Confidence = Proved
		p.knowForker(&f, m.forker)
	}
	p.knowBirths(&f, c)
	f.know("child_cpu_percent", m.childCPU, procFile(q.ID, "stat")+" cutime, cstime")
	if m.forker == nil {
		f.know("child_cpu_share_percent", m.share, "/proc/*/stat cutime, cstime")
		f.Missing = append(f.Missing, p.noEvents())
	}
	build := p.ofBuildTool(&f, m.i)
	if c := &p.Snap.Coverage; m.forker == nil && (c.HidePID || c.PIDNamespace == "child") {
		f.Severity, f.Confidence = Info, Unknown
		f.Missing = append(f.Missing, "who else is there: /proc/stat counts the births of the whole machine, of which not all processes can be seen from here")
	}
	f.Summary = f.Subject.label() + " " + p.makes(c, m)
	f.Why = build + whatEnds(m.forker) + ". " + f.proof()
	f.So = p.costsOf(c, m)
	f.Remedies = p.calm(m, build != "")
	return f
}

// makes says how many processes one makes.
func (p *Pass) makes(c *churn, m *maker) string {
	if m.forker == nil {
		return fmt.Sprintf("seems to make most of the %s processes or threads that are born a second", short(c.perSecond))
	}
	e := p.Snap.Events
	return fmt.Sprintf("makes %s processes a second, %s of them too short-lived to be seen", short(e.PerSecond(m.forker.Forks)), fewOf(m.forker.ShortLived, m.forker.Forks))
}

// fewOf says a part in words where these say as much.
func fewOf(n, of uint64) string {
	switch {
	case n >= of:
		return "all"
	case n == 0:
		return "none"
	case 100*n >= 98*of:
		return "nearly all"
	}
	return short(100*float64(n)/float64(of)) + " %"
}

// whatEnds says what becomes of what one made.
func whatEnds(f *pcb.Forker) string {
	switch {
	case f == nil:
		return "its children come and go between two readings, and what they use is added to it when it has waited for them"
	case f.ShortLived == 0:
		return "it forks again and again"
	case f.Execs == 0:
		return "it forks again and again, and what it forks ends without having started a program"
	case len(f.Names) > 0:
		return "it starts again and again " + strings.Join(f.Names, ", ")
	}
	return "it starts again and again programs that are gone before their names could be read"
}

// knowForker adds what events tell of one who makes many.
func (p *Pass) knowForker(f *Finding, of *pcb.Forker) {
	e := p.Snap.Events
	f.know("forks_per_s", e.PerSecond(of.Forks), eventSource+" fork")
	f.know("short_lived_per_s", e.PerSecond(of.ShortLived), eventSource+" fork, exit")
	f.know("short_lived_execs_per_s", e.PerSecond(of.Execs), eventSource+" exec")
	if len(of.Statuses) > 0 {
		f.know("short_lived_exits", statusWords(of), eventSource+" exit")
	}
	if len(of.Names) > 0 {
		f.know("short_lived_names", of.Names, "/proc/*/comm")
	}
}

// knowBirths adds how many are born on the whole machine.
func (p *Pass) knowBirths(f *Finding, c *churn) {
	e := p.Snap.Events
	if e == nil {
		f.know("machine_forks_per_s", c.perSecond, "/proc/stat processes (threads included)")
		return
	}
	f.know("machine_forks_per_s", c.perSecond, eventSource+" fork")
	if e.Lost > 0 {
		f.know("events_lost", int64(e.Lost), eventSource+" cn_msg.seq")
	}
}

// statusWords gives the exit statuses with how often each was: "exit 0 ×600".
func statusWords(f *pcb.Forker) []string {
	var said []string
	for _, s := range f.Statuses {
		said = append(said, pcb.DescribeExit(s.Status)+" ×"+strconv.FormatUint(s.Count, 10))
	}
	if f.OtherStatuses > 0 {
		said = append(said, "others ×"+strconv.FormatUint(f.OtherStatuses, 10))
	}
	return said
}

// ofBuildTool makes an info of a build's churn, which is its work, and says why; empty for one that is none.
func (p *Pass) ofBuildTool(f *Finding, i int32) string {
	if tool := p.builder(i); tool != nil {
		f.Severity = Info
		if tool.ID == f.Subject.ID {
			return "that is how a build tool works: "
		}
		s := p.subject(tool)
		return "it is part of a build by " + s.label() + ": "
	}
	probe := p.Probes[f.Subject.ID]
	switch {
	case ofBuild(probe):
		f.Severity = Info
		f.know("build_marks", set(probe.Env, ciMarks), procFile(f.Subject.ID, "environ"))
		return "a build made it: "
	case !in(probe, pcb.ProbeEnv):
		f.Missing = append(f.Missing, procFile(f.Subject.ID, "environ")+": whether a build made it could not be read")
	}
	return ""
}

// installers start as many programs as builds do, and are over as soon.
var installers = namesOf("configure dpkg dpkg-deb apt apt-get unattended-upgr rpm dnf yum zypper apk pacman pip npm autoreconf libtool")

// builder gives the build tool or installer that a process is or works for: an ancestor of the same session. What has a
// session of its own was made to live on.
func (p *Pass) builder(i int32) *pcb.Process {
	q := p.proc(i)
	for _, k := range slices.Concat([]int32{i}, p.Forest.Ancestors(i)) {
		if above := p.proc(k); above.SID != q.SID {
			break
		} else if buildTool(above) || oneOf(installers, above.Name()) {
			return above
		}
	}
	return nil
}

// costsOf says what comes of it.
func (p *Pass) costsOf(c *churn, m *maker) string {
	var parts []string
	if m.childCPU > 0 {
		parts = append(parts, "they use "+short(m.childCPU)+" % of a CPU, which no process in a list shows")
	}
	if most := p.Snap.Host.PIDMax; most > 0 {
		parts = append(parts, fmt.Sprintf("the %d pids are gone through in %s, then old ones are given anew", most, seconds(time.Duration(float64(most)/c.perSecond*float64(time.Second)))))
	}
	return strings.Join(parts, "; ")
}

// calm gives what can be done about one who makes many.
func (p *Pass) calm(m *maker, build bool) []Remedy {
	q := p.proc(m.i)
	list := []Remedy{{
		Do: "see what it starts", Command: fmt.Sprintf("strace -f -e trace=execve,exit_group -p %d", q.PID), Risk: "slows it and its children while they are traced",
	}}
	if build {
		return list
	}
	if failing(m.forker) {
		list = append(list, Remedy{Do: "what it starts fails each time: mend that, and have it wait between two tries (RestartSec= of a unit, a sleep in a loop)"})
	}
	if q.PID == 1 { // it can't be ended, and starts what it is told to
		return list
	}
	end := p.end(q, " if its work is not wanted")
	if unit := service(q); unit != "" {
		end.Risk += "; systemd may start " + unit + " again (Restart=)"
	}
	return append(list, end)
}

// failing reports whether most of the short-lived ended badly.
func failing(f *pcb.Forker) bool {
	if f == nil {
		return false
	}
	var bad uint64
	for _, s := range f.Statuses {
		if s.Status != 0 {
			bad += s.Count
		}
	}
	return 2*bad > f.ShortLived
}

// churnOfNobody says that so many are born, and that it can't be told who makes them.
func (p *Pass) churnOfNobody(c *churn) Finding {
	f := Finding{Severity: Info, Confidence: Unknown, Subject: Subject{Name: "the machine"}, Count: 1}
	p.knowBirths(&f, c)
	e := p.Snap.Events
	if e == nil {
		f.Missing = append(f.Missing, p.noEvents())
		f.Summary = short(c.perSecond) + " processes or threads are born a second; whose they are can't be told"
		f.Why = "no process stands out by what its children used, as where nobody waits for them, or where they are threads. " + f.proof()
	} else {
		f.Summary = short(c.perSecond) + " processes are born a second, and no single process makes most of them"
		var said []string
		for i := range e.Forkers[:min(3, len(e.Forkers))] {
			of := &e.Forkers[i]
			said = append(said, fmt.Sprintf("%s (%d): %s a second", of.Name, of.ID.PID, short(e.PerSecond(of.Forks))))
		}
		f.know("forkers", said, eventSource+" fork")
		f.Why = "many make some. " + f.proof()
	}
	f.Remedies = []Remedy{{
		Do: "watch who forks", Command: "perf trace -a -e clone,clone3,fork,vfork -s sleep 5", Risk: "costs some time of each call while it runs",
	}}
	return f
}

// noEvents says what would tell who makes processes.
func (p *Pass) noEvents() string {
	why := p.Snap.EventsOff
	if why == "" {
		why = "this reading has none"
	}
	return "births and ends of processes: " + why
}
