package act

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// The range of nice values.
const niceMin, niceMax = -20, 19

// ownNice is what ptop gives itself.
const ownNice = -10

// renicePasses bounds how often the threads are listed anew while a process keeps making more of them.
const renicePasses = 10

// RaiseOwn puts ptop before the processes that it watches, where that is allowed and whoever started it gave it no other
// nice value: in a storm of context switches whoever watches with nice 0 runs seconds late.
func RaiseOwn() {
	if nice, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != nil || nice != 20 { // the kernel answers 20 - nice
		return
	}
	self, _ := Bind("", []pcb.ID{{PID: int32(os.Getpid())}}, pcb.Alone)
	defer self.Close()
	self.Renice(ownNice)
}

// Renice sets the nice value of every thread of every bound process: a process is its threads, and setting the
// leader's changes but one.
func (t *target) Renice(nice int) []pcb.Outcome {
	return t.each(nil, func(b *bound) (string, error) {
		if nice < niceMin || nice > niceMax {
			return "", fmt.Errorf("nice %d does not exist: want %d to %d", nice, niceMin, niceMax)
		}
		return b.renice(nice)
	})
}

// refuseNice says why the nice value of this process is left alone.
func (b *bound) refuseNice() error {
	now, err := b.read()
	switch {
	case err != nil:
	case now.zombie():
		err = errors.New("the process is a zombie, it never runs again")
	case b.kernel:
		err = errors.New("the process is a kernel thread, the whole machine may wait for what it does")
	default:
		return nil
	}
	return fmt.Errorf("nice was not set: %w", err)
}

func (b *bound) renice(nice int) (string, error) {
	if err := b.refuseNice(); err != nil {
		return "", err
	}
	// A thread that is made while this goes on has the value of the one that made it: list until there is none new.
	seen := make(map[int]bool)
	done, living := 0, 0
	var problem error
	for range renicePasses {
		tids, err := b.threads()
		if err != nil {
			return "", fmt.Errorf("nice was not set: %w", b.readError(err))
		}
		fresh := 0
		for _, tid := range tids {
			if seen[tid] {
				continue
			}
			seen[tid] = true
			fresh++
			switch err := b.reniceThread(tid, nice); {
			case err == nil:
				done++
				living++
			case !errors.Is(err, ErrEnded):
				living++
				if problem == nil { // the others are mostly the same
					problem = err
				}
			}
		}
		if fresh == 0 {
			break
		}
	}
	return reniced(done, living, nice, problem)
}

// reniced puts into words how many threads were reached, and why not all.
func reniced(done, living, nice int, problem error) (string, error) {
	if living == 0 {
		return "", fmt.Errorf("nice was not set: %w meanwhile", ErrEnded)
	}
	did := fmt.Sprintf("reniced %d of %d threads to %d", done, living, nice)
	if living == 1 {
		did = fmt.Sprintf("reniced to %d", nice)
	}
	if problem == nil {
		return did, nil
	}
	if done == 0 {
		did = ""
	}
	return did, fmt.Errorf("nice was set for %d of %d threads: %w", done, living, problem)
}

// reniceThread sets the value of one thread. There is no form of setpriority that takes a descriptor, so the thread is
// looked up before and after through the process's own directory.
func (b *bound) reniceThread(tid, nice int) error {
	status := "task/" + strconv.Itoa(tid) + "/status"
	if err := b.checkThread(status); err != nil {
		return err
	}
	err := unix.Setpriority(unix.PRIO_PROCESS, tid, nice)
	switch {
	case errors.Is(err, unix.ESRCH):
		return ErrEnded
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("thread %d: %w: a lower nice value needs root (CAP_SYS_NICE) or a higher limit (ulimit -e)", tid, err)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("thread %d: %w", tid, b.notPermitted(err))
	case err != nil:
		return fmt.Errorf("thread %d: %w", tid, err)
	}
	if b.checkThread(status) != nil {
		return fmt.Errorf("thread %d ended while its nice value was set: see who has that number now", tid)
	}
	return nil
}

func (b *bound) checkThread(status string) error {
	text, err := readAt(b.dir, status)
	if err != nil {
		return b.readError(err)
	}
	thread, err := parseStatus(text)
	if err == nil && (thread.state == 'Z' || thread.state == 'X') {
		return ErrEnded // of a leader that has exited alone
	}
	return err
}

// threads lists the thread IDs of the bound process.
func (b *bound) threads() ([]int, error) {
	fd, err := unix.Openat(b.dir, "task", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	dir := os.NewFile(uintptr(fd), "task")
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	tids := make([]int, 0, len(names))
	for _, name := range names {
		if tid, err := strconv.Atoi(name); err == nil {
			tids = append(tids, tid)
		}
	}
	return tids, nil
}
