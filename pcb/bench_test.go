package pcb

import (
	"strconv"
	"testing"
	"time"
)

// BenchmarkCompute times the rates of one reading against the one before.
func BenchmarkCompute(b *testing.B) {
	for _, c := range []struct {
		name               string
		processes, threads int
	}{{"300", 300, 0}, {"3000", 3000, 0}, {"10000", 10000, 0}, {"50x100threads", 50, 100}} {
		b.Run(c.name, func(b *testing.B) {
			before, now := reading(c.processes, c.threads, time.Second), reading(c.processes, c.threads, 2*time.Second)
			var r RateSet
			b.ReportAllocs()
			for b.Loop() {
				r.Compute(before, now)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*c.processes), "ns/proc")
		})
	}
}

// reading is a Snapshot of processes that have done something each second.
func reading(processes, threads int, at time.Duration) *Snapshot {
	s := &Snapshot{Mono: at, Boot: time.Hour + at}
	for i := range processes {
		pid := int32(1 + i*(threads+1))
		s.Procs = append(s.Procs, Process{
			ID: ID{PID: pid, Start: 1}, State: 'S', Threads: int32(max(1, threads)), At: at, SwitchesAt: at, IOAt: at,
			UTime: at / 100, RunTime: at / 100, RunDelay: at / 1000, Voluntary: uint64(at / 1e6), ReadBytes: uint64(at), MinFlt: uint64(at / 1e7),
			FirstThread: int32(len(s.Threads)), ThreadCount: int32(threads),
			Have: FieldStat | FieldSwitches | FieldSwitchesSum | FieldSched | FieldSchedSum | FieldIO, FromIterator: FieldSwitchesSum,
		})
		for t := range threads {
			s.Threads = append(s.Threads, Thread{TID: pid + int32(t), State: 'S', At: at, RunTime: at / 1000, Voluntary: uint64(at / 1e6), Have: FieldSched | FieldSwitches})
		}
	}
	return s
}

func TestReadingHasRates(t *testing.T) {
	before, now := reading(3, 2, time.Second), reading(3, 2, 2*time.Second)
	var r RateSet
	r.Compute(before, now)
	for i, p := range r.Procs {
		if p.CPU < 0.9 || p.CPU > 1.1 || p.Voluntary < 900 {
			t.Errorf("process %s: %+v", strconv.Itoa(i), p)
		}
	}
}
