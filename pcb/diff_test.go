package pcb

import (
	"math"
	"testing"
	"time"
)

const second = time.Second

// pair gives the rates of the one process in two readings two seconds apart.
func pair(t *testing.T, before, now Process) Rates {
	t.Helper()
	for _, p := range []*Process{&before, &now} {
		if p.State == 0 {
			p.State = 'S'
		}
		p.Have |= FieldStat
		p.Threads = max(p.Threads, 1)
	}
	before.ID, now.ID = ID{7, 1}, ID{7, 1}
	before.At, before.SwitchesAt, before.IOAt = 10*second, 10*second, 10*second
	now.At, now.SwitchesAt, now.IOAt = 12*second, 12*second, 12*second
	var r RateSet
	r.Compute(
		&Snapshot{Mono: 10 * second, Boot: 110 * second, Procs: []Process{before}},
		&Snapshot{Mono: 12 * second, Boot: 112 * second, Procs: []Process{now}})
	if r.Interval != 2*second {
		t.Errorf("interval %v", r.Interval)
	}
	return r.Procs[0]
}

func same(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-9
}

func TestRates(t *testing.T) {
	const all = FieldSchedSum | FieldSwitchesSum | FieldIO
	ms := time.Millisecond
	for _, c := range []struct {
		name        string
		before, now Process
		get         func(*Rates) float64
		want        float64
	}{
		{"CPU by ticks", Process{}, Process{UTime: second, STime: second / 2}, func(r *Rates) float64 { return r.CPU }, 75},
		{"CPU split by ticks", Process{}, Process{UTime: second, STime: second / 2}, func(r *Rates) float64 { return r.System }, 25},
		{"CPU exact", Process{Have: all}, Process{Have: all, UTime: 20 * ms, RunTime: 15 * ms}, func(r *Rates) float64 { return r.CPU }, 0.75},
		{
			"threads that ended took their exact time with them",
			Process{Have: all, RunTime: second},
			Process{Have: all, UTime: second, RunTime: second + 10*ms},
			func(r *Rates) float64 { return r.CPU }, 50,
		},
		{"CPU that ran backwards", Process{UTime: second}, Process{}, func(r *Rates) float64 { return r.CPU }, nan},
		{"wait", Process{Have: all}, Process{Have: all, RunDelay: second}, func(r *Rates) float64 { return r.Wait }, 50},
		{"wait after a stall of the machine", Process{Have: all}, Process{Have: all, RunDelay: 60 * second}, func(r *Rates) float64 { return r.Wait }, 100},
		{"wait of the leader alone is not told", Process{Have: FieldSched}, Process{Have: FieldSched, RunDelay: second}, func(r *Rates) float64 { return r.Wait }, nan},
		{"switches", Process{Have: all}, Process{Have: all, Voluntary: 100}, func(r *Rates) float64 { return r.Voluntary }, 50},
		{"the leader's switches are not told", Process{Have: FieldSwitches}, Process{Have: FieldSwitches, Voluntary: 100}, func(r *Rates) float64 { return r.Voluntary }, nan},
		{"switches that ran backwards", Process{Have: all, Voluntary: 5}, Process{Have: all}, func(r *Rates) float64 { return r.Voluntary }, nan},
		{"I/O", Process{Have: all}, Process{Have: all, ReadBytes: 4096}, func(r *Rates) float64 { return r.ReadBytes }, 2048},
		{"I/O that was denied", Process{Have: all}, Process{ReadBytes: 4096}, func(r *Rates) float64 { return r.ReadBytes }, nan},
		{"a zombie has no CPU", Process{}, Process{State: 'Z', UTime: second}, func(r *Rates) float64 { return r.CPU }, nan},
		{"a leader that has exited has", Process{Threads: 2}, Process{State: 'Z', Threads: 2, UTime: second}, func(r *Rates) float64 { return r.CPU }, 50},
		{"a thread wants no more than a CPU", Process{Have: all}, Process{Have: all, UTime: 2 * second, RunTime: 2 * second, RunDelay: second / 10}, func(r *Rates) float64 { return r.HotDemand }, 100},
		{"demand of a single thread", Process{Have: all}, Process{Have: all, RunTime: second, UTime: second, RunDelay: second / 2}, func(r *Rates) float64 { return r.HotDemand }, 75},
	} {
		r := pair(t, c.before, c.now)
		if got := c.get(&r); !same(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Threads that end take their part of the sum with them: what the others and the newborn did is told, and no less.
func TestRatesWhileThreadsComeAndGo(t *testing.T) {
	const all = FieldSched | FieldSwitches
	reading := func(at time.Duration, threads ...Thread) *Snapshot {
		p := Process{
			ID: ID{7, 1}, State: 'S', Threads: int32(len(threads)), ThreadCount: int32(len(threads)),
			Have: FieldStat | FieldSchedSum | FieldSwitchesSum, At: at, SwitchesAt: at,
		}
		for i := range threads {
			threads[i].At, threads[i].Have = at, all
			p.Voluntary += threads[i].Voluntary
			p.RunDelay += threads[i].RunDelay
		}
		return &Snapshot{Mono: at, Boot: at, Procs: []Process{p}, Threads: threads}
	}
	var r RateSet
	r.Compute(
		reading(10*second, Thread{TID: 7, Voluntary: 10}, Thread{TID: 8, Voluntary: 5000, RunDelay: 9 * second}, Thread{TID: 9, Voluntary: 400}),
		reading(12*second, Thread{TID: 7, Voluntary: 30, RunDelay: second}, Thread{TID: 9, Voluntary: 60}, Thread{TID: 11, Voluntary: 20}))
	if got := r.Procs[0]; got.Voluntary != (20+60+20)/2 || got.Wait != 50 {
		t.Errorf("%v switches a second, waits %v %%; want 50, 50", got.Voluntary, got.Wait)
	}
	if r.Threads[0].Voluntary != 10 || !math.IsNaN(r.Threads[1].Voluntary) {
		t.Errorf("threads: %+v; thread 9 is another one than before", r.Threads)
	}
}

// A sum that was not taken anew makes no rate; the next that is makes one of the whole time.
func TestRatesOfAnOldSum(t *testing.T) {
	reading := func(at, summed time.Duration, switches uint64) *Snapshot {
		return &Snapshot{Mono: at, Boot: at, Procs: []Process{{
			ID: ID{7, 1}, State: 'S', Threads: 3, At: at, SwitchesAt: summed, IOAt: summed,
			Have: FieldStat | FieldSchedSum | FieldSwitchesSum | FieldIO, Voluntary: switches, ReadBytes: switches,
		}}}
	}
	a, b, c := reading(10*second, 10*second, 100), reading(12*second, 10*second, 100), reading(14*second, 14*second, 500)
	var r RateSet
	if r.Compute(a, b); !math.IsNaN(r.Procs[0].Voluntary) || r.Procs[0].CPU != 0 {
		t.Errorf("of the same sum: %+v", r.Procs[0])
	}
	if !math.IsNaN(r.Procs[0].ReadBytes) {
		t.Errorf("of I/O that was not read anew: %v bytes a second", r.Procs[0].ReadBytes)
	}
	if r.Compute(b, c); r.Procs[0].Voluntary != 100 || r.Procs[0].ReadBytes != 100 {
		t.Errorf("of a new one: %v switches a second, %v bytes, want 100", r.Procs[0].Voluntary, r.Procs[0].ReadBytes)
	}
}

// A first reading tells no rate; a process born since is computed from its own birth; one with a reused pid is new.
func TestRatesOfTheNew(t *testing.T) {
	before := &Snapshot{Mono: 10 * second, Boot: 110 * second, Procs: []Process{{ID: ID{7, 1}, State: 'S', Threads: 1, Have: FieldStat, UTime: 50 * second, At: 10 * second}}}
	now := &Snapshot{Mono: 12 * second, Boot: 112 * second, Procs: []Process{
		{ID: ID{7, 11100}, State: 'R', Threads: 1, Have: FieldStat, UTime: second / 2, At: 12 * second, Started: 111 * second},
		{ID: ID{8, 11200}, State: 'R', Threads: 1, Have: FieldStat, UTime: 0, At: 12 * second, Started: 112 * second},
		{ID: ID{9, 5}, State: 'R', Threads: 1, Have: FieldStat, UTime: 90 * second, At: 12 * second, Started: second}, // hidden until now
	}}
	var r RateSet
	r.Compute(nil, before)
	if !math.IsNaN(r.Procs[0].CPU) || !math.IsNaN(r.System.Total.Busy) || r.Interval != 0 {
		t.Errorf("a first reading tells %+v", r.Procs[0])
	}
	r.Compute(before, now)
	if got := r.Procs[0]; got.CPU != 50 || !got.Born || got.Elapsed != second {
		t.Errorf("the new bearer of a pid has %v %% CPU, born %v", got.CPU, got.Born)
	}
	if got := r.Procs[1]; got.CPU != 0 || got.Elapsed != Tick {
		t.Errorf("born this tick: %v %% over %v", got.CPU, got.Elapsed)
	}
	if got := r.Procs[2]; !math.IsNaN(got.CPU) {
		t.Errorf("old but unseen before: %v %% CPU", got.CPU)
	}
}

// Two bearers of a pid that started within one tick have the same ID. Where both readings tell the start exactly they are not
// taken for one; where one tells it in ticks only, as /proc does, a process stays the same.
func TestRatesOfAPIDReusedWithinATick(t *testing.T) {
	read := func(at, started time.Duration, from Fields) *Snapshot {
		return &Snapshot{Mono: at, Boot: 100*second + at, Procs: []Process{{
			ID: ID{7, 10100}, State: 'R', Threads: 1, Have: FieldStat, FromIterator: from, UTime: second, At: at, Started: started,
		}}}
	}
	exact, other := 101*second+time.Millisecond, 101*second+7*time.Millisecond
	for _, tt := range []struct {
		before, now *Snapshot
		born        bool
	}{
		{read(2*second, exact, FieldStat), read(3*second, other, FieldStat), true},
		{read(2*second, exact, FieldStat), read(3*second, exact, FieldStat), false},
		{read(2*second, 101*second, 0), read(3*second, exact, FieldStat), false},
		{read(2*second, exact, FieldStat), read(3*second, 101*second, 0), false},
	} {
		var r RateSet
		if r.Compute(tt.before, tt.now); r.Procs[0].Born != tt.born || (r.Born == 1) != tt.born || (r.Gone == 1) != tt.born {
			t.Errorf("started at %v, then at %v: born %v, %d born and %d gone in all", tt.before.Procs[0].Started, tt.now.Procs[0].Started, r.Procs[0].Born, r.Born, r.Gone)
		}
	}
}

func TestThreadRates(t *testing.T) {
	thread := func(tid int32, at, run, delay time.Duration, switches uint64) Thread {
		return Thread{TID: tid, At: at, RunTime: run, RunDelay: delay, Voluntary: switches, Have: FieldSched | FieldSwitches}
	}
	read := func(at time.Duration, threads ...Thread) *Snapshot {
		return &Snapshot{Mono: at, Boot: at, Threads: threads, Procs: []Process{
			{ID: ID{7, 1}, State: 'S', Threads: int32(len(threads)), Have: FieldStat, At: at, ThreadCount: int32(len(threads))},
		}}
	}
	var r RateSet
	r.Compute(
		read(0, thread(7, 0, 0, 0, 0), thread(8, 0, second, 0, 10), thread(9, 0, 0, 0, 0)),
		read(2*second, thread(8, 2*second, 2*second, second, 30), thread(9, 2*second, second/2, 0, 0), thread(10, 2*second, 5*second, 0, 0)))
	if got := r.Threads[0]; got.CPU != 50 || got.Wait != 50 || got.Voluntary != 10 {
		t.Errorf("thread 8: %+v", got)
	}
	if got := r.Threads[2]; !math.IsNaN(got.CPU) {
		t.Errorf("a thread of one reading has %v %% CPU", got.CPU)
	}
	if p := r.Procs[0]; p.HotTID != 8 || p.HotDemand != 100 || p.HotCPU != 50 {
		t.Errorf("hottest is %d with %v", p.HotTID, p.HotDemand)
	}
}

func TestSystemRates(t *testing.T) {
	n, m := uint64(100), uint64(300)
	before := &Snapshot{System: System{CtxSwitches: &n, CPUs: []CPUTimes{{ID: 0, Idle: 5}, {ID: 3, User: 1, Idle: 9}}}}
	now := &Snapshot{Mono: 2 * second, System: System{CtxSwitches: &m, CPUs: []CPUTimes{{ID: 3, User: 2, Idle: 10}, {ID: 4, User: 7}}}, Self: Self{CPUTime: second}}
	var r RateSet
	r.Compute(before, now)
	if s := r.System; s.CtxSwitches != 100 || !math.IsNaN(s.Forks) || s.SelfCPU != 50 {
		t.Errorf("switches %v, forks %v, self %v", s.CtxSwitches, s.Forks, s.SelfCPU)
	}
	if c := r.System.CPUs; c[0].ID != 3 || c[0].User != 50 || c[0].Busy != 50 || !math.IsNaN(c[1].Busy) {
		t.Errorf("CPUs %+v: CPU 3 was half busy, CPU 4 came online", c)
	}
}

func TestComputeReusesItsMemory(t *testing.T) {
	s := &Snapshot{Procs: make([]Process, 100), Threads: make([]Thread, 100)}
	var r RateSet
	r.Compute(nil, s)
	if n := testing.AllocsPerRun(10, func() { r.Compute(s, s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
