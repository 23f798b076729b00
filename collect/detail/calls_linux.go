package detail

import (
	"context"
	"encoding/binary"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// calls reads what the threads do in the kernel.
func (g *reading) calls(ctx context.Context) {
	dir := filepath.Join(g.root, strconv.Itoa(int(g.d.ID.PID)))
	files := g.dir
	g.d.Calls = plain(g, pcb.PartSyscall, func() ([]pcb.ThreadProbe, error) {
		task := filepath.Join(dir, "task")
		names, _, err := listNames(task, maxThreads)
		if err != nil {
			return nil, err
		}
		return probeThreads(ctx, task, names, files)
	})
	if len(g.d.Calls) == 0 || g.root != "/proc" { // of another /proc the numbers mean nothing to the kernel
		return
	}
	leader := g.d.Calls[0]
	if span, ok := milliseconds(&leader); ok {
		g.d.Timeout = &pcb.Timeout{Span: span}
		return
	}
	g.d.Timeout, _ = within(g, &g.memory, memoryTimeout, func() (*pcb.Timeout, error) {
		out, err := timeout(&leader)
		if out == nil {
			return nil, err
		}
		again, err := probeThread(filepath.Join(dir, "task", strconv.Itoa(int(leader.TID))), strconv.Itoa(int(leader.TID)))
		if again.Syscall != leader.Syscall || again.Args != leader.Args { // what was read was no timeout any more
			return nil, err
		}
		return out, err
	})
}

// milliseconds gives the timeout of a call that has it as a number among its arguments.
func milliseconds(t *pcb.ThreadProbe) (time.Duration, bool) {
	arg := -1
	switch t.SyscallName {
	case "poll":
		arg = 2
	case "epoll_wait", "epoll_pwait":
		arg = 3
	}
	if arg < 0 || int32(t.Args[arg]) < 0 {
		return 0, false
	}
	return time.Duration(int32(t.Args[arg])) * time.Millisecond, true
}

// timerAbsolute is TIMER_ABSTIME of clock_nanosleep.
const timerAbsolute = 1

// timeout reads the timeout of a call that points to it in the process's memory; nil where there is none.
func timeout(t *pcb.ThreadProbe) (*pcb.Timeout, error) {
	arg, fraction := -1, time.Nanosecond
	switch t.SyscallName {
	case "nanosleep":
		arg = 0
	case "clock_nanosleep", "ppoll":
		arg = 2
	case "pselect6":
		arg = 4
	case "select":
		arg, fraction = 4, time.Microsecond
	}
	if arg < 0 || t.Args[arg] == 0 {
		return nil, nil
	}
	var words [16]byte
	local := []unix.Iovec{{Base: &words[0]}}
	local[0].SetLen(len(words))
	n, err := unix.ProcessVMReadv(int(t.TID), local, []unix.RemoteIovec{{Base: uintptr(t.Args[arg]), Len: len(words)}}, 0)
	if err != nil || n != len(words) || strconv.IntSize != 64 {
		return nil, err
	}
	seconds, rest := int64(binary.NativeEndian.Uint64(words[:8])), int64(binary.NativeEndian.Uint64(words[8:]))
	const most = int64(1<<63-1) / int64(time.Second)
	if seconds < 0 || seconds >= most || rest < 0 {
		return nil, nil
	}
	out := &pcb.Timeout{Span: time.Duration(seconds)*time.Second + time.Duration(rest)*fraction}
	if t.SyscallName != "clock_nanosleep" || t.Args[1]&timerAbsolute == 0 {
		return out, nil
	}
	var now unix.Timespec
	if err := unix.ClockGettime(int32(t.Args[0]), &now); err != nil {
		return nil, err
	}
	out.Span, out.Left = max(0, out.Span-time.Duration(now.Nano())), true
	return out, nil
}
