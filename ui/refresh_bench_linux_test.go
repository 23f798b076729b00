//go:build linux

package ui

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/gdamore/tcell/v2/terminfo"

	"ptop/collect"
	"ptop/detect"
	"ptop/internal/container"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
)

// resting is a source that costs little: the same resting processes in each reading, one in a hundred dead, and three that burn a CPU.
type resting struct {
	like    pcb.Snapshot
	reading time.Duration
}

const restingReading = pcb.FieldStat | pcb.FieldCreds | pcb.FieldMemory | pcb.FieldSignals | pcb.FieldCmdline | pcb.FieldExe | pcb.FieldCgroup |
	pcb.FieldSwitches | pcb.FieldSwitchesSum | pcb.FieldSched | pcb.FieldSchedSum | pcb.FieldIO | pcb.FieldIdle | pcb.FieldFDs | pcb.FieldWChan

// newResting makes n processes; of those 50 have each so many threads.
func newResting(n, threads int) *resting {
	s := &resting{like: *machine(1).Snap}
	s.like.Procs, s.like.Threads = nil, nil
	for i := range n {
		p := pcb.Process{
			ID: pcb.ID{PID: int32(i + 1), Start: uint64(i)}, PPID: 1, PGID: int32(i + 1), SID: 1, State: 'S', Comm: "idle", Cmdline: "/tmp/idle\x0010000",
			Exe: "/tmp/idle", Cgroup: "/user.slice", Cgroups: "0::/user.slice\n", User: "root", Group: "root", WChan: "do_sys_pause", Threads: 1,
			Started: time.Duration(i) * pcb.Tick, RSS: 800 << 10, PeakRSS: 900 << 10, Anon: 100 << 10, Have: restingReading, FDs: 3,
		}
		if i == 0 {
			p.PPID = 0
		}
		if i%100 == 50 {
			p.State, p.Cmdline, p.ExitSig, p.RSS, p.Have = 'Z', "", 17, 0, p.Have&^pcb.FieldMemory
		}
		if i < 50 && threads > 0 {
			p.FirstThread, p.ThreadCount, p.Threads = int32(len(s.like.Threads)), int32(threads), int32(threads)
			for t := range threads {
				s.like.Threads = append(s.like.Threads, pcb.Thread{TID: p.PID + int32(t)*100_000, State: 'S', Comm: "idle", Have: pcb.FieldStat | pcb.FieldSched | pcb.FieldSwitches})
			}
		}
		s.like.Procs = append(s.like.Procs, p)
	}
	return s
}

func (s *resting) Collect(_ context.Context, to *pcb.Snapshot) error {
	procs, threads := append(to.Procs[:0], s.like.Procs...), append(to.Threads[:0], s.like.Threads...)
	*to = s.like
	to.Procs, to.Threads = procs, threads
	s.reading += time.Second
	to.Mono, to.Boot, to.Time = s.reading, s.like.Boot+s.reading, t0.Add(s.reading)
	for i := range to.Procs {
		p := &to.Procs[i]
		p.At, p.SwitchesAt, p.FDsAt = s.reading, s.reading, s.reading
		if i >= 10 && i < 13 {
			p.State, p.UTime, p.RunTime = 'R', s.reading*9/10, s.reading*9/10
		}
	}
	for i := range to.Threads {
		to.Threads[i].At = s.reading
	}
	return nil
}

// nowhere is a terminal that shows nothing.
type nowhere struct{}

func (nowhere) Start() error        { return nil }
func (nowhere) Stop() error         { return nil }
func (nowhere) Drain() error        { return nil }
func (nowhere) Close() error        { return nil }
func (nowhere) NotifyResize(func()) {}
func (nowhere) WindowSize() (tcell.WindowSize, error) {
	return tcell.WindowSize{Width: 200, Height: 50}, nil
}
func (nowhere) Read([]byte) (int, error)    { select {} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// What a reading costs above the collector, from the rates to the terminal: CPU time with the garbage collector's, by getrusage.
func BenchmarkRefresh(b *testing.B) {
	for _, c := range []struct {
		n, threads int
		tree       bool
	}{{300, 0, false}, {3000, 0, false}, {10_000, 0, false}, {300, 100, false}, {10_000, 0, true}} {
		b.Run(fmt.Sprintf("procs=%d/threads=%d/tree=%v", c.n, c.threads, c.tree), func(b *testing.B) {
			refresh := refresher(b, newResting(c.n, c.threads), c.tree)
			b.ReportAllocs()
			b.ResetTimer()
			before := cpuTime()
			for b.Loop() {
				refresh()
			}
			b.ReportMetric(float64(cpuTime()-before)/1e6/float64(b.N), "cpu-ms/op")
		})
	}
}

// scanned is a source that counts the CPU time of its readings.
type scanned struct {
	*collect.Collector
	spent time.Duration
}

func (s *scanned) Collect(ctx context.Context, to *pcb.Snapshot) error {
	before := cpuTime()
	defer func() { s.spent += cpuTime() - before }()
	return s.Collector.Collect(ctx, to)
}

// What the screen costs beside the scan of the processes that are on the machine now: diagnosis without evidence read on demand,
// rows and drawing.
func BenchmarkScreenBesideScan(b *testing.B) {
	for _, source := range collect.Sources {
		b.Run(string(source), func(b *testing.B) {
			c, err := collect.New(collect.Options{Root: "/proc", Container: container.Parse, Want: collect.WantUsual, Source: source})
			if err != nil {
				b.Skip(err)
			}
			defer c.Close()
			of := &scanned{Collector: c}
			refresh := refresher(b, of, false)
			b.ResetTimer()
			before := cpuTime()
			of.spent = 0
			for b.Loop() {
				refresh()
			}
			scan := of.spent
			rest := cpuTime() - before - scan
			b.ReportMetric(float64(scan)/1e6/float64(b.N), "scan-cpu-ms/op")
			b.ReportMetric(float64(rest)/1e6/float64(b.N), "screen-cpu-ms/op")
			b.ReportMetric(float64(rest)/float64(scan), "screen/scan")
		})
	}
}

// refresher gives what takes a reading and shows it.
func refresher(b *testing.B, source monitor.Source, tree bool) func() {
	b.Helper()
	os.Setenv("TERM", "xterm-256color")
	info, err := terminfo.LookupTerminfo("xterm-256color")
	if err != nil {
		b.Fatal(err)
	}
	terminal, err := tcell.NewTerminfoScreenFromTtyTerminfo(nowhere{}, info)
	if err != nil {
		b.Fatal(err)
	}
	screen := &opened{Screen: terminal}
	if err := terminal.Init(); err != nil {
		b.Fatal(err)
	}
	a, err := newApp(newFakeBackend(), Options{Query: view.Query{Tree: tree, HideKernel: true}})
	if err != nil {
		b.Fatal(err)
	}
	m := monitor.NewSampler(source, nil, detect.NewTracker(detect.NewSettings()))
	refresh := func() {
		f, err := m.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		a.mail.mail.frame = f
		a.receive()
		screen.Clear()
		a.draw(screen, 200, 50)
		screen.Show()
	}
	for range 3 {
		refresh()
	}
	return refresh
}

func cpuTime() time.Duration {
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
