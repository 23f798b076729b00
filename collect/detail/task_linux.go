package detail

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ptop/internal/smallfile"
	"ptop/pcb"
)

// taskAt reads one thread from its directory: what it is, how it is scheduled and when it ran last. It answers false when
// it has ended.
func (p *pass) taskAt(dir string, process, tid int32) (t pcb.TaskProbe, ok bool) {
	stat, err := smallfile.ReadRecord(filepath.Join(dir, "stat"))
	field := afterComm(stat)
	if err != nil || len(field) < 39 || len(field[0]) != 1 {
		return t, false
	}
	_, name, _ := bytes.Cut(stat[:bytes.LastIndexByte(stat, ')')], []byte("("))
	t = pcb.TaskProbe{
		PID: process, TID: tid, Name: string(name), State: field[0][0], Nice: int32(parseInt(field[16])), Processor: int32(parseInt(field[36])),
		RTPriority: uint32(parseInt(field[37])), Policy: uint32(parseInt(field[38])),
	}
	text, err := smallfile.ReadRecord(filepath.Join(dir, "schedstat"))
	if times := bytes.Fields(text); err == nil && len(times) >= 2 {
		t.RunTime, t.RunDelay, t.Scheduled = time.Duration(parseInt(times[0])), time.Duration(parseInt(times[1])), true
	}
	text, err = smallfile.ReadRecord(filepath.Join(dir, "sched"))
	if ran, known := execStart(string(text)); err == nil && known && p.snap != nil {
		if now, known := p.snap.ExecStart[t.Processor]; known {
			t.Idle, t.IdleKnown = max(0, now-ran), true
		}
	}
	return t, true
}

// parseInt reads a figure of the kernel's; 0 where there is none.
func parseInt(text []byte) int64 {
	n, _ := strconv.ParseInt(string(text), 10, 64)
	return n
}

// execStart finds se.exec_start in a sched file, in milliseconds. The file begins with the task's name, which can hold a
// line that looks like it, but is too short for a figure in it.
func execStart(sched string) (time.Duration, bool) {
	for line := range strings.Lines(sched) {
		if rest, ok := strings.CutPrefix(line, "se.exec_start"); ok {
			_, value, _ := strings.Cut(rest, ":")
			if ms, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && ms >= 0 && ms < 1e12 {
				return time.Duration(ms * float64(time.Millisecond)), true
			}
		}
	}
	return 0, false
}
