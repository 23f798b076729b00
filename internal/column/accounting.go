package column

import "ptop/pcb"

var accounting = []*Column{
	{
		ID: "cpu_time_seconds", Title: "TIME", Group: "accounting", Kind: Float, Unit: Seconds, Width: 7, PerThread: true, Sum: true,
		Help: "CPU time of all threads, living and dead (stat fields 14 and 15)",
		Value: perThread(ofProc(pcb.FieldCore, func(p *pcb.Process) Value { return seconds(p.UTime + p.STime) }),
			ofThread(pcb.FieldCore, func(t *pcb.Thread) Value { return seconds(t.UTime + t.STime) })),
	}, {
		ID: "user_seconds", Title: "UTIME", Group: "accounting", Kind: Float, Unit: Seconds, Width: 7, PerThread: true, Sum: true,
		Help: "CPU time in the program (stat field 14)",
		Value: perThread(ofProc(pcb.FieldCore, func(p *pcb.Process) Value { return seconds(p.UTime) }),
			ofThread(pcb.FieldCore, func(t *pcb.Thread) Value { return seconds(t.UTime) })),
	}, {
		ID: "system_seconds", Title: "STIME", Group: "accounting", Kind: Float, Unit: Seconds, Width: 7, PerThread: true, Sum: true,
		Help: "CPU time in the kernel (stat field 15)",
		Value: perThread(ofProc(pcb.FieldCore, func(p *pcb.Process) Value { return seconds(p.STime) }),
			ofThread(pcb.FieldCore, func(t *pcb.Thread) Value { return seconds(t.STime) })),
	}, {
		ID: "guest_seconds", Title: "GUEST", Group: "accounting", Kind: Float, Unit: Seconds, Width: 7, Sum: true,
		Help:  "CPU time of a virtual machine's guest, part of the user time (stat field 43)",
		Value: onlyProc(pcb.FieldStat, func(p *pcb.Process) Value { return seconds(p.GTime) }),
	}, {
		ID: "children_user_seconds", Title: "CUTIME", Group: "accounting", Kind: Float, Unit: Seconds, Width: 7, Sum: true,
		Help:  "user time of children that were waited for (stat field 16)",
		Value: onlyProc(pcb.FieldStat, func(p *pcb.Process) Value { return seconds(p.CUTime) }),
	}, {
		ID: "children_system_seconds", Title: "CSTIME", Group: "accounting", Kind: Float, Unit: Seconds, Width: 7, Sum: true,
		Help:  "system time of children that were waited for (stat field 17)",
		Value: onlyProc(pcb.FieldStat, func(p *pcb.Process) Value { return seconds(p.CSTime) }),
	}, {
		ID: "children_cpu_percent", Title: "CCPU%", Group: "accounting", Kind: Float, Unit: Percent, Width: 6, Sum: true,
		Help:  "growth of the waited-for children's CPU time, percent of one CPU: what short-lived children cost",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.ChildCPU }),
	}, {
		ID: "start_time", Title: "START", Group: "accounting", Kind: Time, Width: 19,
		Help: "when it started (stat field 22)",
		Value: func(r *Row) Value {
			if r.Proc == nil || r.Thread != nil || !r.Proc.Have.Has(pcb.FieldCore) {
				return Value{}
			}
			return Value{Kind: Time, Time: r.Snap.StartTime(r.Proc)}
		},
	}, {
		ID: "age_seconds", Title: "AGE", Group: "accounting", Kind: Float, Unit: Seconds, Width: 7, PerThread: true,
		Help: "time since it started",
		Value: perThread(func(r *Row) Value {
			if r.Proc == nil || !r.Proc.Have.Has(pcb.FieldCore) {
				return Value{}
			}
			return seconds(r.Snap.Age(r.Proc))
		}, func(r *Row) Value {
			if !r.Thread.Have.Has(pcb.FieldCore) {
				return Value{}
			}
			return seconds(max(0, r.Snap.Boot-r.Thread.Started))
		}),
	}, {
		ID: "child_count", Title: "CHLD", Group: "accounting", Kind: Int, Unit: Count, Width: 5,
		Help:  "children, zombies among them",
		Value: inForest(func(r *Row) Value { return number(len(r.Forest.Children(r.Index))) }),
	}, {
		ID: "descendants", Title: "DESC", Group: "accounting", Kind: Int, Unit: Count, Width: 5,
		Help:  "children, their children and so on",
		Value: inForest(func(r *Row) Value { return number(len(r.Forest.Descendants(r.Index))) }),
	}, {
		ID: "subtree_cpu_percent", Title: "TCPU%", Group: "accounting", Kind: Float, Unit: Percent, Width: 6, OnDemand: true,
		Help: "CPU time of it and its descendants, percent of one CPU",
		Value: inForest(func(r *Row) Value {
			if r.RateSet == nil {
				return Value{}
			}
			return subtree(r, func(i int32) Value { return rate(r.RateSet.Procs[i].CPU) })
		}),
	}, {
		ID: "subtree_rss_bytes", Title: "TRSS", Group: "accounting", Kind: Int, Unit: Bytes, Width: 6, OnDemand: true,
		Help: "resident memory of it and its descendants; what they share counts more than once",
		Value: inForest(func(r *Row) Value {
			return subtree(r, func(i int32) Value {
				p := &r.Snap.Procs[i]
				if !p.Have.Has(pcb.FieldMemory) {
					return Value{}
				}
				return counter(p.RSS)
			})
		}),
	},
}

func inForest(get func(*Row) Value) func(*Row) Value {
	return func(r *Row) Value {
		if r.Forest == nil || r.Proc == nil || r.Thread != nil || r.Index < 0 {
			return Value{}
		}
		return get(r)
	}
}

// subtree adds up what is known of a process and its descendants.
func subtree(r *Row, own func(i int32) Value) Value {
	total := own(r.Index)
	for _, i := range r.Forest.Descendants(r.Index) {
		if v := own(i); v.Kind != Absent {
			total.Kind = v.Kind
			total.Int += v.Int
			total.Float += v.Float
		}
	}
	return total
}
