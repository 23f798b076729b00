package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// family gives a process and its descendants.
func family(pid int) ([]int, error) {
	all := []int{pid}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err
	}
	if len(lists) == 0 {
		return nil, fmt.Errorf("process %d has ended, or the kernel is built without CONFIG_PROC_CHILDREN", pid)
	}
	for _, list := range lists {
		text, _ := os.ReadFile(list) // no thread, no children
		for _, word := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", list, err)
			}
			if more, err := family(child); err == nil { // it may have ended
				all = append(all, more...)
			}
		}
	}
	return all, nil
}

// clocks reads the CPU clocks of a process and its descendants: exact, not in ticks, ended threads included.
func clocks(pid int) (map[int]time.Duration, error) {
	all, err := family(pid)
	if err != nil {
		return nil, err
	}
	clocks := make(map[int]time.Duration)
	for _, pid := range all {
		const sched = 2 // as clock_getcpuclockid makes it
		var t unix.Timespec
		if err := unix.ClockGettime(int32(^pid<<3|sched), &t); err != nil {
			return nil, fmt.Errorf("the CPU clock of process %d: %w", pid, err)
		}
		clocks[pid] = time.Duration(t.Nano())
	}
	return clocks, nil
}

// peakRSS adds up the peaks of a process and its descendants, in MiB, with the pages that they share counted for each;
// own is its own part.
func peakRSS(pid int) (sum, own float64, err error) {
	all, err := family(pid)
	for i, pid := range all {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, 0, err
		}
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		kib, err := strconv.ParseFloat(strings.Fields(rest + " ?")[0], 64)
		if err != nil {
			return 0, 0, fmt.Errorf("the peak RSS of process %d: %w", pid, err)
		}
		if sum += kib / 1024; i == 0 {
			own = sum
		}
	}
	return sum, own, err
}

// endProcess waits until a process is gone, and kills it when ctx ends.
func endProcess(ctx context.Context, pid int) {
	for unix.Kill(pid, 0) == nil {
		if sleep(ctx, 20*time.Millisecond) != nil {
			_ = unix.Kill(pid, unix.SIGKILL)
			return
		}
	}
}

// adoptOrphans makes this program the parent of what others leave behind, so that endOrphans finds it.
func adoptOrphans() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// endOrphans ends and reaps all descendants. None of them may be waited for by somebody else.
func endOrphans() {
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		all, _ := family(os.Getpid())
		for _, pid := range all[min(1, len(all)):] {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		for {
			pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
			if errors.Is(err, unix.ECHILD) {
				return
			}
			if pid <= 0 {
				break
			}
		}
	}
}

// reapAdopted reaps what was adopted and has ended, until stop is closed: thousands that nobody waits for would leave no pid for
// others. own is the child that somebody else waits for.
func reapAdopted(own int, stop <-chan struct{}) {
	for {
		pid, err := endedChild()
		if err == nil && pid > 0 && pid != own {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
			continue
		}
		select {
		case <-stop:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// endedChild gives a child that has ended, without reaping it; 0 where none has.
func endedChild() (int, error) {
	const pidAt = 16 // si_pid in siginfo_t, on systems of 64 bits
	var info unix.Siginfo
	err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return int(*(*int32)(unsafe.Add(unsafe.Pointer(&info), pidAt))), err
}
