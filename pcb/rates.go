package pcb

import (
	"math"
	"time"
)

// Rates is what two readings of one process tell beyond either. A rate that can't be told is NaN: on a first
// sample, for a counter that was not read both times, or one that ran backwards.
type Rates struct {
	Elapsed time.Duration // between the two readings, or since birth for a process born in between

	CPU, User, System float64 // percent of one CPU, all threads
	Wait              float64 // percent of the time some thread waited for a CPU (run-queue wait), summed over threads as CPU is
	// Shares of its threads' time, in percent: on a CPU, ready and waiting for one, and waiting for something else. Needs the
	// sums over threads of the scheduler's times.
	Running, Ready, Waiting float64
	Voluntary, Involuntary  float64 // context switches a second; needs the sum over threads
	ReadBytes, WriteBytes   float64 // storage bytes a second
	ReadChars, WriteChars   float64 // bytes a second through read and write calls
	ReadCalls, WriteCalls   float64 // such calls a second
	MinFlt, MajFlt          float64 // a second
	ChildCPU                float64 // growth of waited-for children's CPU time, percent of one CPU
	HotTID                  int32   // thread with the highest demand (run + run-queue wait); 0 when threads were not read
	HotDemand, HotCPU       float64 // its demand and CPU, percent
	HotSwitches             float64 // its voluntary switches a second
	Born                    bool    // the process was not in the earlier Snapshot
}

// ThreadRates is the same for one thread of Snapshot.Threads.
type ThreadRates struct {
	CPU, Wait              float64 // percent of one CPU: which of one thread is the share of its time running, and ready
	Waiting                float64 // the rest of its time
	Voluntary, Involuntary float64 // a second
}

// SystemRates is what two readings of the machine tell. NaN where absent.
type SystemRates struct {
	CPUs        []CPUShare // parallel to System.CPUs of the later Snapshot
	Total       CPUShare
	CtxSwitches float64 // a second
	Forks       float64 // a second, threads included
	SelfCPU     float64 // ptop's own CPU, percent of one CPU
}

// CPUShare is how a CPU's time was spent, in percent. NaN when unknown.
type CPUShare struct {
	ID                                                           int
	User, Nice, System, IOWait, IRQ, SoftIRQ, Steal, Guest, Busy float64
}

// RateSet is the rates of one Snapshot against an earlier one.
type RateSet struct {
	Interval time.Duration // between the Snapshots; 0 for a first one
	Procs    []Rates       // parallel to Snapshot.Procs
	Threads  []ThreadRates // parallel to Snapshot.Threads
	System   SystemRates
	Born     int // processes that only the later Snapshot shows; those that lived in between neither does
	Gone     int // processes that only the earlier one shows
}

var nan = math.NaN()

var unknownRates = Rates{
	CPU: nan, User: nan, System: nan, Wait: nan, Running: nan, Ready: nan, Waiting: nan, Voluntary: nan, Involuntary: nan,
	ReadBytes: nan, WriteBytes: nan, ReadChars: nan, WriteChars: nan, ReadCalls: nan, WriteCalls: nan,
	MinFlt: nan, MajFlt: nan, ChildCPU: nan, HotDemand: nan, HotCPU: nan, HotSwitches: nan,
}

var unknownThreadRates = ThreadRates{CPU: nan, Wait: nan, Waiting: nan, Voluntary: nan, Involuntary: nan}
