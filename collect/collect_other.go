//go:build !linux

package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/process"

	"ptop/pcb"
)

// Collector reads this machine again and again, by gopsutil. It is safe for concurrent use.
type Collector struct {
	mu      sync.Mutex
	started time.Time
	boot    time.Time
	host    pcb.Host
	names   *names
	texts   map[pcb.ID]texts
}

// texts are what is costly to ask for and does not change: on some systems another program is run for each.
type texts struct {
	comm, cmdline string
	have          pcb.Fields
}

// New opens this machine's process table.
func New(opt Options) (*Collector, error) {
	if opt.Root != "" && opt.Root != "/proc" {
		return nil, fmt.Errorf("collect: reading %s: another machine's /proc can be read on Linux only, not on %s", opt.Root, runtime.GOOS)
	}
	if opt.Source == SourceBPF || opt.Source == SourceTaskstats || opt.Source == SourceProc {
		return nil, fmt.Errorf("source %s can't be used: it is Linux's, and this is %s", opt.Source, runtime.GOOS)
	}
	c := &Collector{started: time.Now(), names: newNames(), texts: map[pcb.ID]texts{}}
	info, err := host.Info()
	if err != nil {
		return nil, fmt.Errorf("collect: asking %s about itself: %w", runtime.GOOS, err)
	}
	c.boot = time.Unix(int64(info.BootTime), 0)
	c.host = pcb.Host{
		Hostname: info.Hostname, OS: runtime.GOOS, Kernel: info.KernelVersion, Arch: info.KernelArch,
		CPUs: runtime.NumCPU(), PageSize: os.Getpagesize(),
	}
	return c, nil
}

// Survey says which sources can be used: none of Linux's.
func Survey(string) []Availability {
	var all []Availability
	for _, source := range Sources[1:] {
		all = append(all, Availability{source, errors.New("it is Linux's, and this is " + runtime.GOOS)})
	}
	return all
}

// Attend is for readings that read some processes more seldom than others, which these do not.
func (c *Collector) Attend([]int32) {}

// SetWant changes what the next readings read: nothing here, where there is no more to be had.
func (c *Collector) SetWant(Want) {}

// Close lets go of what the Collector holds: nothing here.
func (c *Collector) Close() error { return nil }

// Collect fills s with a new reading. s is the caller's, and its memory is reused.
func (c *Collector) Collect(ctx context.Context, s *pcb.Snapshot) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	*s = pcb.Snapshot{
		Time: now, Mono: now.Sub(c.started), Boot: now.Sub(c.boot),
		Source: "gopsutil", Procs: s.Procs[:0], Threads: s.Threads[:0], Host: c.host,
	}
	pids, err := process.PidsWithContext(ctx)
	if err != nil {
		return fmt.Errorf("collect: listing processes: %w", err)
	}
	slices.Sort(pids)
	s.Coverage.Listed = len(pids)
	known := make(map[pcb.ID]texts, len(pids))
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, ok := c.process(ctx, pid)
		if !ok {
			s.Coverage.Vanished++
			continue
		}
		known[p.ID] = c.texts[p.ID]
		s.Procs = append(s.Procs, p)
	}
	c.texts = known
	s.Coverage.Read = len(s.Procs)
	readSystem(ctx, &s.System)
	c.self(s)
	s.ScanDuration = time.Since(now)
	return nil
}

// process reads one process; ok is false when it has gone.
func (c *Collector) process(ctx context.Context, pid int32) (p pcb.Process, ok bool) {
	from := &process.Process{Pid: pid}
	born, err := from.CreateTimeWithContext(ctx)
	if err != nil {
		exists, existsErr := process.PidExistsWithContext(ctx, pid)
		if existsErr != nil || !exists {
			return p, false
		}
		p.Denied |= pcb.FieldCore
	}
	p.PID, p.TPGID, p.Threads = pid, -1, 1
	p.ExitSig = int32(pcb.SIGCHLD) // clone with another is Linux's own
	p.Start = uint64(max(0, born))
	p.Started = max(0, time.UnixMilli(born).Sub(c.boot))
	p.At = time.Since(c.started)
	if ppid, err := from.PpidWithContext(ctx); err == nil && born > 0 {
		p.PPID = ppid
		p.Have |= pcb.FieldCore
	}
	p.State = state(ctx, from)
	if times, err := from.TimesWithContext(ctx); err == nil {
		p.UTime, p.STime = seconds(times.User), seconds(times.System)
	}
	if n, err := from.NumThreadsWithContext(ctx); err == nil && n > 0 {
		p.Threads = n
	}
	if nice, err := from.NiceWithContext(ctx); err == nil && runtime.GOOS != "windows" { // a priority class there
		p.Nice = nice
		p.Have |= pcb.FieldNice
	}
	if m, err := from.MemoryInfoWithContext(ctx); err == nil && m != nil {
		p.RSS, p.VSize = m.RSS, m.VMS
		p.Have |= pcb.FieldRSS
	}
	c.creds(ctx, from, &p)
	transfers(ctx, from, &p)
	c.text(ctx, from, &p)
	return p, true
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// state gives the letter that Linux would show.
func state(ctx context.Context, from *process.Process) byte {
	words, err := from.StatusWithContext(ctx)
	if err != nil || len(words) == 0 {
		return 0
	}
	switch words[0] {
	case process.Running:
		return 'R'
	case process.Sleep, process.Idle, process.Wait, process.Lock:
		return 'S'
	case process.Blocked:
		return 'D'
	case process.Stop:
		return 'T'
	case process.Zombie:
		return 'Z'
	}
	return 0
}

func (c *Collector) creds(ctx context.Context, from *process.Process, p *pcb.Process) {
	uids, err := from.UidsWithContext(ctx)
	gids, gidErr := from.GidsWithContext(ctx)
	if err != nil || gidErr != nil || len(uids) == 0 || len(gids) == 0 {
		return
	}
	p.UID, p.EUID = uint32(uids[0]), uint32(uids[min(1, len(uids)-1)])
	p.GID, p.EGID = uint32(gids[0]), uint32(gids[min(1, len(gids)-1)])
	p.User, p.Group = c.names.user(p.EUID), c.names.group(p.EGID)
	p.Have |= pcb.FieldCreds
}

// transfers reads what Windows counts: bytes passed to read and write calls. The BSDs' figure is of another kind.
func transfers(ctx context.Context, from *process.Process, p *pcb.Process) {
	if runtime.GOOS != "windows" {
		return
	}
	if n, err := from.IOCountersWithContext(ctx); err == nil && n != nil {
		p.ReadChars, p.WriteChars = n.ReadBytes, n.WriteBytes
		p.ReadBytes, p.WriteBytes = n.ReadBytes, n.WriteBytes
		p.ReadCalls, p.WriteCalls = n.ReadCount, n.WriteCount
		p.IOAt = p.At
		p.Have |= pcb.FieldIO
	}
}

func (c *Collector) text(ctx context.Context, from *process.Process, p *pcb.Process) {
	t, known := c.texts[p.ID]
	if !known {
		t.comm, _ = from.NameWithContext(ctx)
		if args, err := from.CmdlineSliceWithContext(ctx); err == nil {
			t.cmdline = strings.Join(args, "\x00")
			t.cmdline = t.cmdline[:min(len(t.cmdline), pcb.CmdlineMax)]
			t.have |= pcb.FieldCmdline
		}
		c.texts[p.ID] = t
	}
	p.Comm, p.Cmdline = t.comm, t.cmdline
	p.Have |= t.have
}

func (c *Collector) self(s *pcb.Snapshot) {
	s.Self.PID = int32(os.Getpid())
	if i := s.Index(s.Self.PID); i >= 0 {
		p := &s.Procs[i]
		s.Self.CPUTime, s.Self.RSS = p.UTime+p.STime, p.RSS
	}
}

// Capture answers with an error: there is no /proc to capture.
func Capture(context.Context, string, io.Writer, CaptureOptions) error {
	return fmt.Errorf("collect: capturing /proc: there is none on %s", runtime.GOOS)
}
