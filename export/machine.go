package export

import (
	"strconv"

	"ptop/internal/monitor"
	"ptop/pcb"
)

// id writes a process's identity as a value: "pid:start".
func (e *encoder) id(id pcb.ID) {
	e.b = append(e.b, '"')
	e.b = strconv.AppendInt(e.b, int64(id.PID), 10)
	e.b = append(e.b, ':')
	e.b = strconv.AppendUint(e.b, id.Start, 10)
	e.b = append(e.b, '"')
}

func (e *encoder) host(f *monitor.Frame) {
	h := &f.Snap.Host
	e.object("host")
	e.known("hostname", h.Hostname)
	e.known("boot_id", h.BootID)
	e.known("os", h.OS)
	e.known("kernel", h.Kernel)
	e.known("arch", h.Arch)
	if h.CPUs > 0 {
		e.int("cpus", int64(h.CPUs))
	}
	e.seconds("uptime_seconds", f.Snap.Boot)
	if h.PIDMax > 0 {
		e.int("pid_max", h.PIDMax)
	}
	e.close('}')
}

func (e *encoder) sample(f *monitor.Frame) {
	s := f.Snap
	e.object("sample")
	e.time("time", s.Time)
	if f.Rates != nil {
		e.seconds("interval_seconds", f.Rates.Interval)
	}
	if slowed := f.Slowed; slowed != nil {
		e.bool("slowed_by_budget", true)
		e.float("budget_percent", slowed.Budget)
		e.seconds("interval_asked_seconds", slowed.Asked)
		e.seconds("interval_slowed_seconds", slowed.Delay)
		e.seconds("reading_cost_seconds", slowed.Cost)
	}
	e.seconds("scan_seconds", s.ScanDuration)
	e.text("source", s.Source)
	e.known("fallback_reason", s.FallbackReason)
	e.known("problem", f.Problem)
	if s.Foreign {
		e.bool("foreign", true)
		e.known("foreign_why", s.ForeignWhy)
	}
	c := &s.Coverage
	e.object("coverage")
	e.int("listed", int64(c.Listed))
	e.int("read", int64(c.Read))
	e.int("vanished", int64(c.Vanished))
	e.int("denied_fields", int64(c.DeniedFields))
	e.int("denied_processes", int64(c.DeniedProcs))
	e.int("blocked", int64(c.Blocked))
	e.bool("hidepid", c.HidePID)
	e.bool("subset_pid", c.SubsetPID)
	e.known("pid_namespace", c.PIDNamespace)
	e.close('}')
	e.object("self")
	if s.Self.PID > 0 {
		e.int("pid", int64(s.Self.PID))
	}
	if f.Rates != nil {
		e.float("cpu_percent", f.Rates.System.SelfCPU)
	}
	e.seconds("cpu_time_seconds", s.Self.CPUTime)
	if s.Self.RSS > 0 {
		e.uint("rss_bytes", s.Self.RSS)
	}
	if nice, ok := s.OwnNice(); ok {
		e.int("nice", int64(nice))
	}
	e.close('}')
	e.close('}')
}

func (e *encoder) system(f *monitor.Frame) {
	s := &f.Snap.System
	e.object("system")
	if s.Load != nil {
		e.array("load")
		for _, load := range s.Load {
			e.comma()
			e.b = appendFloat(e.b, load)
		}
		e.close(']')
	}
	e.cpus(f)
	if m := s.Memory; m != nil {
		e.object("memory")
		e.uint("total_bytes", m.Total)
		e.uint("used_bytes", m.Used())
		e.uint("available_bytes", m.Available)
		e.uint("free_bytes", m.Free)
		e.uint("buffers_bytes", m.Buffers)
		e.uint("cached_bytes", m.Cached)
		e.uint("shared_bytes", m.Shared)
		e.uint("slab_bytes", m.Slab)
		e.close('}')
	}
	if s.Swap != nil {
		e.object("swap")
		e.uint("total_bytes", s.Swap.Total)
		e.uint("free_bytes", s.Swap.Free)
		e.close('}')
	}
	e.pressures(s)
	e.tasks(f.Snap)
	if f.Rates != nil {
		e.float("ctx_switches_per_s", f.Rates.System.CtxSwitches)
		e.float("forks_per_s", f.Rates.System.Forks)
	}
	if s.CtxSwitches != nil {
		e.uint("ctx_switches", *s.CtxSwitches)
	}
	if s.Forks != nil {
		e.uint("forks", *s.Forks)
	}
	if s.ThreadsMax != nil {
		e.int("threads_max", *s.ThreadsMax)
	}
	e.close('}')
}

// cpus writes how the CPUs spent their time, in percent: the machine's, then each one's.
func (e *encoder) cpus(f *monitor.Frame) {
	e.object("cpu")
	if f.Rates != nil && f.Rates.Interval > 0 {
		e.share(&f.Rates.System.Total)
		e.array("cpus")
		for i := range f.Rates.System.CPUs {
			share := &f.Rates.System.CPUs[i]
			e.open('{')
			e.int("cpu", int64(share.ID))
			e.share(share)
			e.close('}')
		}
		e.close(']')
	}
	e.close('}')
}

func (e *encoder) share(s *pcb.CPUShare) {
	e.float("busy_percent", s.Busy)
	e.float("user_percent", s.User)
	e.float("nice_percent", s.Nice)
	e.float("system_percent", s.System)
	e.float("iowait_percent", s.IOWait)
	e.float("irq_percent", s.IRQ)
	e.float("softirq_percent", s.SoftIRQ)
	e.float("steal_percent", s.Steal)
	e.float("guest_percent", s.Guest)
}

func (e *encoder) pressures(s *pcb.System) {
	e.object("pressure")
	for _, p := range []struct {
		name string
		it   *pcb.Pressure
	}{{"cpu", s.CPUPressure}, {"io", s.IOPressure}, {"memory", s.MemPressure}} {
		if p.it == nil {
			continue
		}
		e.object(p.name)
		e.float("some_avg10_percent", p.it.Some10)
		e.float("some_avg60_percent", p.it.Some60)
		e.float("some_avg300_percent", p.it.Some300)
		e.float("full_avg10_percent", p.it.Full10)
		e.float("full_avg60_percent", p.it.Full60)
		e.float("full_avg300_percent", p.it.Full300)
		e.seconds("some_total_seconds", p.it.SomeTotal)
		e.seconds("full_total_seconds", p.it.FullTotal)
		e.close('}')
	}
	e.close('}')
}

func (e *encoder) tasks(s *pcb.Snapshot) {
	t := s.Tasks()
	e.object("tasks")
	e.int("total", int64(len(s.Procs)))
	for _, phase := range pcb.Phases {
		e.int(phase.String(), int64(t.ByPhase[phase]))
	}
	if n := t.ByPhase[pcb.PhaseUnknown]; n > 0 {
		e.int("unknown", int64(n))
	}
	e.int("zombie", int64(t.Zombies))
	e.int("threads", int64(t.Threads))
	e.int("kernel_threads", int64(t.KernelThreads))
	e.close('}')
}
