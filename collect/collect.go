// Package collect reads the machine into a pcb.Snapshot: on Linux by a /proc scanner of its own, which allocates nothing
// per process in steady state, with host-wide figures by prometheus/procfs and gopsutil; on other systems by gopsutil.
package collect

import "ptop/pcb"

// Options says what to read, and where.
type Options struct {
	// Root is the /proc to read: another machine's or a capture's directory, or empty for /proc.
	Root string
	// Container tells what a cgroup path says; nil leaves Process.Container unset.
	Container func(cgroup string) *pcb.Container
	// Want is what to read beyond stat, status, command line, executable and cgroup.
	Want Want
	// Source is by what to read the processes; empty for SourceAuto.
	Source Source
	// Load is when the task iterator is loaded, where that is not decided by Source.
	Load Load
}

// Want is a set of readings that cost a file or more for each process.
type Want uint8

// The optional readings.
const (
	WantSched   Want = 1 << iota // schedstat: time on and waiting for a CPU
	WantIO                       // io: bytes and calls
	WantThreads                  // every thread of every process, with its own figures
	WantIdle                     // sched: how long ago each process last ran (zombies and stopped ones always have it)
	WantGlance                   // for a first screen: less than ever, stat, status and the command line alone, or what the task iterator tells
)

// WantUsual is what ptop's modes show and judge by. What a process that rests had before is not read again, so that little
// of it costs anything.
const WantUsual = WantSched | WantIO | WantIdle
