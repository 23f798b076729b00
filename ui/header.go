package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// headerMode is how much of the header is shown.
type headerMode uint8

const (
	headerNormal headerMode = iota // as many CPU bars as leave the table most of the screen
	headerWide                     // a bar for every CPU as far as they fit, and more figures
	headerLine                     // one line
	headerNone
	headerModes
)

// header is the meters and facts about the machine.
type header struct {
	mode    headerMode
	past    past
	threads ring // pids in use, for how long they will last
	times   ring // when that was, in seconds

	begun bool
	since time.Duration // monotonic clock of the first reading

	toFindings []rect // where a click opens the findings
	told       string // what was drawn of the worst finding; empty for nothing
}

func newHeader() *header {
	return &header{past: newPast(), threads: ring{limit: pastReadings}, times: ring{limit: pastReadings}}
}

func (h *header) cycle() { h.mode = (h.mode + 1) % headerModes }

// record enters a Frame into the histories.
func (h *header) record(f *monitor.Frame) {
	if !h.begun {
		h.begun, h.since = true, f.Snap.Mono
	}
	h.past.record(f.Snap)
	h.threads.add(float64(f.Snap.Tasks().Threads))
	h.times.add(f.Snap.Mono.Seconds())
}

// watched is how long the machine had been watched at a reading.
func (h *header) watched(f *monitor.Frame) time.Duration { return f.Snap.Mono - h.since }

// Below these heights the header gives way to the table.
const (
	headerLineBelow = 14
	headerNoneBelow = 6
)

// draw draws at the top of p and gives the number of lines it took.
func (h *header) draw(p painter, a *app) int {
	h.toFindings, h.told = h.toFindings[:0], ""
	mode := h.mode
	switch {
	case p.h < headerNoneBelow:
		mode = headerNone
	case p.h < headerLineBelow && mode < headerLine:
		mode = headerLine
	}
	if mode == headerNone {
		return 0
	}
	f := a.frame
	h.title(p, a)
	if mode == headerLine {
		return 1
	}
	y := 1
	var extra []line
	if mode == headerWide {
		extra = more(f)
	}
	if p.w < 70 { // one column: meters, then the facts that matter most
		y += h.meters(p.sub(0, y, p.w, p.h/4), f, mode)
		facts := h.facts(f, p.w)
		facts = slices.Delete(facts, 2, min(4, len(facts)))
		for _, l := range append(facts, extra[:min(len(extra), max(0, p.h/2-y-len(facts)))]...) {
			p.line(0, y, l)
			y++
		}
	} else {
		left := p.w * 9 / 20
		facts := append(h.facts(f, p.w-left-2), extra...)
		facts = facts[:min(len(facts), max(5, p.h/2))]
		tall := max(p.h/3, len(facts))
		if mode == headerWide {
			tall = max(tall, p.h-10)
		}
		n := h.meters(p.sub(0, y, left, tall), f, mode)
		for i, l := range facts {
			p.sub(left+2, y+i, p.w-left-2, 1).line(0, 0, l)
		}
		y += max(n, len(facts))
	}
	worst := h.worst(f, p.gl)
	p.line(0, y, worst)
	h.told = worst[0].text
	h.toFindings = append(h.toFindings, rect{p.x, p.y + y, p.w, 1})
	return y + 1
}

// title is the first line: which machine, and how sick it is.
func (h *header) title(p painter, a *app) {
	s := a.frame.Snap
	x := p.role(0, 0, "ptop", roleTitle)
	if s.Host.Hostname != "" {
		x = p.role(x+1, 0, s.Host.Hostname, roleStrong)
	}
	right := severityCounts(a.frame.Findings, p.gl)
	if len(right) == 0 {
		right = plain("no findings", roleGood)
		if h.watched(a.frame) <= 0 {
			right = plain("no findings yet", roleDim)
		}
	}
	if a.paused {
		right = append(line{{"PAUSED ", roleWarning}}, right...)
	}
	if a.ended {
		right = append(line{{"ENDED ", roleWarning}}, right...)
	}
	right = append(a.recording.note(), right...)
	rest := []string{"up " + age(s.Boot), strings.TrimSpace(osName(s.Host.OS) + " " + s.Host.Kernel), a.o.Version}
	room := p.w - right.width() - 2
	for _, part := range rest {
		if part != "" && s.Boot > 0 && x+2+width(part) <= room {
			x = p.role(x+2, 0, part, roleDim)
		}
	}
	at := p.w - right.width()
	if at < x+1 { // too narrow for both: how sick it is matters more
		at = max(0, at)
		p.fill(at, 0, p.th.of(roleText))
	}
	p.line(at, 0, right)
	h.toFindings = append(h.toFindings, rect{p.x + at, p.y, p.w - at, 1})
}

// leadsToFindings reports whether a cell tells of findings.
func (h *header) leadsToFindings(x, y int) bool {
	return slices.ContainsFunc(h.toFindings, func(r rect) bool { return r.holds(x, y) })
}

func osName(os string) string {
	if os == "" {
		return ""
	}
	return strings.ToUpper(os[:1]) + os[1:]
}

// severityCounts says "▲ 1 critical  ▲ 3 warning"; empty when nothing is found.
func severityCounts(findings []detect.Finding, gl *glyphs) line {
	n := detect.BySeverity(findings)
	var l line
	for s := int(detect.Critical); s >= 0; s-- {
		if n[s] > 0 {
			sev := detect.Severity(s)
			if len(l) > 0 {
				l = append(l, span{"  ", roleText})
			}
			l = append(l, span{fmt.Sprintf("%s %d %s", gl.mark[s], n[s], sev), severityRole(sev)})
		}
	}
	return l
}

// worst is the most severe finding in words.
func (h *header) worst(f *monitor.Frame, gl *glyphs) line {
	if len(f.Findings) == 0 {
		return plain(healthyText(h.watched(f)), roleDim)
	}
	w := &f.Findings[0]
	return plain(gl.mark[w.Severity]+" "+w.Summary, severityRole(w.Severity))
}

// says reports whether a text can be read in the header, w cells wide, as it was drawn.
func (h *header) says(text string, w int) bool { return text == h.told && width(text) <= w }

// facts are the figures in words, most important first.
func (h *header) facts(f *monitor.Frame, w int) []line {
	s := f.Snap
	t := s.Tasks()
	facts := []line{
		taskLine(t, w),
		h.pidLine(s, t),
		forkLine(f, w),
		ownLine(f, w),
	}
	if slowed := f.Slowed; slowed != nil {
		facts = append(facts, plain(clip(slowedText(slowed), w), roleWarning))
	}
	if unseen := unseenText(&s.Coverage); unseen != "" {
		facts = append(facts, plain(clip("unseen: "+unseen, w), roleWarning))
	}
	return facts
}

// ownLine is the load, and what ptop itself costs, by what it reads, and its nice value where that is another than usual:
// as much of it as there is room for.
func ownLine(f *monitor.Frame, w int) line {
	l := pairs("load", loadText(f.Snap.System.Load), "ptop", percent(f.Rates.System.SelfCPU))
	more := []string{size(f.Snap.Self.RSS), f.Snap.Source}
	if nice, ok := f.Snap.OwnNice(); ok && nice != 0 {
		more = append(more, fmt.Sprintf("nice %d", nice))
	}
	for _, text := range more {
		if l.width()+1+width(text) > w {
			break
		}
		l = append(l, span{" " + text, roleText})
	}
	return l
}

// slowedText says why readings come more seldom than was asked, in 42 cells: more there are not at 80.
func slowedText(s *monitor.Slowing) string {
	return fmt.Sprintf("every %.1f s: costs %d ms, budget %s %% CPU", s.Delay.Seconds(), s.Cost.Milliseconds(), strconv.FormatFloat(s.Budget, 'g', -1, 64))
}

// forkLine is how often the machine switches and forks and, where there is room, what of that no list of processes shows.
func forkLine(f *monitor.Frame, w int) line {
	r := &f.Rates.System
	l := pairs("switches", number(r.CtxSwitches)+"/s", "forks", number(r.Forks)+"/s")
	e := f.Snap.Events
	if e == nil {
		return l
	}
	add := func(more line) {
		if l.width()+2+more.width() <= w {
			l = append(append(l, span{"  ", roleText}), more...)
		}
	}
	if e.ShortLived > 0 {
		add(pairs("short-lived", number(e.PerSecond(e.ShortLived))+"/s"))
	}
	if e.Lost > 0 {
		add(line{{fmt.Sprintf("%d events lost", e.Lost), roleWarning}})
	}
	return l
}

// taskLine counts the processes by phase, in words as long as there is room.
func taskLine(t pcb.Tasks, w int) line {
	counts := []struct {
		n           int
		long, short string
		role        role
	}{
		{t.ByPhase[pcb.PhaseRunning], "running", "run", roleRunning},
		{t.ByPhase[pcb.PhaseReady], "ready", "ready", roleText},
		{t.ByPhase[pcb.PhaseWaiting], "waiting", "wait", roleText},
		{t.ByPhase[pcb.PhaseStopped], "stopped", "stop", roleStopped},
		{t.Zombies, "zombie", "zomb", roleZombie},
	}
	build := func(short bool) line {
		l := line{{"tasks ", roleDim}}
		for _, c := range counts {
			name, r := c.long, c.role
			if short {
				name = c.short
			}
			if c.n == 0 {
				r = roleDim
			}
			if short && c.n == 0 {
				continue
			}
			if len(l) > 1 {
				l = append(l, span{"  ", roleText})
			}
			l = append(l, span{fmt.Sprintf("%d %s", c.n, name), r})
		}
		return l
	}
	if l := build(false); l.width() <= w {
		return l
	}
	return build(true)
}

// pidLine tells how much of the supply of pids is used, and how long it lasts when it keeps shrinking so.
func (h *header) pidLine(s *pcb.Snapshot, t pcb.Tasks) line {
	l := pairs("threads", fmt.Sprint(t.Threads))
	if s.Host.PIDMax <= 0 {
		return l
	}
	share := 100 * float64(t.Threads) / float64(s.Host.PIDMax)
	role := roleText
	switch {
	case share >= 90:
		role = roleCritical
	case share >= 70:
		role = roleWarning
	}
	l = append(l, span{"  pids ", roleDim}, span{percent(share) + " of " + fmt.Sprint(s.Host.PIDMax), role})
	if left := h.pidsLast(s.Host.PIDMax); left != "" {
		l = append(l, span{", " + left, roleWarning})
	}
	return l
}

// pidsLast extrapolates the growth of the last readings; it is told only when the pids would be used up within a day.
func (h *header) pidsLast(pidMax int64) string {
	v, at := h.threads.values, h.times.values
	if len(v) < 10 {
		return ""
	}
	v, at = v[len(v)-10:], at[len(at)-10:]
	for i := 1; i < len(v); i++ {
		if v[i] < v[i-1] {
			return "" // no steady growth
		}
	}
	perSecond := (v[9] - v[0]) / (at[9] - at[0])
	if !(perSecond > 0) {
		return ""
	}
	seconds := (float64(pidMax) - v[9]) / perSecond
	if seconds > 86400 {
		return ""
	}
	return "full in " + age(secondsOf(seconds))
}

func loadText(l *[3]float64) string {
	if l == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f %.2f %.2f", l[0], l[1], l[2])
}

// unseenText says what the reading could not see; empty when that was nothing.
func unseenText(c *pcb.Coverage) string {
	var parts []string
	if c.HidePID {
		parts = append(parts, "others' processes")
	}
	if c.SubsetPID {
		parts = append(parts, "the machine as a whole (subset=pid)")
	}
	if c.PIDNamespace == "child" {
		parts = append(parts, "outside this pid namespace")
	}
	if c.Blocked > 0 {
		parts = append(parts, fmt.Sprintf("%d blocked", c.Blocked))
	}
	if c.DeniedProcs > 0 {
		parts = append(parts, "parts of "+plural(c.DeniedProcs, "process", "processes"))
	}
	return strings.Join(parts, ", ")
}

// pairs is a line of names and values.
func pairs(nameValue ...string) line {
	var l line
	for i := 0; i+1 < len(nameValue); i += 2 {
		if i > 0 {
			l = append(l, span{"  ", roleText})
		}
		l = append(l, span{nameValue[i] + " ", roleDim}, span{nameValue[i+1], roleText})
	}
	return l
}
