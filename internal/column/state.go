package column

import "ptop/pcb"

var state = []*Column{
	{
		ID: "state", Title: "S", Group: "state", Kind: Text, Width: 1, PerThread: true,
		Help: "the kernel's letter: R running or ready, S sleeping, D uninterruptible, T stopped, t traced, Z zombie, I idle kernel thread (stat field 3)",
		Value: perThread(ofProc(pcb.FieldCore, func(p *pcb.Process) Value { return named(letter(p.State)) }),
			ofThread(0, func(t *pcb.Thread) Value { return named(letter(t.State)) })),
	}, {
		ID: "phase", Title: "PHASE", Group: "state", Kind: Text, Width: 10, PerThread: true,
		Help: "the textbook's state: new, ready, running, waiting, stopped, terminated; ready for one that waits for the CPU that another has, running while any thread is known to run",
		Value: perThread(processPhase,
			ofThread(0, func(t *pcb.Thread) Value { return phase(t.Phase()) })),
	}, {
		ID: "exit_code", Title: "EXIT", Group: "state", Kind: Int, Width: 4,
		Help: "a zombie's exit code; absent when a signal ended it (stat field 52)",
		Value: onlyProc(pcb.FieldExitCode, func(p *pcb.Process) Value {
			if !p.Zombie() || p.ExitCode&0x7f != 0 {
				return Value{}
			}
			return number(p.ExitCode >> 8 & 0xff)
		}),
	}, {
		ID: "exit_status", Title: "STATUS", Group: "state", Kind: Text, Width: 17,
		Help:  "how a zombie ended, or which signal stopped a stopped process, in words (stat field 52)",
		Value: onlyProc(pcb.FieldExitCode, exitStatus),
	}, {
		ID: "exit_signal", Title: "EXSIG", Group: "state", Kind: Text, Width: 7,
		Help: "signal that its end sends to the parent: SIGCHLD for a plain fork (stat field 38)",
		Value: onlyProc(pcb.FieldStat, func(p *pcb.Process) Value {
			if p.ExitSig <= 0 {
				return text("none")
			}
			return text(maskNames.of(1 << (uint(p.ExitSig-1) & 63)))
		}),
	}, {
		ID: "tracer_pid", Title: "TRACER", Group: "state", Kind: Int, Width: 7,
		Help:  "process that traces it, 0 for none (status TracerPid)",
		Value: ofProc(pcb.FieldTracer, func(p *pcb.Process) Value { return number(p.TracerPID) }),
	}, {
		ID: "exec_count", Title: "EXECS", Group: "state", Kind: Int, Unit: Count, Width: 5,
		Help:  "calls of exec by it, and by its ancestors before they made it (task iterator)",
		Value: onlyProc(pcb.FieldExecs, func(p *pcb.Process) Value { return counter(p.Execs) }),
	}, {
		ID: "subreaper", Title: "SUBRP", Group: "state", Kind: Bool, Width: 5,
		Help:  "orphans below it become its children (task iterator; PR_SET_CHILD_SUBREAPER)",
		Value: onlyProc(pcb.FieldReaping, func(p *pcb.Process) Value { return truth(p.Subreaper) }),
	}, {
		ID: "children_leave_no_zombies", Title: "NOZOM", Group: "state", Kind: Bool, Width: 5,
		Help: "its children are not kept when they end: it ignores SIGCHLD, or has SA_NOCLDWAIT set (task iterator)",
		Value: onlyProc(pcb.FieldReaping|pcb.FieldSignals, func(p *pcb.Process) Value {
			return truth(p.NoChildWait || p.SigIgnored&(1<<(pcb.SIGCHLD-1)) != 0)
		}),
	}, {
		ID: "kernel_thread", Title: "KTHR", Group: "state", Kind: Bool, Width: 4,
		Help:  "it is a kernel thread (stat field 9, PF_KTHREAD)",
		Value: ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return truth(p.KernelThread()) }),
	}, {
		ID: "forked_without_exec", Title: "FORK", Group: "state", Kind: Bool, Width: 4,
		Help:  "it has not called exec since its fork (stat field 9, PF_FORKNOEXEC)",
		Value: ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return truth(p.ForkedNoExec()) }),
	}, {
		ID: "leader_exited", Title: "LEADX", Group: "state", Kind: Bool, Width: 5,
		Help:  "its main thread has ended while others work on: it looks like a zombie and is none",
		Value: ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return truth(p.LeaderExited()) }),
	},
}

func processPhase(r *Row) Value {
	if r.Proc == nil || !r.Proc.Have.Has(pcb.FieldCore) {
		return Value{}
	}
	return phase(r.Snap.Phase(r.Proc))
}

func phase(p pcb.Phase) Value {
	if p == pcb.PhaseUnknown {
		return Value{}
	}
	return Value{Kind: Text, Text: p.String(), Int: int64(p)}
}

func exitStatus(p *pcb.Process) Value {
	switch {
	case p.Zombie():
		return text(exitNames.of(uint64(uint32(p.ExitCode))))
	case p.State == 'T' && p.ExitCode != 0:
		return text("stopped by " + pcb.Signal(p.ExitCode&0x7f).String())
	}
	return Value{}
}

var exitNames = newNames(func(status uint64) string { return pcb.DescribeExit(int32(status)) })
