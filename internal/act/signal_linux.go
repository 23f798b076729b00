package act

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// sendSignal is pidfd_send_signal(2); a test stands in for a kernel that has none.
var sendSignal = unix.PidfdSendSignal

// Signal sends sig to every bound process that can do something with it, or to those in to alone, in their order.
func (t *target) Signal(sig pcb.Signal, to ...pcb.ID) []pcb.Outcome {
	return t.each(to, func(b *bound) (string, error) { return b.signal(t.root, sig) })
}

func (b *bound) signal(root string, sig pcb.Signal) (string, error) {
	if sig < 1 || sig > 64 {
		return "", fmt.Errorf("signal %d does not exist: want 1 to 64", int(sig))
	}
	now, err := b.send(root, sig, unix.Signal(sig))
	if err != nil {
		return "", err
	}
	return "sent " + sig.String() + b.afterword(sig, now), nil
}

// send sends a signal that is spoken of as sig: sig itself, or 0, which asks the kernel whether it would be let through and
// does nothing else.
func (b *bound) send(root string, sig pcb.Signal, as unix.Signal) (task, error) {
	now, err := b.read()
	if err == nil {
		err = b.refuse(root, now)
	}
	if err == nil {
		err = sendSignal(b.dir, as, nil, 0)
	}
	if err != nil {
		err = fmt.Errorf("%v was not sent: %w", sig, b.explainSignal(err))
	}
	return now, err
}

// Refusals gives those processes of a Target of Bind to which sig would not be sent, each with what Signal would say; for a
// sig of 0 those whose nice value would not be set, as far as that can be told before. It does nothing to anybody.
func Refusals(held pcb.Target, sig pcb.Signal) []pcb.Outcome {
	t := held.(*target)
	outcomes := t.each(nil, func(b *bound) (string, error) {
		if sig == 0 {
			return "", b.refuseSetting(pcb.SetNice)
		}
		_, err := b.send(t.root, sig, 0)
		return "", err
	})
	return slices.DeleteFunc(outcomes, func(o pcb.Outcome) bool { return o.Err == nil })
}

// refuse says why a signal to this process would do nothing, or harm ptop's user.
func (b *bound) refuse(root string, now task) error {
	switch {
	case now.zombie():
		return fmt.Errorf("%w; its parent %s must wait for it", ErrZombie, describe(root, now.parent))
	case b.kernel:
		return errors.New("the process is a kernel thread, these ignore signals")
	case int(b.id.PID) == os.Getpid():
		return errors.New("the process is ptop itself: quit it instead")
	}
	return nil
}

// describe gives a pid with the name of its bearer.
func describe(root string, pid int) string {
	comm, err := os.ReadFile(filepath.Join(root, strconv.Itoa(pid), "comm"))
	if err != nil {
		return strconv.Itoa(pid)
	}
	return fmt.Sprintf("%d (%s)", pid, strings.TrimSuffix(string(comm), "\n"))
}

// explainSignal adds what to do to an error of the kernel. There is no way round it by kill(2): that could reach
// another process, which got the pid meanwhile.
func (b *bound) explainSignal(err error) error {
	switch {
	case errors.Is(err, ErrEnded):
		return fmt.Errorf("%w meanwhile; nobody was signalled", ErrEnded)
	case errors.Is(err, unix.ESRCH):
		return fmt.Errorf("%w meanwhile; nobody was signalled (%w)", ErrEnded, err)
	case errors.Is(err, unix.EPERM):
		return b.notPermitted(err)
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%w: the process is in a pid namespace that ptop's does not contain", err)
	case errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("%w: this kernel has no pidfd_send_signal (Linux 5.1, or a seccomp filter that allows it); "+
			"without it a signal could reach another process", err)
	}
	return err
}

// afterword says why a signal that was sent may have no effect, or none yet.
func (b *bound) afterword(sig pcb.Signal, before task) string {
	if b.blocked {
		return "; it is in an exec that does not end, and may act on that only when it does"
	}
	if before.state == 'D' {
		return "; it sleeps uninterruptibly and will act on that when it wakes"
	}
	if (before.state == 'T' || before.state == 't') && sig != pcb.SIGKILL && sig != pcb.SIGCONT {
		return "; it is stopped and will act on that when it goes on"
	}
	status, err := readAt(b.dir, "status")
	if err != nil {
		return ""
	}
	return withstood(status, sig, before.threads)
}

// withstood says by a status file why a process may not act on a signal that it has got.
func withstood(status string, sig pcb.Signal, threads int) string {
	if maskHas(status, "SigIgn", sig) {
		return "; it ignores that signal"
	}
	if threads == 1 && maskHas(status, "SigBlk", sig) { // of several, another thread may take it
		return "; it blocks that signal: it may take it by sigwait or signalfd, or when it lifts that"
	}
	// Of a nested pid namespace the first process can be killed and stopped from outside.
	pids := strings.Fields(statusField(status, "NSpid"))
	forced := (sig == pcb.SIGKILL || sig == pcb.SIGSTOP) && len(pids) > 1
	if len(pids) > 0 && pids[len(pids)-1] == "1" && !maskHas(status, "SigCgt", sig) && !forced {
		return "; it is PID 1 of its pid namespace and has no handler for it, so the kernel drops it"
	}
	return ""
}

// maskHas reports whether a signal is in one of the masks of a status file.
func maskHas(status, key string, sig pcb.Signal) bool {
	mask, err := strconv.ParseUint(statusField(status, key), 16, 64)
	return err == nil && sig.InMask(mask)
}
