package monitor

import (
	"slices"
	"sync"
	"sync/atomic"

	"ptop/pcb"
	"ptop/tree"
)

// holders counts who looks at a Frame. When the last one has let go of it, its memory is used again.
type holders struct {
	n     atomic.Int32
	freed func()
}

// Own has freed called when the last of those who hold the Frame has released it. The caller is the first.
func (f *Frame) Own(freed func()) {
	f.holders = &holders{freed: freed}
	f.holders.n.Store(1)
}

// Keep says that one more looks at the Frame; whoever does so releases it. It gives the Frame.
func (f *Frame) Keep() *Frame {
	if f != nil && f.holders != nil {
		f.holders.n.Add(1)
	}
	return f
}

// Release says that one of those who held the Frame no longer looks at it, nor at anything in it that is as long as the
// machine has processes: processes, threads, rates, forest. Texts, findings, events and probes stay valid. A Frame that is
// not released costs memory until it is collected, and nothing else.
func (f *Frame) Release() {
	if f != nil && f.holders != nil && f.holders.n.Add(-1) == 0 {
		f.holders.freed()
	}
}

// memory is what of a Frame is as long as the machine has processes or CPUs.
type memory struct {
	procs       []pcb.Process
	threads     []pcb.Thread
	cpus        []pcb.CPUTimes
	rates       []pcb.Rates
	threadRates []pcb.ThreadRates
	shares      []pcb.CPUShare
	forest      *tree.Forest
}

func (f *Frame) memory() memory {
	return memory{f.Snap.Procs, f.Snap.Threads, f.Snap.System.CPUs, f.Rates.Procs, f.Rates.Threads, f.Rates.System.CPUs, f.Forest}
}

// pool is the memory of Frames that nobody looks at any more.
type pool struct {
	mu   sync.Mutex
	free []memory
}

// freeMax is how many are kept: one is filled while another is shown, so that a second is free only where a screen was
// paused or slow.
const freeMax = 1

// frame gives a new Frame with memory for what the one before had, and a little more.
func (p *pool) frame(before *Frame) *Frame {
	f := &Frame{Seq: 1, Snap: &pcb.Snapshot{}, Rates: &pcb.RateSet{}}
	m := p.take()
	if before != nil {
		f.Seq = before.Seq + 1
		procs, threads := len(before.Snap.Procs), len(before.Snap.Threads)
		m.procs, m.rates = pcb.Room(m.procs[:0], procs), pcb.Room(m.rates[:0], procs)
		m.threads, m.threadRates = pcb.Room(m.threads[:0], threads), pcb.Room(m.threadRates[:0], threads)
	}
	f.Snap.Procs, f.Snap.Threads, f.Snap.System.CPUs = m.procs, m.threads, m.cpus
	f.Rates.Procs, f.Rates.Threads, f.Rates.System.CPUs = m.rates, m.threadRates, m.shares
	f.Forest = m.forest
	f.Own(func() { p.give(f.memory()) })
	return f
}

func (p *pool) take() memory {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return memory{}
	}
	m := p.free[n-1]
	p.free = slices.Delete(p.free, n-1, n)
	return m
}

func (p *pool) give(m memory) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) < freeMax {
		p.free = append(p.free, m)
	}
}
