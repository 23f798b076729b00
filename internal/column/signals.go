package column

import "ptop/pcb"

var signals = []*Column{
	maskColumn("pending", "PEND", "signals pending for the main thread (status SigPnd)", func(p *pcb.Process) uint64 { return p.SigPending }),
	maskColumn("shared_pending", "SHPND", "signals pending for the process (status ShdPnd)", func(p *pcb.Process) uint64 { return p.SigShared }),
	maskColumn("blocked", "BLOCKED", "signals the main thread blocks (status SigBlk)", func(p *pcb.Process) uint64 { return p.SigBlocked }),
	maskColumn("ignored", "IGNORED", "signals it ignores (status SigIgn)", func(p *pcb.Process) uint64 { return p.SigIgnored }),
	maskColumn("caught", "CAUGHT", "signals it has a handler for (status SigCgt)", func(p *pcb.Process) uint64 { return p.SigCaught }),
}

func maskColumn(id, title, help string, mask func(*pcb.Process) uint64) *Column {
	return &Column{
		ID: "signals_" + id, Title: title, Group: "signals", Kind: Text, Width: 16, List: true, Help: help,
		Value: onlyProc(pcb.FieldSignals, func(p *pcb.Process) Value { return text(maskNames.of(mask(p))) }),
	}
}
