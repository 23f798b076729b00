package column

import (
	"slices"
	"strings"

	"ptop/pcb"
)

var diagnosis = []*Column{
	{
		ID: "severity", Title: "SEV", Group: "diagnosis", Kind: Text, Unit: Rank, Width: 8,
		Help: "the worst finding's severity: info, warning, critical; absent without a finding",
		Value: func(r *Row) Value {
			if len(r.Findings) == 0 || r.Thread != nil {
				return Value{}
			}
			worst := r.Findings[0].Severity
			return Value{Kind: Text, Text: worst.String(), Int: int64(worst)}
		},
	}, {
		ID: "findings", Title: "FINDINGS", Group: "diagnosis", Kind: Text, Width: 16, List: true,
		Help:  "detectors that found something about it, the most severe first; absent without a finding",
		Value: findings,
	}, {
		ID: "denied", Title: "DENIED", Group: "diagnosis", Kind: Text, Width: 10, List: true,
		Help: "what the kernel refused to show of it: files of /proc/PID, or parts of them",
		Value: func(r *Row) Value {
			if r.Proc == nil || r.Thread != nil || r.Proc.Denied == 0 {
				return Value{}
			}
			return named(groupNames.of(uint64(r.Proc.Denied)))
		},
	}, {
		ID: "from_iterator", Title: "BPF", Group: "diagnosis", Kind: Text, Width: 10, List: true, OnDemand: true,
		Help:  "groups of its figures that the task iterator gave",
		Value: ofProc(0, func(p *pcb.Process) Value { return named(groupNames.of(uint64(p.Have & p.FromIterator))) }),
	}, {
		ID: "from_taskstats", Title: "TASKSTATS", Group: "diagnosis", Kind: Text, Width: 10, List: true, OnDemand: true,
		Help:  "groups of its figures that taskstats gave",
		Value: ofProc(0, func(p *pcb.Process) Value { return named(groupNames.of(uint64(p.Have & p.FromTaskstats))) }),
	}, {
		ID: "from_proc", Title: "PROC", Group: "diagnosis", Kind: Text, Width: 10, List: true, OnDemand: true,
		Help: "groups of its figures that files of /proc/PID gave",
		Value: ofProc(0, func(p *pcb.Process) Value {
			return named(groupNames.of(uint64(p.Have &^ (p.FromIterator | p.FromTaskstats))))
		}),
	}, {
		ID: "sums_cover", Title: "SUMS", Group: "diagnosis", Kind: Text, Width: 14,
		Help: "whose context switches and scheduler's times its figures are: all threads (the ended ones, too), living threads, or the main thread alone",
		Value: ofProc(pcb.FieldSwitches, func(p *pcb.Process) Value {
			switch {
			case (p.FromIterator | p.FromTaskstats).Has(pcb.FieldSwitchesSum):
				return text("all threads")
			case p.Have.Has(pcb.FieldSwitchesSum):
				return text("living threads")
			}
			return text("main thread")
		}),
	}, {
		ID: "blocks_readers", Title: "STUCK", Group: "diagnosis", Kind: Bool, Width: 5,
		Help:  "reading its command line blocked once (its memory lock is held), so it is left alone",
		Value: ofProc(0, func(p *pcb.Process) Value { return truth(p.Blocked) }),
	},
}

func findings(r *Row) Value {
	switch {
	case len(r.Findings) == 0 || r.Thread != nil:
		return Value{}
	case len(r.Findings) == 1:
		return text(r.Findings[0].Detector)
	}
	var ids []string
	for _, f := range r.Findings {
		if !slices.Contains(ids, f.Detector) {
			ids = append(ids, f.Detector)
		}
	}
	return text(strings.Join(ids, "\x00"))
}
