package life

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"ptop/internal/column"
	"ptop/pcb"
)

// shares is how a process spent its time, as far as the kernel keeps it: of one thread, or summed over those that live.
type shares struct {
	threads                            int
	total, run, ready, stopped         time.Duration
	queued                             time.Duration // of ready: the wait for a CPU that goes on
	voluntary, involuntary, dispatches uint64
	switches                           bool // they are known
}

// waiting is what is left of the life: asleep, for whatever.
func (s *shares) waiting() time.Duration { return max(0, s.total-s.run-s.ready-s.stopped) }

// add adds a thread that has lived for age.
func (s *shares) add(age, run, ready time.Duration) {
	s.threads++
	s.total += max(age, run+ready) // the age is of whole ticks
	s.run += run
	s.ready += ready
}

// shares gives them; ok is false where they can't be told.
func (b *builder) shares() (s shares, ok bool) {
	p := b.p
	switch age := b.r.Snap.Age(p); {
	case b.dead():
		// A zombie's own figures are its main thread's; that it had others shows its CPU clock, which counts theirs.
		if !p.Have.Has(pcb.FieldEnded|pcb.FieldSched) || p.UTime+p.STime > p.RunTime+2*pcb.Tick {
			return s, false
		}
		s.add(max(0, age-p.Ended), p.RunTime, p.RunDelay)
	case b.threadShares(&s):
	case p.Threads == 1 && p.Have.Has(pcb.FieldSched):
		s.add(age, p.RunTime, p.RunDelay)
		s.voluntary, s.involuntary, s.switches = p.Voluntary, p.Involuntary, p.Have.Has(pcb.FieldSwitches)
	default:
		return s, false
	}
	s.dispatches = s.voluntary + s.involuntary
	if s.threads == 1 && p.Have.Has(pcb.FieldIdle) && p.State == 'T' {
		s.stopped = min(p.Idle, s.waiting())
	}
	if s.threads == 1 && b.starves() {
		s.queued = min(p.Idle, s.waiting())
		s.ready += s.queued
	}
	return s, true
}

// threadShares sums the threads that were read in depth; false where not all of them were.
func (b *builder) threadShares(s *shares) bool {
	if b.d == nil || len(b.d.ThreadList) == 0 || b.d.Problems[pcb.PartThreads] != "" {
		return false
	}
	var sum shares
	sum.switches = true
	now := b.r.Snap.Boot + max(0, b.d.Time.Sub(b.r.Snap.Time))
	for i := range b.d.ThreadList {
		t := &b.d.ThreadList[i]
		if t.State == 'Z' || t.State == 'X' { // a main thread that ended before the others
			continue
		}
		if !t.Have.Has(pcb.FieldStat | pcb.FieldSched) {
			return false
		}
		sum.add(now-t.Started, t.RunTime, t.RunDelay)
		sum.voluntary += t.Voluntary
		sum.involuntary += t.Involuntary
		sum.switches = sum.switches && t.Have.Has(pcb.FieldSwitches)
	}
	if sum.threads > 0 {
		*s = sum
	}
	return sum.threads > 0
}

// least is from when on a wait for a CPU that goes on is one, and no wake-up.
const least = time.Second

// starves reports whether a process has been waiting for a CPU for long: it is ready and did not run, and a second look
// found it so still. The kernel counts such a wait only when it ends.
func (b *builder) starves() bool {
	p := b.p
	return p.State == 'R' && b.r.Snap.Phase(p) == pcb.PhaseReady && p.Have.Has(pcb.FieldIdle|pcb.FieldSched) && p.Idle >= least &&
		b.d != nil && b.d.Process.State == 'R' && b.d.Process.Have.Has(pcb.FieldSched) && b.d.Process.RunTime == p.RunTime
}

// course says how the process spent its life, in the textbook's states.
func (b *builder) course() {
	b.begin("Life")
	b.know("phase", b.r.Snap.Phase(b.p).String())
	if s, ok := b.shares(); ok {
		b.say("spent", b.spentWords(&s))
		b.say("dispatch", b.dispatchWords(&s))
	}
	b.say("cpu", b.cpuWords())
	b.say("lately", b.latelyWords())
	b.say("last ran", b.lastRanWords())
	b.say("scheduled", b.policyWords())
}

func (b *builder) spentWords(s *shares) string {
	if b.dead() { // when it died the kernel tells as a lower bound of how long ago, so that what it was asleep can't be told
		b.know("turnaround_max_seconds", s.total.Seconds())
		b.know("run_seconds", s.run.Seconds())
		b.know("ready_seconds", s.ready.Seconds())
		return fmt.Sprintf("running %s and ready %s of the at most %s from its creation to its death", brief(s.run.Seconds()), brief(s.ready.Seconds()), brief(s.total.Seconds()))
	}
	b.know("threads_counted", int64(s.threads))
	b.know("life_seconds", s.total.Seconds())
	words := ""
	for _, part := range []struct {
		key, name string
		span      time.Duration
		always    bool
	}{
		{"run_percent", "running", s.run, true},
		{"ready_percent", "ready", s.ready, true},
		{"waiting_percent", "waiting", s.waiting(), true},
		{"stopped_percent", "stopped", s.stopped, s.stopped > 0},
	} {
		if !part.always || s.total <= 0 {
			continue
		}
		share := 100 * part.span.Seconds() / s.total.Seconds()
		b.know(part.key, share)
		if words != "" {
			words += ", "
		}
		words += part.name + " " + percent(share)
	}
	if words == "" {
		return ""
	}
	switch {
	case s.threads > 1:
		words += fmt.Sprintf(" of the time of its %d threads, %s together; those that have ended are not in it", s.threads, column.FormatDuration(s.total))
	default:
		words += " of the " + brief(s.total.Seconds()) + " since its creation"
	}
	if s.queued > 0 {
		words += "; ready for " + column.FormatDuration(s.queued) + " now without having run, which the kernel counts only when it does"
		b.know("queued_seconds", s.queued.Seconds())
	}
	return words
}

func (b *builder) dispatchWords(s *shares) string {
	if !s.switches || s.dispatches == 0 {
		return ""
	}
	n := float64(s.dispatches)
	run, wait, voluntary := s.run.Seconds()/n, (s.ready-s.queued).Seconds()/n, 100*float64(s.voluntary)/n
	b.know("dispatches", int64(s.dispatches))
	b.know("run_per_dispatch_seconds", run)
	b.know("wait_per_dispatch_seconds", wait)
	b.know("voluntary_percent", voluntary)
	if s.dispatches == 1 {
		return fmt.Sprintf("left a CPU once, after %s on it and a wait of %s for it", brief(run), brief(wait))
	}
	return fmt.Sprintf("left a CPU %d times, %s of them by itself; on average %s on it, after a wait of %s for it", s.dispatches, percent(voluntary), brief(run), brief(wait))
}

// cpuWords is the CPU time of all threads, ended ones too.
func (b *builder) cpuWords() string {
	p := b.p
	life := b.r.Snap.Age(p)
	if b.dead() && p.Have.Has(pcb.FieldEnded) {
		life -= p.Ended
	}
	used := p.UTime + p.STime // of whole ticks; what the scheduler counts is exact, and of the living threads alone
	if p.Have.Has(pcb.FieldSched) {
		used = max(used, p.RunTime)
	}
	words := brief(used.Seconds()) + " of CPU time"
	if p.Threads > 1 {
		words += ", by all its threads, ended ones too"
	}
	if life > 0 {
		words += ": " + percent(100*used.Seconds()/life.Seconds()) + " of one CPU over its life"
	}
	if p.Have.Has(pcb.FieldTask) && p.CUTime+p.CSTime > 0 {
		words += "; children that it waited for used " + column.FormatDuration(p.CUTime+p.CSTime)
	}
	return words
}

// latelyWords is the last interval.
func (b *builder) latelyWords() string {
	r := b.r.Rates
	if r == nil || r.Elapsed <= 0 || math.IsNaN(r.CPU) {
		return ""
	}
	b.know("interval_seconds", r.Elapsed.Seconds())
	b.know("interval_run_percent", r.CPU)
	words := "running " + percent(r.CPU)
	if !math.IsNaN(r.Wait) {
		ready := min(r.Wait, max(0, 100*float64(max(1, b.p.Threads))-r.CPU)) // the two are not read at one instant
		words += ", ready " + percent(ready)
		b.know("interval_ready_percent", ready)
	}
	words += " in the last " + brief(r.Elapsed.Seconds())
	if b.p.Threads > 1 {
		words += ", summed over its threads"
	}
	return words
}

func (b *builder) lastRanWords() string {
	p := b.p
	on := ""
	if p.Have.Has(pcb.FieldTask) {
		on = " on CPU " + strconv.Itoa(int(p.Processor))
	}
	who := ""
	if p.Threads > 1 {
		who = "its main thread "
	}
	switch {
	case p.Zombie():
		return ""
	case p.Phase() == pcb.PhaseRunning:
		return who + "now" + on
	case !p.Have.Has(pcb.FieldIdle):
		return ""
	}
	b.know("idle_seconds", p.Idle.Seconds())
	return who + column.FormatDuration(p.Idle) + " ago" + on
}

func (b *builder) policyWords() string {
	p := b.p
	if !p.Have.Has(pcb.FieldTask|pcb.FieldNice) || b.dead() {
		return ""
	}
	nice := "nice " + strconv.Itoa(int(p.Nice))
	switch {
	case p.Nice == 0:
		nice += ", as usual"
	case p.Nice < 0:
		nice += ": it gets more of a CPU than most"
	default:
		nice += ": it gets less of a CPU than most"
	}
	switch p.Policy {
	case 0:
		return "fairly among the others (other), " + nice
	case 1:
		return fmt.Sprintf("in real time (fifo), priority %d: before every normal process, until it sleeps", p.RTPriority)
	case 2:
		return fmt.Sprintf("in real time (rr), priority %d: before every normal process, in turn with its equals", p.RTPriority)
	case 3:
		return "as a batch job (batch), which wakes behind others, " + nice
	case 5:
		return "when nobody else wants the CPU (idle)"
	case 6:
		return "by its deadline (deadline), before all others"
	}
	return "as " + b.shown("policy") + ", " + nice
}

// percent says a share so that what is little is not nothing, and what is nearly all is not all.
func percent(share float64) string {
	switch {
	case share > 0 && share < 0.05:
		return "under 0.1 %"
	case share > 99.95 && share < 100:
		return "over 99.9 %"
	}
	return column.FormatPercent(share) + " %"
}

// brief says a short time.
func brief(seconds float64) string {
	three := func(v float64) string { return strconv.FormatFloat(v, 'g', 2, 64) }
	switch {
	case seconds <= 0:
		return "0 s"
	case seconds < 99.5e-6:
		return three(seconds*1e6) + " µs"
	case seconds < 99.5e-3:
		return three(seconds*1e3) + " ms"
	case seconds < 0.995:
		return strconv.Itoa(int(seconds*1e3+0.5)) + " ms"
	}
	return column.FormatSeconds(seconds)
}
