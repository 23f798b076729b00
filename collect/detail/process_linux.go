package detail

import (
	"os"
	"strconv"
	"strings"
	"time"

	"ptop/pcb"
)

// process fills the control block, after the parts that give some of its texts. Figures of single threads are left
// to the thread list.
func (g *reading) process() {
	bare := g.fromStat()
	p, err := within(g, &g.free, plainTimeout, func() (pcb.Process, error) { return g.withStatus(bare), nil })
	if err != nil {
		p = bare
	}
	if io, err := within(g, &g.plain, plainTimeout, g.proc.IO); err == nil {
		p.ReadChars, p.WriteChars, p.ReadCalls, p.WriteCalls = io.RChar, io.WChar, io.SyscR, io.SyscW
		p.ReadBytes, p.WriteBytes = io.ReadBytes, io.WriteBytes
		p.Have |= pcb.FieldIO
	}
	for _, part := range []pcb.DetailPart{pcb.PartProcess, pcb.PartArgs} {
		p.Blocked = p.Blocked || strings.HasPrefix(g.d.Problems[part], blockedReader)
	}
	g.addTexts(&p)
	g.d.Process = p
}

func (g *reading) fromStat() pcb.Process {
	s := &g.stat
	if s.State == "" {
		return pcb.Process{ID: g.d.ID, At: monotonic()}
	}
	return pcb.Process{
		ID: g.d.ID, PPID: int32(s.PPID), PGID: int32(s.PGRP), SID: int32(s.Session), TPGID: int32(s.TPGID), TTY: int32(s.TTY),
		Comm: s.Comm, State: s.State[0], Nice: int32(s.Nice), Priority: int32(s.Priority), RTPriority: uint32(s.RTPriority),
		Policy: uint32(s.Policy), Processor: int32(s.Processor), Threads: int32(s.NumThreads), VSize: uint64(s.VSize),
		MinFlt: uint64(s.MinFlt), MajFlt: uint64(s.MajFlt), UTime: pcb.Tick * time.Duration(s.UTime), STime: pcb.Tick * time.Duration(s.STime),
		CUTime: pcb.Tick * time.Duration(s.CUTime), CSTime: pcb.Tick * time.Duration(s.CSTime), GTime: pcb.Tick * time.Duration(s.GuestTime),
		Started: pcb.Tick * time.Duration(s.Starttime), At: monotonic(), KFlags: uint32(s.Flags), Have: pcb.FieldStat,
	}
}

// withStatus adds what the files tell that never block.
func (g *reading) withStatus(p pcb.Process) pcb.Process {
	if st, err := g.proc.NewStatus(); err == nil {
		p.UID, p.EUID, p.GID, p.EGID = uint32(st.UIDs[0]), uint32(st.UIDs[1]), uint32(st.GIDs[0]), uint32(st.GIDs[1])
		p.Voluntary, p.Involuntary = st.VoluntaryCtxtSwitches, st.NonVoluntaryCtxtSwitches
		p.Have |= pcb.FieldCreds | pcb.FieldSwitches
		if st.VmSize > 0 {
			p.RSS, p.PeakRSS, p.Shared, p.Anon, p.Swap = st.VmRSS, st.VmHWM, st.RssFile+st.RssShmem, st.RssAnon, st.VmSwap
			p.Have |= pcb.FieldMemory
		}
	}
	if text, err := os.ReadFile(g.path("status")); err == nil {
		addStatus(&p, string(text))
	}
	if s, err := g.proc.Schedstat(); err == nil {
		p.RunTime, p.RunDelay = time.Duration(s.RunningNanoseconds), time.Duration(s.WaitingNanoseconds)
		p.Have |= pcb.FieldSched
	}
	p.SwitchesAt = p.At
	return p
}

// addTexts adds what other parts have read.
func (g *reading) addTexts(p *pcb.Process) {
	if g.d.Problems[pcb.PartArgs] == "" {
		text := strings.Join(g.d.Args, "\x00")
		p.Cmdline = text[:min(len(text), pcb.CmdlineMax)]
		p.Have |= pcb.FieldCmdline
	}
	if g.d.Exe != "" {
		p.Exe = g.d.Exe
		p.Have |= pcb.FieldExe
	}
	if g.d.WChan != "" {
		p.WChan = g.d.WChan
		p.Have |= pcb.FieldWChan
	}
}

// addStatus adds what procfs leaves out of a status file: the signal masks, the tracer and the nested pids.
func addStatus(p *pcb.Process, text string) {
	value := make(map[string]string)
	for line := range strings.Lines(text) {
		key, rest, _ := strings.Cut(line, ":")
		value[key] = strings.TrimSpace(rest)
	}
	p.Have |= pcb.FieldSignals
	for key, mask := range map[string]*uint64{
		"SigPnd": &p.SigPending, "ShdPnd": &p.SigShared, "SigBlk": &p.SigBlocked, "SigIgn": &p.SigIgnored, "SigCgt": &p.SigCaught,
	} {
		var err error
		if *mask, err = strconv.ParseUint(value[key], 16, 64); err != nil {
			p.Have &^= pcb.FieldSignals
		}
	}
	if n, err := strconv.ParseInt(value["TracerPid"], 10, 32); err == nil {
		p.TracerPID = int32(n)
		p.Have |= pcb.FieldTracer
	}
	if pids := strings.Fields(value["NSpid"]); len(pids) > 0 {
		p.Have |= pcb.FieldNSPID
		for _, pid := range pids {
			if n, err := strconv.ParseInt(pid, 10, 32); err == nil && len(pids) > 1 {
				p.NSPIDs = append(p.NSPIDs, int32(n))
			}
		}
	}
}
