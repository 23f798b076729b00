package column

import "ptop/pcb"

var identification = []*Column{
	{
		ID: "pid", Title: "PID", Group: "identification", Kind: Int, Width: 7,
		Help:  "process ID in ptop's pid namespace (/proc/PID)",
		Value: ofProc(0, func(p *pcb.Process) Value { return number(p.PID) }),
	}, {
		ID: "tid", Title: "TID", Group: "identification", Kind: Int, Width: 7, PerThread: true,
		Help: "thread ID, of a thread's row (/proc/PID/task/TID)",
		Value: perThread(nothing, func(r *Row) Value {
			return number(r.Thread.TID)
		}),
	}, {
		ID: "ppid", Title: "PPID", Group: "identification", Kind: Int, Width: 7,
		Help:  "parent's process ID, 0 for the root of a pid namespace (stat field 4)",
		Value: ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return number(p.PPID) }),
	}, {
		ID: "tgid", Title: "TGID", Group: "identification", Kind: Int, Width: 7, OnDemand: true,
		Help:  "thread group ID: the process ID that all threads of a process share",
		Value: ofProc(0, func(p *pcb.Process) Value { return number(p.PID) }),
	}, {
		ID: "pgid", Title: "PGID", Group: "identification", Kind: Int, Width: 7,
		Help:  "process group (stat field 5)",
		Value: ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return number(p.PGID) }),
	}, {
		ID: "sid", Title: "SID", Group: "identification", Kind: Int, Width: 7,
		Help:  "session (stat field 6)",
		Value: ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return number(p.SID) }),
	}, {
		ID: "tpgid", Title: "TPGID", Group: "identification", Kind: Int, Width: 7,
		Help:  "foreground process group of the terminal, -1 without one (stat field 8)",
		Value: ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return number(p.TPGID) }),
	}, {
		ID: "tty", Title: "TTY", Group: "identification", Kind: Text, Width: 6,
		Help:  "controlling terminal; absent when it has none (stat field 7)",
		Value: ofProc(pcb.FieldStat, func(p *pcb.Process) Value { return named(ttyNames.of(uint64(p.TTY))) }),
	}, {
		ID: "nspid", Title: "NSPID", Group: "identification", Kind: Int, Width: 7,
		Help: "process ID in the innermost pid namespace: 1 is a container's init (status NSpid)",
		Value: ofProc(pcb.FieldNSPID, func(p *pcb.Process) Value {
			if n := len(p.NSPIDs); n > 0 {
				return number(p.NSPIDs[n-1])
			}
			return number(p.PID)
		}),
	}, {
		ID: "user", Title: "USER", Group: "identification", Kind: Text, Width: 9,
		Help: "effective user's name, or number when it has no name (status Uid)",
		Value: ofProc(pcb.FieldCreds, func(p *pcb.Process) Value {
			if p.User == "" {
				return text(decimals.of(uint64(p.EUID)))
			}
			return text(p.User)
		}),
	}, {
		ID: "uid", Title: "UID", Group: "identification", Kind: Int, Width: 6,
		Help:  "effective user ID (status Uid)",
		Value: ofProc(pcb.FieldCreds, func(p *pcb.Process) Value { return number(p.EUID) }),
	}, {
		ID: "real_uid", Title: "RUID", Group: "identification", Kind: Int, Width: 6,
		Help:  "real user ID (status Uid)",
		Value: ofProc(pcb.FieldCreds, func(p *pcb.Process) Value { return number(p.UID) }),
	}, {
		ID: "group", Title: "GROUP", Group: "identification", Kind: Text, Width: 9,
		Help: "effective group's name, or number when it has no name (status Gid)",
		Value: ofProc(pcb.FieldCreds, func(p *pcb.Process) Value {
			if p.Group == "" {
				return text(decimals.of(uint64(p.EGID)))
			}
			return text(p.Group)
		}),
	}, {
		ID: "gid", Title: "GID", Group: "identification", Kind: Int, Width: 6,
		Help:  "effective group ID (status Gid)",
		Value: ofProc(pcb.FieldCreds, func(p *pcb.Process) Value { return number(p.EGID) }),
	}, {
		ID: "real_gid", Title: "RGID", Group: "identification", Kind: Int, Width: 6,
		Help:  "real group ID (status Gid)",
		Value: ofProc(pcb.FieldCreds, func(p *pcb.Process) Value { return number(p.GID) }),
	}, {
		ID: "name", Title: "NAME", Group: "identification", Kind: Text, Width: 15, PerThread: true,
		Help: "name: comm, or the base name of argv[0] when comm is a cut form of it or empty, or else of exe",
		Value: perThread(ofProc(0, func(p *pcb.Process) Value { return named(p.Name()) }),
			ofThread(0, func(t *pcb.Thread) Value { return named(t.Comm) })),
	}, {
		ID: "comm", Title: "COMM", Group: "identification", Kind: Text, Width: 15, PerThread: true,
		Help: "the kernel's name for the task, at most 15 bytes (stat field 2)",
		Value: perThread(ofProc(0, func(p *pcb.Process) Value {
			if p.Comm == "" && !p.Have.Has(pcb.FieldStat) {
				return Value{}
			}
			return text(p.Comm)
		}),
			ofThread(0, func(t *pcb.Thread) Value { return named(t.Comm) })),
	}, {
		ID: "exe", Title: "EXE", Group: "identification", Kind: Text, Width: 20,
		Help:  "executable, with \" (deleted)\" when its file is gone (/proc/PID/exe)",
		Value: ofProc(pcb.FieldExe, func(p *pcb.Process) Value { return named(p.Exe) }),
	}, {
		ID: "cmdline", Title: "CMDLINE", Group: "identification", Kind: Text, Width: 30,
		Help:  "command line with spaces between its arguments, at most 4096 bytes; empty for zombies and kernel threads (/proc/PID/cmdline)",
		Value: ofProc(pcb.FieldCmdline, func(p *pcb.Process) Value { return text(unterminated(p.Cmdline)) }),
	}, {
		ID: "args", Title: "ARGS", Group: "identification", Kind: Text, Width: 30, List: true,
		Help: "command line as the list of its arguments (/proc/PID/cmdline)",
		Value: ofProc(pcb.FieldCmdline, func(p *pcb.Process) Value {
			if p.Cmdline == "\x00" { // one argument, which is empty
				return text(p.Cmdline)
			}
			return text(unterminated(p.Cmdline))
		}),
	}, {
		ID: "command", Title: "COMMAND", Group: "identification", Kind: Text, Width: 30, OnDemand: true,
		Help:  "what the table shows: the tree, then the command line; [name] for kernel threads and zombies, {name} for threads",
		Value: command,
	}, {
		ID: "count", Title: "COUNT", Group: "identification", Kind: Int, Unit: Count, Width: 5, OnDemand: true,
		Help: "processes that the row stands for, of a group or a folded subtree",
		Value: func(r *Row) Value {
			if r.Group == nil {
				return Value{}
			}
			return number(r.Group.Count)
		},
	},
}

// unterminated drops the NULs that end the last argument.
func unterminated(cmdline string) string {
	for cmdline != "" && cmdline[len(cmdline)-1] == 0 {
		cmdline = cmdline[:len(cmdline)-1]
	}
	return cmdline
}

func command(r *Row) Value {
	switch {
	case r.Thread != nil:
		return text(r.Prefix + "{" + r.Thread.Comm + "}")
	case r.Proc != nil:
		return text(r.Prefix + processCommand(r.Proc))
	case r.Group != nil:
		return text(r.Group.Name)
	}
	return Value{}
}

func processCommand(p *pcb.Process) string {
	switch {
	case p.LeaderExited():
		return "[" + p.Name() + "] main thread ended, others live"
	case p.Zombie() && p.Have.Has(pcb.FieldExitCode):
		return "[" + p.Name() + "] " + pcb.DescribeExit(p.ExitCode) + ", not reaped"
	case p.Zombie():
		return "[" + p.Name() + "] not reaped"
	}
	if line := unterminated(p.Cmdline); line != "" {
		return Spaced(line)
	}
	if p.Name() == "" {
		return "?"
	}
	return "[" + p.Name() + "]"
}
