package detail

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/smallfile"
	"ptop/pcb"
)

// maxThreads is how many threads are looked into.
const maxThreads = 4096

// threads lists the threads.
func (g *reading) threads() {
	g.d.ThreadList = plain(g, pcb.PartThreads, func() ([]pcb.Thread, error) {
		task := filepath.Join(g.root, strconv.Itoa(int(g.d.ID.PID)), "task")
		names, total, err := listNames(task, maxThreads)
		if err != nil {
			return nil, err
		}
		threads := make([]pcb.Thread, 0, len(names))
		for _, name := range names {
			if t, ok := thread(filepath.Join(task, name)); ok {
				threads = append(threads, t)
			}
		}
		if total > len(names) {
			return threads, note(fmt.Sprintf("shown are %d of %d", len(names), total))
		}
		return threads, nil
	})
}

// thread reads one thread from its directory; ok is false when it has ended.
func thread(dir string) (t pcb.Thread, ok bool) {
	stat, err := smallfile.ReadRecord(filepath.Join(dir, "stat"))
	field := afterComm(stat)
	if err != nil || len(field) < 39 || len(field[0]) != 1 {
		return t, false
	}
	ticks := func(i int) time.Duration { return pcb.Tick * time.Duration(parseInt(field[i])) }
	tid, name, _ := bytes.Cut(stat[:bytes.LastIndexByte(stat, ')')], []byte(" ("))
	t = pcb.Thread{
		TID: int32(parseInt(tid)), State: field[0][0], Comm: string(name), At: monotonic(),
		UTime: ticks(11), STime: ticks(12), Started: ticks(19), Priority: int32(parseInt(field[15])), Nice: int32(parseInt(field[16])),
		Processor: int32(parseInt(field[36])), Policy: uint32(parseInt(field[38])), Have: pcb.FieldStat,
	}
	if status, err := smallfile.ReadRecord(filepath.Join(dir, "status")); err == nil {
		voluntary, known := statusNumber(status, "voluntary_ctxt_switches")
		involuntary, both := statusNumber(status, "nonvoluntary_ctxt_switches")
		if known && both {
			t.Voluntary, t.Involuntary = voluntary, involuntary
			t.Have |= pcb.FieldSwitches
		}
	}
	if text, err := smallfile.ReadRecord(filepath.Join(dir, "schedstat")); err == nil {
		if times := bytes.Fields(text); len(times) >= 2 {
			t.RunTime, t.RunDelay = time.Duration(parseInt(times[0])), time.Duration(parseInt(times[1]))
			t.Have |= pcb.FieldSched
		}
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
