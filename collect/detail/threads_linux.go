package detail

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// maxThreads is how many threads are looked into.
const maxThreads = 4096

// threads lists the threads.
func (g *reading) threads() {
	g.d.ThreadList = plain(g, pcb.PartThreads, func() ([]pcb.Thread, error) {
		fs, err := procfs.NewFS(g.root)
		if err != nil {
			return nil, err
		}
		pid := int(g.d.ID.PID)
		names, total, err := listNames(filepath.Join(g.root, strconv.Itoa(pid), "task"), maxThreads)
		if err != nil {
			return nil, err
		}
		threads := make([]pcb.Thread, 0, len(names))
		for _, name := range names {
			tid, _ := strconv.Atoi(name)
			proc, err := fs.Thread(pid, tid)
			if err != nil {
				return nil, err
			}
			if t, ok := thread(proc); ok {
				threads = append(threads, t)
			}
		}
		if total > len(names) {
			return threads, note(fmt.Sprintf("shown are %d of %d", len(names), total))
		}
		return threads, nil
	})
}

// thread reads one thread; ok is false when it has ended.
func thread(proc procfs.Proc) (t pcb.Thread, ok bool) {
	stat, err := proc.Stat()
	if err != nil {
		return t, false
	}
	t = pcb.Thread{
		TID: int32(proc.PID), State: stat.State[0], Comm: stat.Comm, At: monotonic(),
		UTime: pcb.Tick * time.Duration(stat.UTime), STime: pcb.Tick * time.Duration(stat.STime),
		Started: pcb.Tick * time.Duration(stat.Starttime), Nice: int32(stat.Nice), Priority: int32(stat.Priority),
		Policy: uint32(stat.Policy), Processor: int32(stat.Processor), Have: pcb.FieldStat,
	}
	if s, err := proc.NewStatus(); err == nil {
		t.Voluntary, t.Involuntary = s.VoluntaryCtxtSwitches, s.NonVoluntaryCtxtSwitches
		t.Have |= pcb.FieldSwitches
	}
	if s, err := proc.Schedstat(); err == nil {
		t.RunTime, t.RunDelay = time.Duration(s.RunningNanoseconds), time.Duration(s.WaitingNanoseconds)
		t.Have |= pcb.FieldSched
	}
	return t, true
}

// monotonic is the clock of Snapshots.
func monotonic() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
