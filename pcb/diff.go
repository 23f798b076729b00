package pcb

import (
	"math"
	"slices"
	"time"
)

// Tick is the unit of the CPU times and start times in /proc/PID/stat (USER_HZ, 100 on every Linux that Go runs on).
const Tick = 10 * time.Millisecond

// Compute fills r with the rates of cur against prev, reusing r's memory. prev may be nil: then nothing can be told.
func (r *RateSet) Compute(prev, cur *Snapshot) {
	r.Interval, r.Born, r.Gone = 0, 0, 0
	r.Procs = slices.Grow(r.Procs[:0], len(cur.Procs))[:len(cur.Procs)]
	r.Threads = slices.Grow(r.Threads[:0], len(cur.Threads))[:len(cur.Threads)]
	for i := range r.Threads {
		r.Threads[i] = unknownThreadRates
	}
	if prev == nil {
		for i := range r.Procs {
			r.Procs[i] = unknownRates
		}
		r.System.compute(nil, cur)
		return
	}
	r.Interval = cur.Mono - prev.Mono
	j := 0
	for i := range cur.Procs { // both are sorted by pid
		p := &cur.Procs[i]
		for j < len(prev.Procs) && prev.Procs[j].PID < p.PID {
			j++
		}
		var before *Process
		if j < len(prev.Procs) && prev.Procs[j].same(p) {
			before = &prev.Procs[j]
		} else {
			r.Born++
		}
		r.Procs[i] = r.process(prev, before, cur, p)
	}
	r.Gone = len(prev.Procs) - (len(cur.Procs) - r.Born)
	r.System.compute(prev, cur)
}

// same reports whether two readings are of one process. The task iterator tells when it started more exactly than its ID
// does, so that two bearers of a pid within one clock tick are told apart.
func (p *Process) same(now *Process) bool {
	exact := p.FromIterator != 0 && now.FromIterator != 0
	return p.ID == now.ID && (!exact || p.Started == now.Started)
}

// process gives the rates of one process and fills those of its threads.
func (r *RateSet) process(prev *Snapshot, before *Process, cur *Snapshot, p *Process) Rates {
	out := unknownRates
	since := span{now: p, before: before}
	if before == nil {
		out.Born = true
		if p.Started < prev.Boot-Tick { // it was there before, unseen: from when its counters grew is unknown
			return out
		}
		// A process that was born in between is computed from its own birth.
		since.before = &Process{Have: p.Have, FromIterator: p.FromIterator, FromTaskstats: p.FromTaskstats}
		since.sinceBirth = max(Tick, cur.Boot+p.At-cur.Mono-p.Started)
	}
	if !p.Have.Has(FieldCore) || p.Zombie() && !p.LeaderExited() {
		return out
	}
	out.Elapsed = since.elapsed()
	if out.Elapsed <= 0 {
		return out
	}
	if before != nil {
		since.threads = r.threads(prev, before, cur, p, &out)
	}
	since.cpu(&out)
	since.scheduling(&out)
	since.transfers(&out)
	if p.Threads == 1 {
		out.heat(p.PID, out.CPU, out.Wait, out.Voluntary)
	}
	return out
}

// span is two readings of one process.
type span struct {
	before, now *Process
	sinceBirth  time.Duration // for one that was born in between, else 0
	threads     *growth       // of its threads; nil where they were not read both times
}

// growth is how much a process's scheduling counters grew.
type growth struct {
	voluntary, involuntary uint64
	run, delay             time.Duration
}

// growth is that of the sums where these have the threads that ended, else of the threads where they were read: those that
// ended took their part of the sum with them, so that the difference of two sums is too small, and this is a lower bound.
// A counter that ran backwards gives false, and so do two sums of which one alone has the ended threads.
func (s *span) growth() (growth, bool) {
	now, before := s.now.sumsEnded(), s.before.sumsEnded()
	switch {
	case now && before:
	case s.threads != nil:
		return *s.threads, true
	case now != before && s.now.Threads > 1:
		return growth{}, false
	}
	n, b := s.now, s.before
	return growth{n.Voluntary - b.Voluntary, n.Involuntary - b.Involuntary, n.RunTime - b.RunTime, n.RunDelay - b.RunDelay},
		n.Voluntary >= b.Voluntary && n.Involuntary >= b.Involuntary && n.RunTime >= b.RunTime && n.RunDelay >= b.RunDelay
}

func (s *span) elapsed() time.Duration {
	if s.sinceBirth > 0 {
		return s.sinceBirth
	}
	return s.now.At - s.before.At
}

// schedElapsed is the time between the readings of switches and schedstat, which may be other than those of stat.
func (s *span) schedElapsed() time.Duration {
	if s.sinceBirth > 0 {
		return s.sinceBirth
	}
	return s.now.SwitchesAt - s.before.SwitchesAt
}

func (s *span) both(f Fields) bool { return s.now.Have.Has(f) && s.before.Have.Has(f) }

// cpu takes the total from schedstat, which is exact, unless threads that ended between the readings took theirs
// with them; the split, and else the total, from the ticks of stat.
func (s *span) cpu(out *Rates) {
	user, system := s.now.UTime-s.before.UTime, s.now.STime-s.before.STime
	if user < 0 || system < 0 {
		return
	}
	elapsed := s.elapsed()
	out.User, out.System = percent(user, elapsed), percent(system, elapsed)
	out.CPU = percent(user+system, elapsed)
	if s.both(FieldSchedSum) && s.schedElapsed() > 0 {
		grown, ok := s.growth()
		if off := grown.run - (user + system); ok && off >= -2*Tick && off <= 2*Tick {
			out.CPU = percent(grown.run, s.schedElapsed())
			if ticks := user + system; ticks > 0 {
				out.User, out.System = out.CPU*share(user, ticks), out.CPU*share(system, ticks)
			}
		}
	}
	if !s.both(FieldTask) {
		return
	}
	out.ChildCPU = percent(s.now.CUTime+s.now.CSTime-s.before.CUTime-s.before.CSTime, elapsed)
	out.MinFlt = perSecond(s.now.MinFlt, s.before.MinFlt, elapsed)
	out.MajFlt = perSecond(s.now.MajFlt, s.before.MajFlt, elapsed)
}

func (s *span) scheduling(out *Rates) {
	elapsed := s.schedElapsed()
	if elapsed <= 0 {
		return
	}
	grown, ok := s.growth()
	if !ok {
		return
	}
	if s.both(FieldSwitchesSum) {
		out.Voluntary = float64(grown.voluntary) / elapsed.Seconds()
		out.Involuntary = float64(grown.involuntary) / elapsed.Seconds()
	}
	if s.both(FieldSchedSum) {
		// The kernel's figure jumps by seconds when the machine itself was stalled.
		out.Wait = min(percent(grown.delay, elapsed), 100*float64(s.now.Threads))
		out.Running, out.Ready, out.Waiting = shares(percent(grown.run, elapsed)/float64(s.now.Threads), out.Wait/float64(s.now.Threads))
	}
}

func (s *span) transfers(out *Rates) {
	if !s.both(FieldIO) {
		return
	}
	elapsed := s.now.IOAt - s.before.IOAt
	if s.sinceBirth > 0 {
		elapsed = s.sinceBirth
	}
	out.ReadBytes = perSecond(s.now.ReadBytes, s.before.ReadBytes, elapsed)
	out.WriteBytes = perSecond(s.now.WriteBytes, s.before.WriteBytes, elapsed)
	out.ReadChars = perSecond(s.now.ReadChars, s.before.ReadChars, elapsed)
	out.WriteChars = perSecond(s.now.WriteChars, s.before.WriteChars, elapsed)
	out.ReadCalls = perSecond(s.now.ReadCalls, s.before.ReadCalls, elapsed)
	out.WriteCalls = perSecond(s.now.WriteCalls, s.before.WriteCalls, elapsed)
}

// threads fills the rates of p's thread records that both readings have, finds the hottest, and sums up how much all of
// them grew, those born in between by all that they have; nil where a reading has no threads of p.
func (r *RateSet) threads(prev *Snapshot, before *Process, cur *Snapshot, p *Process, out *Rates) *growth {
	old, now := prev.ThreadsOf(before), cur.ThreadsOf(p)
	if len(old) == 0 || len(now) == 0 {
		return nil
	}
	var sum growth
	most := math.Inf(-1)
	j := 0
	for i := range now {
		t := &now[i]
		for j < len(old) && old[j].TID < t.TID {
			j++
		}
		if j == len(old) || old[j].TID != t.TID || !sum.add(&old[j], t) {
			sum.add(&Thread{}, t)
			continue
		}
		rates := threadRates(&old[j], t)
		r.Threads[int(p.FirstThread)+i] = rates
		if demand := rates.CPU + rates.Wait; demand > most {
			most = demand
			out.heat(t.TID, rates.CPU, rates.Wait, rates.Voluntary)
		}
	}
	return &sum
}

// add adds a thread's growth. A thread with less than before has the number of one that ended, and answers false.
func (g *growth) add(before, now *Thread) bool {
	if now.Voluntary < before.Voluntary || now.Involuntary < before.Involuntary || now.RunTime < before.RunTime || now.RunDelay < before.RunDelay {
		return false
	}
	g.voluntary += now.Voluntary - before.Voluntary
	g.involuntary += now.Involuntary - before.Involuntary
	g.run += now.RunTime - before.RunTime
	g.delay += now.RunDelay - before.RunDelay
	return true
}

// heat enters the hottest thread. It can't want more than a CPU: what is above comes of clocks that were not read at the
// same instant.
func (out *Rates) heat(tid int32, cpu, wait, switches float64) {
	out.HotTID, out.HotCPU, out.HotDemand, out.HotSwitches = tid, min(cpu, 100), min(cpu+wait, 100), switches
}

func threadRates(before, now *Thread) ThreadRates {
	out := unknownThreadRates
	elapsed := now.At - before.At
	if elapsed <= 0 {
		return out
	}
	if now.Have.Has(FieldSched) && before.Have.Has(FieldSched) {
		out.CPU = percent(now.RunTime-before.RunTime, elapsed)
		out.Wait = min(percent(now.RunDelay-before.RunDelay, elapsed), 100)
		_, _, out.Waiting = shares(out.CPU, out.Wait)
	}
	if now.Have.Has(FieldSwitches) && before.Have.Has(FieldSwitches) {
		out.Voluntary = perSecond(now.Voluntary, before.Voluntary, elapsed)
		out.Involuntary = perSecond(now.Involuntary, before.Involuntary, elapsed)
	}
	return out
}

// shares makes a whole of the time running and the time ready: the clocks of the two are not read at one instant.
func shares(running, ready float64) (float64, float64, float64) {
	running = min(running, 100)
	ready = min(ready, 100-running)
	return running, ready, 100 - running - ready
}

func (s *SystemRates) compute(prev, cur *Snapshot) {
	s.CPUs = slices.Grow(s.CPUs[:0], len(cur.System.CPUs))[:len(cur.System.CPUs)]
	s.CtxSwitches, s.Forks, s.SelfCPU = nan, nan, nan
	s.Total = cpuShare(nil, &cur.System.Total)
	if prev == nil {
		for i := range s.CPUs {
			s.CPUs[i] = cpuShare(nil, &cur.System.CPUs[i])
		}
		return
	}
	s.Total = cpuShare(&prev.System.Total, &cur.System.Total)
	for i := range s.CPUs {
		c := &cur.System.CPUs[i]
		at := slices.IndexFunc(prev.System.CPUs, func(b CPUTimes) bool { return b.ID == c.ID })
		if at < 0 {
			s.CPUs[i] = cpuShare(nil, c)
		} else {
			s.CPUs[i] = cpuShare(&prev.System.CPUs[at], c)
		}
	}
	elapsed := cur.Mono - prev.Mono
	s.CtxSwitches = perSecondOf(cur.System.CtxSwitches, prev.System.CtxSwitches, elapsed)
	s.Forks = perSecondOf(cur.System.Forks, prev.System.Forks, elapsed)
	s.SelfCPU = percent(cur.Self.CPUTime-prev.Self.CPUTime, elapsed)
}

// cpuShare gives percentages of the time that was accounted between the two readings, unknown where before is nil.
func cpuShare(before, now *CPUTimes) CPUShare {
	out := CPUShare{now.ID, nan, nan, nan, nan, nan, nan, nan, nan, nan}
	if before == nil {
		return out
	}
	sum := now.Sum() - before.Sum()
	if sum <= 0 {
		return out
	}
	part := func(now, before float64) float64 { return max(0, 100*(now-before)/sum) } // idle and iowait can run backwards
	return CPUShare{
		now.ID, part(now.User, before.User), part(now.Nice, before.Nice), part(now.System, before.System),
		part(now.IOWait, before.IOWait), part(now.IRQ, before.IRQ), part(now.SoftIRQ, before.SoftIRQ),
		part(now.Steal, before.Steal), part(now.Guest, before.Guest), part(now.Busy(), before.Busy()),
	}
}

// percent is a part of elapsed; NaN for a counter that ran backwards.
func percent(d, elapsed time.Duration) float64 {
	if d < 0 || elapsed <= 0 {
		return nan
	}
	return 100 * float64(d) / float64(elapsed)
}

func share(part, whole time.Duration) float64 { return float64(part) / float64(whole) }

func perSecond(now, before uint64, elapsed time.Duration) float64 {
	if now < before || elapsed <= 0 {
		return nan
	}
	return float64(now-before) / elapsed.Seconds()
}

func perSecondOf(now, before *uint64, elapsed time.Duration) float64 {
	if now == nil || before == nil {
		return nan
	}
	return perSecond(*now, *before, elapsed)
}
