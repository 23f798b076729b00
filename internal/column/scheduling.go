package column

import (
	"time"

	"ptop/pcb"
)

var scheduling = []*Column{
	{
		ID: "nice", Title: "NI", Group: "scheduling", Kind: Int, Width: 3, PerThread: true,
		Help: "nice value, -20 to 19 (stat field 19)",
		Value: perThread(ofProc(pcb.FieldNice, func(p *pcb.Process) Value { return number(p.Nice) }),
			ofThread(pcb.FieldStat, func(t *pcb.Thread) Value { return number(t.Nice) })),
	}, {
		ID: "priority", Title: "PRI", Group: "scheduling", Kind: Int, Width: 4, PerThread: true,
		Help: "kernel priority: 20 + nice, or -1 - real-time priority (stat field 18)",
		Value: perThread(ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return number(p.Priority) }),
			ofThread(pcb.FieldStat, func(t *pcb.Thread) Value { return number(t.Priority) })),
	}, {
		ID: "rt_priority", Title: "RTPRI", Group: "scheduling", Kind: Int, Width: 5,
		Help:  "real-time priority, 0 for none (stat field 40)",
		Value: ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return number(p.RTPriority) }),
	}, {
		ID: "policy", Title: "POLICY", Group: "scheduling", Kind: Text, Width: 8, PerThread: true,
		Help: "scheduling policy: other, fifo, rr, batch, idle, deadline, ext (stat field 41)",
		Value: perThread(ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return policy(p.Policy) }),
			ofThread(pcb.FieldStat, func(t *pcb.Thread) Value { return policy(t.Policy) })),
	}, {
		ID: "processor", Title: "CPU", Group: "scheduling", Kind: Int, Width: 4, PerThread: true,
		Help: "CPU it last ran on (stat field 39)",
		Value: perThread(ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return number(p.Processor) }),
			ofThread(pcb.FieldStat, func(t *pcb.Thread) Value { return number(t.Processor) })),
	}, {
		ID: "threads", Title: "THR", Group: "scheduling", Kind: Int, Unit: Count, Width: 4, Sum: true,
		Help:  "threads (stat field 20)",
		Value: onlyProc(pcb.FieldCore, func(p *pcb.Process) Value { return number(p.Threads) }),
	}, {
		ID: "cpu_percent", Title: "CPU%", Group: "scheduling", Kind: Float, Unit: Percent, Width: 6, PerThread: true, Sum: true,
		Help:  "CPU time, percent of one CPU, all threads (stat fields 14 and 15, or schedstat)",
		Value: ofBothRates(func(r *pcb.Rates) float64 { return r.CPU }, func(r *pcb.ThreadRates) float64 { return r.CPU }),
	}, {
		ID: "cpu_user_percent", Title: "USR%", Group: "scheduling", Kind: Float, Unit: Percent, Width: 6, Sum: true,
		Help:  "CPU time in the program, percent of one CPU (stat field 14)",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.User }),
	}, {
		ID: "cpu_system_percent", Title: "SYS%", Group: "scheduling", Kind: Float, Unit: Percent, Width: 6, Sum: true,
		Help:  "CPU time in the kernel, percent of one CPU (stat field 15)",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.System }),
	}, {
		ID: "cpu_machine_percent", Title: "MACH%", Group: "scheduling", Kind: Float, Unit: Percent, Width: 6, Sum: true, OnDemand: true,
		Help:  "CPU time, percent of the whole machine",
		Value: machineShare,
	}, {
		ID: "wait_percent", Title: "WAIT%", Group: "scheduling", Kind: Float, Unit: Percent, Width: 6, PerThread: true, Sum: true,
		Help:  "time ready to run but waiting for a CPU, percent, summed over threads (schedstat field 2)",
		Value: ofBothRates(func(r *pcb.Rates) float64 { return r.Wait }, func(r *pcb.ThreadRates) float64 { return r.Wait }),
	}, {
		ID: "running_share_percent", Title: "RUN%", Group: "scheduling", Kind: Float, Unit: Percent, Width: 5, PerThread: true,
		Help:  "share of its threads' time spent running on a CPU, of 100 with the next two; needs the sums over threads",
		Value: ofBothRates(func(r *pcb.Rates) float64 { return r.Running }, func(r *pcb.ThreadRates) float64 { return r.CPU }),
	}, {
		ID: "ready_share_percent", Title: "RDY%", Group: "scheduling", Kind: Float, Unit: Percent, Width: 5, PerThread: true,
		Help:  "share of its threads' time spent ready and waiting for a CPU",
		Value: ofBothRates(func(r *pcb.Rates) float64 { return r.Ready }, func(r *pcb.ThreadRates) float64 { return r.Wait }),
	}, {
		ID: "waiting_share_percent", Title: "SLP%", Group: "scheduling", Kind: Float, Unit: Percent, Width: 5, PerThread: true,
		Help:  "share of its threads' time spent waiting for something else than a CPU",
		Value: ofBothRates(func(r *pcb.Rates) float64 { return r.Waiting }, func(r *pcb.ThreadRates) float64 { return r.Waiting }),
	}, {
		ID: "ctx_per_s", Title: "SW/s", Group: "scheduling", Kind: Float, Unit: PerSecond, Width: 6, PerThread: true, Sum: true,
		Help: "context switches a second, of all threads; absent where only the leader's could be read",
		Value: ofBothRates(func(r *pcb.Rates) float64 { return r.Voluntary + r.Involuntary },
			func(r *pcb.ThreadRates) float64 { return r.Voluntary + r.Involuntary }),
	}, {
		ID: "ctx_voluntary_per_s", Title: "VSW/s", Group: "scheduling", Kind: Float, Unit: PerSecond, Width: 6, PerThread: true, Sum: true,
		Help:  "voluntary context switches a second: it waited for something; of all threads",
		Value: ofBothRates(func(r *pcb.Rates) float64 { return r.Voluntary }, func(r *pcb.ThreadRates) float64 { return r.Voluntary }),
	}, {
		ID: "ctx_involuntary_per_s", Title: "ISW/s", Group: "scheduling", Kind: Float, Unit: PerSecond, Width: 6, PerThread: true, Sum: true,
		Help:  "involuntary context switches a second: the CPU was taken from it; of all threads",
		Value: ofBothRates(func(r *pcb.Rates) float64 { return r.Involuntary }, func(r *pcb.ThreadRates) float64 { return r.Involuntary }),
	}, {
		ID: "ctx_voluntary", Title: "VSW", Group: "scheduling", Kind: Int, Unit: Count, Width: 6, PerThread: true, Sum: true,
		Help: "voluntary context switches of all threads, those that ended where the source has them (task iterator, taskstats; task/TID/status of the living); absent where only the leader's could be read",
		Value: perThread(switches(func(p *pcb.Process) uint64 { return p.Voluntary }),
			ofThread(pcb.FieldSwitches, func(t *pcb.Thread) Value { return counter(t.Voluntary) })),
	}, {
		ID: "ctx_involuntary", Title: "ISW", Group: "scheduling", Kind: Int, Unit: Count, Width: 6, PerThread: true, Sum: true,
		Help: "involuntary context switches of all threads, likewise",
		Value: perThread(switches(func(p *pcb.Process) uint64 { return p.Involuntary }),
			ofThread(pcb.FieldSwitches, func(t *pcb.Thread) Value { return counter(t.Involuntary) })),
	}, {
		ID: "leader_ctx_voluntary", Title: "LVSW", Group: "scheduling", Kind: Int, Unit: Count, Width: 6,
		Help:  "voluntary context switches of the main thread, where the others' were not read (status)",
		Value: leaderSwitches(func(p *pcb.Process) uint64 { return p.Voluntary }),
	}, {
		ID: "leader_ctx_involuntary", Title: "LISW", Group: "scheduling", Kind: Int, Unit: Count, Width: 6,
		Help:  "involuntary context switches of the main thread, where the others' were not read (status)",
		Value: leaderSwitches(func(p *pcb.Process) uint64 { return p.Involuntary }),
	}, {
		ID: "run_time_seconds", Title: "RUN", Group: "scheduling", Kind: Float, Unit: Seconds, Width: 7, PerThread: true, Sum: true,
		Help: "time on a CPU, exact, of all threads, those that ended where the source has them (task iterator, taskstats; schedstat field 1 of the living); absent where only the leader's could be read",
		Value: perThread(schedstat(func(p *pcb.Process) time.Duration { return p.RunTime }),
			ofThread(pcb.FieldSched, func(t *pcb.Thread) Value { return seconds(t.RunTime) })),
	}, {
		ID: "run_delay_seconds", Title: "DELAY", Group: "scheduling", Kind: Float, Unit: Seconds, Width: 7, PerThread: true, Sum: true,
		Help: "time ready to run but waiting for a CPU, of all threads, likewise (schedstat field 2)",
		Value: perThread(schedstat(func(p *pcb.Process) time.Duration { return p.RunDelay }),
			ofThread(pcb.FieldSched, func(t *pcb.Thread) Value { return seconds(t.RunDelay) })),
	}, {
		ID: "idle_seconds", Title: "IDLE", Group: "scheduling", Kind: Float, Unit: Seconds, Width: 7, PerThread: true,
		Help: "how long ago it last ran, a lower bound; for a zombie of one thread, how long it has been dead (task iterator; /proc/PID/sched of processes of one thread)",
		Value: perThread(ofProc(pcb.FieldIdle, func(p *pcb.Process) Value { return seconds(p.Idle) }),
			ofThread(pcb.FieldIdle, func(t *pcb.Thread) Value { return seconds(t.Idle) })),
	}, {
		ID: "wchan", Title: "WCHAN", Group: "scheduling", Kind: Text, Width: 16,
		Help:  "kernel function that a process in uninterruptible sleep, or one that does not come to its end, sleeps in (/proc/PID/wchan; needs the right to trace it)",
		Value: onlyProc(pcb.FieldWChan, func(p *pcb.Process) Value { return named(p.WChan) }),
	}, {
		ID: "blocker_tid", Title: "BLOCKER", Group: "scheduling", Kind: Int, Width: 7,
		Help: "thread that holds the kernel's lock which the main thread waits for (task iterator, Linux 6.16 and later)",
		Value: onlyProc(pcb.FieldBlocker, func(p *pcb.Process) Value {
			if p.Blocker == 0 {
				return Value{}
			}
			return number(p.Blocker)
		}),
	}, {
		ID: "hot_tid", Title: "HOTTID", Group: "scheduling", Kind: Int, Width: 7,
		Help: "thread with the highest demand for CPU, of those that were read",
		Value: func(r *Row) Value {
			if r.Rates == nil || r.Thread != nil || r.Rates.HotTID == 0 {
				return Value{}
			}
			return number(r.Rates.HotTID)
		},
	}, {
		ID: "hot_demand_percent", Title: "HOT%", Group: "scheduling", Kind: Float, Unit: Percent, Width: 6,
		Help:  "that thread's demand: CPU time and time waiting for a CPU, percent",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.HotDemand }),
	},
}

// whole reports whether a figure that is read by thread covers the process: all were summed, or there is but one.
func whole(p *pcb.Process, some, sum pcb.Fields) bool {
	return p.Have.Has(sum) || p.Have.Has(some|pcb.FieldStat) && p.Threads == 1
}

func switches(get func(*pcb.Process) uint64) func(*Row) Value {
	return ofProc(pcb.FieldSwitches, func(p *pcb.Process) Value {
		if !whole(p, pcb.FieldSwitches, pcb.FieldSwitchesSum) {
			return Value{}
		}
		return counter(get(p))
	})
}

func leaderSwitches(get func(*pcb.Process) uint64) func(*Row) Value {
	return onlyProc(pcb.FieldSwitches, func(p *pcb.Process) Value {
		if whole(p, pcb.FieldSwitches, pcb.FieldSwitchesSum) {
			return Value{}
		}
		return counter(get(p))
	})
}

func schedstat(get func(*pcb.Process) time.Duration) func(*Row) Value {
	return ofProc(pcb.FieldSched, func(p *pcb.Process) Value {
		if !whole(p, pcb.FieldSched, pcb.FieldSchedSum) {
			return Value{}
		}
		return seconds(get(p))
	})
}

func machineShare(r *Row) Value {
	if r.Snap == nil || r.Snap.Host.CPUs == 0 {
		return Value{}
	}
	v := ofBothRates(func(r *pcb.Rates) float64 { return r.CPU }, func(r *pcb.ThreadRates) float64 { return r.CPU })(r)
	v.Float /= float64(r.Snap.Host.CPUs)
	return v
}
