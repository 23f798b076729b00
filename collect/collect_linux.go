package collect

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// Collector reads one /proc again and again. It is safe for concurrent use; readings follow each other.
type Collector struct {
	mu     sync.Mutex
	opt    Options
	want   atomic.Uint32 // what opt.Want is to be in the next reading
	place  place
	rd     *reader
	system *systemReader
	clocks *clocks
	names  *names
	attend atomic.Pointer[[]int32]
	seed   maphash.Seed

	sources sources
	iter    *iterator   // nil where the task iterator is not used
	stats   *statistics // nil where taskstats are not

	scan    uint64 // number of the reading
	pids    []int32
	known   map[int32]*entry
	entries entries
	resting restTurns
	stuck   stuck
	walk    threadWalk
	count   fdWalk
	onCPU   map[int32]holder
	rooms   roomCache
	same    shared
	words   words
}

// New opens the /proc that the options name. An error says what is wrong with it and what to do.
func New(opt Options) (*Collector, error) {
	if opt.Root == "" {
		opt.Root = "/proc"
	}
	dir, err := unix.Open(opt.Root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("collect: reading %s: %w; give the /proc to read with --procfs DIR", opt.Root, err)
	}
	place := findPlace(opt.Root)
	if _, err := os.Stat(filepath.Join(opt.Root, "stat")); err != nil && !place.subsetPID {
		unix.Close(dir)
		return nil, fmt.Errorf("collect: %s is no /proc: %w; give the /proc to read with --procfs DIR", opt.Root, err)
	}
	system, err := newSystemReader(opt.Root)
	if err != nil {
		unix.Close(dir)
		return nil, fmt.Errorf("collect: reading %s: %w", opt.Root, err)
	}
	seed := maphash.MakeSeed()
	c := &Collector{
		opt: opt, place: place, rd: newReader(dir, place.live), system: system,
		clocks: newClocks(opt.Root, place.live), names: newNames(),
		words: words{seed: seed}, known: map[int32]*entry{}, rooms: roomCache{}, walk: newThreadWalk(), count: newFDWalk(place.live), onCPU: map[int32]holder{},
		seed: seed, sources: sources{wanted: opt.Source, load: opt.Load},
	}
	c.SetWant(opt.Want)
	if opt.Source == SourceBPF || opt.Source == SourceTaskstats { // what was asked for by name is told at once when it can't be
		if err := c.settle(); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// SetWant changes what the readings from the next on read. It does not wait for one that is under way.
func (c *Collector) SetWant(w Want) { c.want.Store(uint32(w)) }

// Collect fills s with a new reading. s is the caller's, and its memory is reused: nothing is allocated for a process
// that was there the time before. A process that vanishes or refuses a file meanwhile is a fact in s, not an error.
func (c *Collector) Collect(ctx context.Context, s *pcb.Snapshot) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scan++
	c.opt.Want = Want(c.want.Load())
	c.clocks.beginScan()
	procs, threads, cpus := s.Procs[:0], s.Threads[:0], s.System.CPUs[:0]
	*s = pcb.Snapshot{Procs: procs, Threads: threads}
	s.System.CPUs = cpus
	if err := c.settle(); err != nil {
		return err
	}
	s.Coverage = pcb.Coverage{HidePID: c.place.hidePID, SubsetPID: c.place.subsetPID, PIDNamespace: c.place.pidNamespace}
	s.Foreign, s.ForeignWhy = c.place.foreignWhy != "", c.place.foreignWhy
	s.Time, s.Mono, s.Boot = c.clocks.now()
	if err := c.read(ctx, s); err != nil {
		return err
	}
	if len(c.known) > len(s.Procs) {
		c.forget()
	}
	s.Coverage.Read = len(s.Procs)
	c.system.read(&s.System, &s.Host)
	c.self(s)
	s.ScanDuration = c.clocks.mono() - s.Mono
	c.told(s)
	if c.scan > 1 {
		c.loadBehind()
	}
	return nil
}

// read reads the processes by the source that was settled on.
func (c *Collector) read(ctx context.Context, s *pcb.Snapshot) error {
	if c.iter != nil {
		err := c.iterate(ctx, s)
		if err == nil || ctx.Err() != nil || c.sources.wanted == SourceBPF {
			return err
		}
		c.iter.close()
		c.use(nil, err)
		s.Procs, s.Threads = s.Procs[:0], s.Threads[:0]
	}
	return c.walkProc(ctx, s)
}

// walkProc reads the processes by the files of /proc.
func (c *Collector) walkProc(ctx context.Context, s *pcb.Snapshot) error {
	if err := c.list(); err != nil {
		return err
	}
	s.Coverage.Listed = len(c.pids)
	s.Procs = slices.Grow(s.Procs, len(c.pids))
	c.walk.begin()
	c.count.begin(len(c.pids))
	c.resting.begin(len(c.pids), c.attend.Load())
	if err := c.processes(ctx, s); err != nil {
		return err
	}
	if err := c.askStatistics(s); err != nil {
		return err
	}
	c.tellRunning(s)
	s.ExecStart = c.clocks.references()
	return nil
}

// list finds the pids. The kernel gives them in order; a directory on disk does not.
func (c *Collector) list() error {
	var err error
	c.pids, err = c.rd.numbers(c.pids[:0], c.rd.root)
	if err != nil {
		return fmt.Errorf("collect: listing %s: %w", c.opt.Root, err)
	}
	if len(c.pids) == 0 {
		return fmt.Errorf("collect: %s shows no process: is it a /proc, and not mounted with hidepid? Give another with --procfs DIR", c.opt.Root)
	}
	if !slices.IsSorted(c.pids) {
		slices.Sort(c.pids)
	}
	return nil
}

// forget drops what is known of processes that were not seen in this reading.
func (c *Collector) forget() {
	for pid, e := range c.known {
		if e.scan != c.scan {
			delete(c.known, pid)
			c.entries.back(e)
		}
	}
}

func (c *Collector) self(s *pcb.Snapshot) {
	var use unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &use) == nil {
		s.Self.CPUTime = time.Duration(use.Utime.Nano() + use.Stime.Nano())
	}
	s.Self.PID = int32(os.Getpid())
	if s.Foreign {
		return
	}
	if i := s.Index(s.Self.PID); i >= 0 {
		s.Self.RSS = s.Procs[i].RSS
	}
}

// Close lets go of the /proc.
func (c *Collector) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rd.root < 0 {
		return errors.New("collect: closed twice")
	}
	if c.iter != nil {
		c.iter.close()
	}
	if c.stats != nil {
		c.stats.close()
	}
	err := unix.Close(c.rd.root)
	c.rd.root = -1
	return err
}
