package detect

import (
	"fmt"
	"math"
	"time"

	"ptop/pcb"
)

// The share of periods alone is not yet a harm: a server that answers in bursts can reach its quota in each of them and stand
// still for a few milliseconds. Severity goes by the time that was held back, which is what the kernel counts of the pressure that a
// quota makes.
var cgroupThrottled = &Detector{
	ID:    "cgroup-throttled",
	Title: "processes that their CPU quota stops",
	Meaning: "A cgroup's CPU quota (a container's --cpus, CPUQuota=, cpu.max) lets its processes run for so long in each period. When that is used up all of\n" +
		"them stand still until the next period, however idle the machine is. They are ready all the time, which looks like a lack of CPUs.",
	Advice:   "Raise the quota, or have the work use less or fewer threads: several that run at once use it up sooner in each period.",
	Severity: "warning when the processes were held back for `held` of the time or more, summed over CPUs, or when the group's CPU pressure is `pressure` or more; else info",
	Params: []Param{
		{"throttled", 25, "%", "share of the periods in which something wanted to run that were cut short"},
		{"throttled_clear", 15, "%", "share below which it is over"},
		{"held", 10, "%", "time held back, as a share of the time that passed, from which on it is a warning"},
		{"pressure", 20, "%", "share of the last 10 s in which something of the group waited for a CPU (cpu.pressure some) that makes it a warning"},
		{"window", 300, "s", "how far back it looks; less where less was watched"},
		{"watch", 20, "s", "how long it must have been watched"},
		{"periods", 20, "", "periods that must have been seen"},
		{paramClear, 30, "s", "how long it must be over"},
	},
	Needs: pcb.FieldStat,
	Judge: func(p *Pass) (findings []Finding) {
		for _, c := range p.limited(p.throttledShare) {
			if i := p.names(c.subject, p.members(c), p.busyness); i >= 0 {
				findings = append(findings, p.throttled(c, i))
			}
		}
		return findings
	},
}

// throttling reports whether the quota was reached since the reading before; of a group that was read once, whether it ever was.
func (c *cgroup) throttling() bool {
	n := len(c.quota.points)
	before := uint64(0)
	if n > 1 {
		before = c.quota.points[n-2].value.Throttled
	}
	return c.cpu.Throttled > before
}

// quotaUse is how a quota was used over a time.
type quotaUse struct {
	lasted     time.Duration
	periods    uint64
	share      float64 // of them that were cut short, percent; NaN without any
	held       float64 // time held back, percent of the time that passed, summed over CPUs
	perStopped time.Duration
}

func (c *cgroup) quotaOver(span time.Duration) quotaUse {
	from, to, lasted := c.quota.over(span)
	u := quotaUse{lasted: lasted, periods: to.Periods - from.Periods, share: math.NaN()}
	stopped := to.Throttled - from.Throttled
	if u.periods > 0 {
		u.share = 100 * float64(stopped) / float64(u.periods)
	}
	if lasted > 0 {
		u.held = 100 * float64(to.Stopped-from.Stopped) / float64(lasted)
	}
	if stopped > 0 {
		u.perStopped = (to.Stopped - from.Stopped) / time.Duration(stopped)
	}
	return u
}

// throttledShare gives the share of periods that were cut short, of a group of which that is to be told: what the kernel counted before ptop
// watched proves nothing about now, and what is over is over, though it counts in the window.
func (p *Pass) throttledShare(c *cgroup) (float64, bool) {
	if c.cpu == nil {
		return 0, false
	}
	window := p.Duration("window")
	all, now := c.quotaOver(window), c.quotaOver(window/10)
	least := p.Param("throttled")
	if p.active(c.subject[p.det]) {
		least = min(least, p.Param("throttled_clear"))
	}
	ok := all.lasted >= p.Duration("watch") && all.periods >= uint64(p.Param("periods")) && all.share >= least && now.share >= least
	return all.share, ok
}

// throttledNow reports whether a process is in a group whose quota stops it: not a proof for a finding, but reason enough
// not to say that others take its CPU.
func (p *Pass) throttledNow(q *pcb.Process) bool {
	for _, c := range p.cgroupsOf(q) {
		if c.cpu == nil {
			continue
		}
		if u := c.quotaOver(p.set.duration(cgroupThrottled, "window") / 10); u.share >= p.set.param(cgroupThrottled, "throttled") {
			return true
		}
	}
	return false
}

// busyness is what speaks for naming a process as the one that uses a CPU quota.
func (p *Pass) busyness(i int32) float64 {
	q := p.proc(i)
	return orZero(p.Rates.Procs[i].CPU) + (q.UTime+q.STime).Seconds()/1e9 // what it used in all decides between the idle
}

func (p *Pass) throttled(c *cgroup, i int32) Finding {
	members := p.members(c)
	f := p.about(i, members)
	f.Confidence = Proved
	window := p.Duration("window")
	u := c.quotaOver(window)
	stat := c.dir + "/cpu.stat"
	f.know("cgroup", c.dir, stat)
	f.know("quota_cpus", c.cpu.CPUs(), quotaFile(c.cpu))
	f.know("throttled_percent", u.share, stat+" nr_throttled")
	f.know("periods", int64(u.periods), stat+" nr_periods")
	f.know("watched_seconds", u.lasted, "readings")
	f.know("held_back_s_per_s", u.held/100, stat+" "+stoppedKey(c.cpu))
	if c.cpu.Periods > 0 {
		f.know("lifetime_throttled_percent", 100*float64(c.cpu.Throttled)/float64(c.cpu.Periods), stat+" since the group was made")
	}
	pressed := false
	if c.cpu.Pressure != nil {
		f.know("cgroup_cpu_pressure_percent", c.cpu.Pressure.Some10, c.dir+"/cpu.pressure some avg10")
		pressed = c.cpu.Pressure.Some10 >= p.Param("pressure")
	}
	f.Severity = Info
	if u.held >= p.Param("held") || pressed {
		f.Severity = Warning
	}
	who := f.Subject.label() + " is"
	if len(members) > 1 {
		who = f.Subject.label() + " and " + plural(len(members)-1, "other") + " are"
	}
	f.Summary = fmt.Sprintf("%s stopped by a CPU quota in %s %% of the periods", who, short(u.share))
	f.Why = fmt.Sprintf("the cgroup may use %s, and what runs in it wants more. %s", cpus(c.cpu.CPUs()), f.proof())
	f.So = fmt.Sprintf("in each such period of %s all of it stands still for %s on average, and whoever waits for it does, too", millis(c.cpu.Period), millis(min(u.perStopped, c.cpu.Period)))
	f.Remedies = []Remedy{p.moreCPU(c, i, u.held/100), {Do: "or have it use less: fewer threads at once, or less work"}}
	return f
}

func quotaFile(q *pcb.CPUQuota) string {
	if q.V1 {
		return q.Dir + "/cpu.cfs_quota_us"
	}
	return q.Dir + "/cpu.max"
}

func stoppedKey(q *pcb.CPUQuota) string {
	if q.V1 {
		return "throttled_time"
	}
	return "throttled_usec"
}

// moreCPU is the remedy that gives a group what it was held back from, too, as far as the machine has as much.
func (p *Pass) moreCPU(c *cgroup, i int32, held float64) Remedy {
	want := math.Ceil(10*(c.cpu.CPUs()+held)) / 10
	if n := float64(p.Snap.Host.CPUs); n > 0 {
		want = min(want, n)
	}
	want = max(want, c.cpu.CPUs())
	quota := time.Duration(want * float64(c.cpu.Period)).Microseconds()
	value := fmt.Sprint(quota)
	if !c.cpu.V1 {
		value = fmt.Sprintf("%d %d", quota, c.cpu.Period.Microseconds())
	}
	return p.raise(c, i, raising{
		do: "let it use " + cpus(want), risk: "others on this machine get less", pod: "resources.limits.cpu",
		update: "--cpus " + short(want), property: fmt.Sprintf("CPUQuota=%.0f%%", 100*want), file: quotaFile(c.cpu), value: value,
	})
}

// cpus says an amount of CPUs.
func cpus(n float64) string {
	if n == 1 {
		return "1 CPU"
	}
	return fmt.Sprintf("%.4g CPUs", n)
}

// millis says a short time.
func millis(d time.Duration) string { return short(float64(d)/1e6) + " ms" }

// about begins a finding about several processes that names one of them.
func (p *Pass) about(i int32, members []int32) Finding {
	f := Finding{Subject: p.subject(p.proc(i)), Count: len(members)}
	for _, k := range members {
		f.Members = append(f.Members, p.proc(k).ID)
	}
	return f
}
