package pcb

import "time"

// TaskProbe is one thread as a probe found it, with what tells whether it has run since.
type TaskProbe struct {
	PID       int32 // the process that it belongs to
	TID       int32
	Name      string
	State     byte
	Scheduled bool // Nice to RunDelay could be read

	Nice       int32
	RTPriority uint32
	Policy     uint32        // as in Process
	Processor  int32         // CPU it last ran on
	RunTime    time.Duration // time on a processor (task/TID/schedstat)
	RunDelay   time.Duration // time ready and waiting for one, as far as such waits have ended

	Idle      time.Duration // how long ago it last ran (task/TID/sched se.exec_start), a lower bound; needs IdleKnown
	IdleKnown bool
}

// LockWait is a thread that waits for a lock in user space (a futex), and the one that holds it.
type LockWait struct {
	Waiter, Owner TaskProbe
	Address       uint64 // of the lock, in the waiter's memory
	Timed         bool   // the wait ends by itself
	Inherits      bool   // the kernel lends the waiter's priority to the owner (PTHREAD_PRIO_INHERIT)
}

// Sleeper is a thread in an uninterruptible sleep (D).
type Sleeper struct {
	TaskProbe
	WChan       string   // kernel function that it sleeps in; empty when it can't be read
	Stack       []string // the kernel's functions, innermost first; needs root
	Syscall     string   // name of the call; empty when unknown
	File        string   // what the call's descriptor leads to
	FSType      string   // kind of file system that File is on, as mountinfo names it
	FSSource    string   // what is mounted there: a device, SERVER:/EXPORT
	FSDevice    string   // MAJOR:MINOR
	KillPending bool     // SIGKILL was sent, and is not acted on before it wakes
	Refused     []string // files of it that we have no right to read
}
