package life

import (
	"fmt"
	"strings"

	"ptop/pcb"
)

// callWords says what a thread that is in a system call waits for, by the call's decisive argument.
func (b *builder) callWords(t *pcb.ThreadProbe) string {
	switch {
	case !t.SyscallKnown:
		return ""
	case t.Syscall < 0:
		return "outside of a system call (a page to be read, or a stop)"
	case t.SyscallName == "":
		return fmt.Sprintf("in system call %d", t.Syscall)
	}
	fd := int(int32(t.Args[0]))
	words := ""
	switch t.SyscallName {
	case "wait4", "waitpid":
		words = b.childWanted(int32(t.Args[0]))
	case "waitid":
		words = b.waitidWords(t)
	case "read", "readv", "pread64", "preadv", "preadv2":
		words = "for something to read from " + b.file(fd)
	case "recvfrom", "recvmsg", "recvmmsg":
		words = "for something to come in at " + b.file(fd)
	case "write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg":
		words = "for room to write to " + b.file(fd)
	case "accept", "accept4":
		words = "for somebody to connect to " + b.file(fd)
	case "connect":
		words = "for an answer to its connecting through " + b.file(fd)
	case "epoll_wait", "epoll_pwait", "epoll_pwait2":
		words = "for an event on any of the descriptors that it watches through " + b.file(fd)
	case "poll", "ppoll":
		words = fmt.Sprintf("for an event on any of %s", descriptors(t.Args[1]))
	case "select", "pselect6":
		words = "for an event on any of the descriptors that it watches"
	case "futex":
		words = futexWords(t)
	case "futex_waitv":
		words = "for any of several locks or conditions in its memory (futex)"
	case "nanosleep", "clock_nanosleep":
		words = "for time to pass: it sleeps"
	case "pause", "rt_sigsuspend", "rt_sigtimedwait":
		words = "for a signal"
	case "flock", "fsync", "fdatasync", "ioctl", "getdents64", "fallocate", "ftruncate", "close":
		words = "for " + b.file(fd)
	case "fcntl":
		words = "for a lock on " + b.file(fd)
	case "msgrcv", "semop", "semtimedop", "msgsnd":
		words = "for System V messages or semaphores"
	case "vfork", "clone", "clone3":
		words = "for its new child to call exec or exit"
	case "restart_syscall":
		words = "for what it waited for before it was stopped: a sleep, a poll or a futex"
	case "io_getevents", "io_uring_enter":
		words = "for I/O that it began to be done"
	case "ptrace":
		words = "for what it traces"
	}
	if words == "" {
		return "in system call " + t.SyscallName
	}
	return words + " (" + t.SyscallName + ")"
}

func descriptors(n uint64) string {
	if n == 1 {
		return "1 descriptor"
	}
	return fmt.Sprintf("%d descriptors", uint32(n))
}

// The commands of futex that sleep (linux/futex.h), without their flags.
const (
	futexFlags      = 128 | 256
	futexLockPI     = 6
	futexLockPI2    = 13
	futexWaitBitset = 9
)

func futexWords(t *pcb.ThreadProbe) string {
	what := "a lock or a condition"
	if op := t.Args[1] &^ futexFlags; op == futexLockPI || op == futexLockPI2 {
		what = "a lock with priority inheritance"
	}
	return fmt.Sprintf("for %s at 0x%x of its memory", what, t.Args[0])
}

// The kinds of target of waitid (linux/wait.h).
const (
	waitPID   = 1
	waitGroup = 2
	waitPIDFD = 3
)

func (b *builder) waitidWords(t *pcb.ThreadProbe) string {
	switch t.Args[0] {
	case waitPID:
		return b.childWanted(int32(t.Args[1]))
	case waitGroup:
		return b.childWanted(-int32(t.Args[1]))
	case waitPIDFD:
		if q := b.r.Snap.Lookup(pcb.ID{PID: t.PIDFD}); t.PIDFD > 0 && q != nil {
			return b.child(q)
		}
		return "for the process behind " + b.file(int(int32(t.Args[1])))
	}
	return b.childWanted(-1)
}

// childWanted says for which child a call of the wait family waits, by the number in the namespace of who waits.
func (b *builder) childWanted(pid int32) string {
	switch {
	case pid == -1:
		kids := b.r.Forest.Children(b.r.Index)
		if len(kids) == 1 {
			return b.child(&b.r.Snap.Procs[kids[0]])
		}
		return fmt.Sprintf("for any of its %d children to end", len(kids))
	case pid == 0:
		return "for any child of its own process group to end"
	case pid < 0:
		return fmt.Sprintf("for any child of process group %d to end", -pid)
	}
	for _, k := range b.r.Forest.Children(b.r.Index) {
		q := &b.r.Snap.Procs[k]
		if n := len(b.p.NSPIDs); n == 0 && q.PID == pid || n > 0 && n <= len(q.NSPIDs) && q.NSPIDs[n-1] == pid {
			return b.child(q)
		}
	}
	return fmt.Sprintf("for child %d to end", pid)
}

func (b *builder) child(q *pcb.Process) string {
	b.know("waits_for_pid", int64(q.PID))
	return "for its child " + named(q) + " to end, whose state is " + b.r.Snap.Phase(q).String()
}

// file says what a descriptor is.
func (b *builder) file(fd int) string {
	words := fmt.Sprintf("descriptor %d", fd)
	target := ""
	for i := range b.d.Files {
		if b.d.Files[i].FD == fd {
			target = b.d.Files[i].Target
		}
	}
	for i := range b.d.Sockets {
		if s := &b.d.Sockets[i]; s.FD == fd {
			target = socketWords(s)
		}
	}
	switch {
	case target == "":
		return words
	case strings.HasPrefix(target, "pipe:"):
		target = "a pipe, " + target
	case strings.HasPrefix(target, "anon_inode:"):
		target = strings.Trim(strings.TrimPrefix(target, "anon_inode:"), "[]")
	}
	b.know("waits_on", target)
	return words + ", " + target
}

func socketWords(s *pcb.Socket) string {
	words := s.Proto + " socket"
	if s.Local != "" {
		words += " " + s.Local
	}
	if s.Remote != "" && s.State != "LISTEN" {
		words += " to " + s.Remote
	}
	if s.State != "" {
		words += ", " + s.State
	}
	return words
}
