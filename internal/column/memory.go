package column

import "ptop/pcb"

var memory = []*Column{
	{
		ID: "rss_bytes", Title: "RSS", Group: "memory", Kind: Int, Unit: Bytes, Width: 6, Sum: true,
		Help:  "resident memory (status VmRSS); kernel threads and zombies have none",
		Value: onlyProc(pcb.FieldRSS, func(p *pcb.Process) Value { return counter(p.RSS) }),
	}, {
		ID: "peak_rss_bytes", Title: "PEAK", Group: "memory", Kind: Int, Unit: Bytes, Width: 6,
		Help:  "the most resident memory that it ever had (status VmHWM)",
		Value: onlyProc(pcb.FieldMemory, func(p *pcb.Process) Value { return counter(p.PeakRSS) }),
	}, {
		ID: "mem_percent", Title: "MEM%", Group: "memory", Kind: Float, Unit: Percent, Width: 5, Sum: true,
		Help:  "resident memory, percent of the machine's main memory",
		Value: memPercent,
	}, {
		ID: "vsize_bytes", Title: "VIRT", Group: "memory", Kind: Int, Unit: Bytes, Width: 6,
		Help:  "address space (stat field 23)",
		Value: onlyProc(pcb.FieldCore, func(p *pcb.Process) Value { return counter(p.VSize) }),
	}, {
		ID: "shared_bytes", Title: "SHR", Group: "memory", Kind: Int, Unit: Bytes, Width: 6,
		Help:  "resident memory of files and shared memory (status RssFile and RssShmem)",
		Value: onlyProc(pcb.FieldMemory, func(p *pcb.Process) Value { return counter(p.Shared) }),
	}, {
		ID: "anon_bytes", Title: "ANON", Group: "memory", Kind: Int, Unit: Bytes, Width: 6, Sum: true,
		Help:  "resident anonymous memory: heap, stacks (status RssAnon)",
		Value: onlyProc(pcb.FieldMemory, func(p *pcb.Process) Value { return counter(p.Anon) }),
	}, {
		ID: "swap_bytes", Title: "SWAP", Group: "memory", Kind: Int, Unit: Bytes, Width: 6, Sum: true,
		Help:  "memory in swap (status VmSwap)",
		Value: onlyProc(pcb.FieldMemory, func(p *pcb.Process) Value { return counter(p.Swap) }),
	}, {
		ID: "minor_faults", Title: "MINFL", Group: "memory", Kind: Int, Unit: Count, Width: 6, Sum: true,
		Help:  "page faults served without I/O, all threads (stat field 10)",
		Value: onlyProc(pcb.FieldStat, func(p *pcb.Process) Value { return counter(p.MinFlt) }),
	}, {
		ID: "major_faults", Title: "MAJFL", Group: "memory", Kind: Int, Unit: Count, Width: 6, Sum: true,
		Help:  "page faults that needed I/O, all threads (stat field 12)",
		Value: onlyProc(pcb.FieldStat, func(p *pcb.Process) Value { return counter(p.MajFlt) }),
	}, {
		ID: "minor_faults_per_s", Title: "MINF/s", Group: "memory", Kind: Float, Unit: PerSecond, Width: 6, Sum: true,
		Help:  "page faults served without I/O, a second",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.MinFlt }),
	}, {
		ID: "major_faults_per_s", Title: "MAJF/s", Group: "memory", Kind: Float, Unit: PerSecond, Width: 6, Sum: true,
		Help:  "page faults that needed I/O, a second",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.MajFlt }),
	},
}

func memPercent(r *Row) Value {
	if r.Proc == nil || r.Thread != nil || !r.Proc.Have.Has(pcb.FieldMemory) {
		return Value{}
	}
	m := r.Snap.System.Memory
	if m == nil || m.Total == 0 {
		return Value{}
	}
	return rate(100 * float64(r.Proc.RSS) / float64(m.Total))
}
