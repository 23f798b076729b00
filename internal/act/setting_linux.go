package act

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// ownNice is what ptop gives itself.
const ownNice = -10

// threadPasses bounds how often the threads are listed anew while a process keeps making more of them.
const threadPasses = 10

// RaiseOwn puts ptop before the processes that it watches, where that is allowed and whoever started it gave it no other
// nice value: in a storm of context switches whoever watches with nice 0 runs seconds late.
func RaiseOwn() {
	if nice, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != nil || nice != 20 { // the kernel answers 20 - nice
		return
	}
	self, _ := Bind("", []pcb.ID{{PID: int32(os.Getpid())}}, pcb.Alone)
	defer self.Close()
	self.Set(pcb.Nice(ownNice))
}

// Set gives every bound process the setting. A process is its threads: where each has a value of its own, setting the
// leader's would change but one.
func (t *target) Set(s pcb.Setting) []pcb.Outcome {
	return t.each(nil, func(b *bound) (string, error) { return b.set(&s) })
}

// Present reads how a setting of a process stands, in the /proc at root (empty for /proc).
func Present(root string, id pcb.ID, kind pcb.SettingKind) (pcb.Present, error) {
	held, failed := Bind(root, []pcb.ID{id}, pcb.Alone)
	defer held.Close()
	if len(failed) > 0 {
		return pcb.Present{}, failed[0].Err
	}
	return held.(*target).bound[0].present(kind)
}

// refuseSetting says why a setting of this process is left alone.
func (b *bound) refuseSetting(kind pcb.SettingKind) error {
	now, err := b.read()
	switch {
	case err != nil:
	case now.zombie():
		err = errors.New("the process is a zombie, it never runs again")
	case b.kernel:
		err = errors.New("the process is a kernel thread, the whole machine may wait for what it does")
	case kind != pcb.SetNice && int(b.id.PID) == os.Getpid():
		err = errors.New("the process is ptop itself, which has to see what becomes of the others")
	default:
		return nil
	}
	return notSet(kind, err)
}

func notSet(kind pcb.SettingKind, err error) error {
	return fmt.Errorf("%s was not set: %w", kind.Info().Short, err)
}

func (b *bound) set(s *pcb.Setting) (string, error) {
	if err := s.Check(); err != nil {
		return "", err
	}
	if err := b.refuseSetting(s.Kind); err != nil {
		return "", err
	}
	if s.Kind.Info().Whole {
		if err := b.setWhole(s); err != nil {
			return "", notSet(s.Kind, err)
		}
		return s.Did(""), nil
	}
	done, living, problem, err := b.setThreads(s)
	if err != nil {
		return "", notSet(s.Kind, err)
	}
	did, err := outcome(done, living, s, problem)
	if err == nil && s.Kind == pcb.SetAffinity {
		err = b.shortfall(s)
	}
	return did, err
}

// setThreads sets it for every thread: how many of those that live were reached, and why not one that was not.
func (b *bound) setThreads(s *pcb.Setting) (done, living int, problem, err error) {
	// A thread that is made while this goes on has the value of the one that made it: list until there is none new.
	seen := make(map[int]bool)
	for range threadPasses {
		tids, err := b.threads()
		if err != nil {
			return 0, 0, nil, b.readError(err)
		}
		fresh := 0
		for _, tid := range tids {
			if seen[tid] {
				continue
			}
			seen[tid] = true
			fresh++
			switch err := b.setThread(tid, s); {
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
	return done, living, problem, nil
}

// outcome puts into words how many threads were reached, and why not all.
func outcome(done, living int, s *pcb.Setting, problem error) (string, error) {
	if living == 0 {
		return "", notSet(s.Kind, fmt.Errorf("%w meanwhile", ErrEnded))
	}
	did := s.Did(fmt.Sprintf("%d of %d threads", done, living))
	if living == 1 {
		did = s.Did("")
	}
	if problem == nil {
		return did, nil
	}
	if done == 0 {
		return "", notSet(s.Kind, problem)
	}
	return did, fmt.Errorf("%s was set for %d of %d threads: %w", s.Kind.Info().Short, done, living, problem)
}

// setThread sets it for one thread. None of the system calls takes a descriptor, so the thread is looked up before and
// after through the process's own directory.
func (b *bound) setThread(tid int, s *pcb.Setting) error {
	if err := b.checkThread(tid); err != nil {
		return err
	}
	knob := knobs[s.Kind]
	err := knob.set(tid, s)
	switch {
	case errors.Is(err, unix.ESRCH):
		return ErrEnded
	case err != nil:
		return fmt.Errorf("thread %d: %w", tid, knob.explain(b, s, err))
	}
	if b.checkThread(tid) != nil {
		return fmt.Errorf("thread %d ended while its %s was set: see who has that number now", tid, s.Kind.Info().Name)
	}
	return nil
}

func (b *bound) checkThread(tid int) error {
	text, err := readAt(b.dir, "task/"+strconv.Itoa(tid)+"/status")
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

// present reads how a setting stands: the first living thread's value, and whether another one has another.
func (b *bound) present(kind pcb.SettingKind) (pcb.Present, error) {
	var p pcb.Present
	if kind.Info().Whole {
		s, err := b.readWhole(kind)
		return pcb.Present{Setting: s}, err
	}
	tids, err := b.threads()
	if err != nil {
		return p, b.readError(err)
	}
	known := false
	for _, tid := range tids {
		s, err := knobs[kind].get(tid)
		if err == nil {
			err = b.checkThread(tid) // it was of this process
		}
		switch {
		case errors.Is(err, unix.ESRCH) || errors.Is(err, ErrEnded):
		case err != nil:
			return p, fmt.Errorf("reading the %s of thread %d: %w", kind.Info().Name, tid, err)
		case !known:
			p.Setting, known = s, true
		case s.String() != p.Setting.String():
			p.Differ = true
		}
	}
	if !known {
		return p, ErrEnded
	}
	if kind == pcb.SetAffinity {
		p.Allowed = b.allowedCPUs()
	}
	return p, nil
}
