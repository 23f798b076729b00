//go:build unix

package ui

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/gdamore/tcell/v2/terminfo"
	"github.com/rivo/tview"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"ptop/internal/termname"
)

// terminal is the terminal that ptop runs on, with what it takes to give it back.
type terminal struct {
	tty   tcell.Tty
	info  *terminfo.Terminfo
	file  *os.File // the terminal without tcell
	modes *term.State
	guard *guard
}

// openTerminal finds the terminal, tells what kind it is, and remembers its modes.
func openTerminal(o Options) (*terminal, error) {
	info, err := terminalInfo(termname.Name, o.NoColor)
	if err != nil {
		return nil, err
	}
	if o.Colors == "256" && !o.NoColor {
		giveColours(info)
	}
	tty, file, err := findTty()
	if err != nil {
		return nil, err
	}
	modes, err := term.GetState(int(file.Fd()))
	if err != nil {
		return nil, err
	}
	return &terminal{tty, info, file, modes, startGuard(file)}, nil
}

// findTty opens the controlling terminal. Without one (setsid, su -c) the terminal is what ptop has inherited.
func findTty() (tcell.Tty, *os.File, error) {
	if tty, err := tcell.NewDevTty(); err == nil {
		file, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		return tty, file, err
	}
	tty, err := tcell.NewStdIoTty()
	return &inheritedTty{Tty: tty}, os.Stdout, err
}

// screen makes a tcell screen on the terminal.
func (t *terminal) screen() (tcell.Screen, error) {
	screen, err := tcell.NewTerminfoScreenFromTtyTerminfo(&guardedTty{t.tty, t.guard}, t.info)
	t.guard.prepare(leave(t.info)) // tcell has completed t.info
	return screen, err
}

// restore gives the terminal back without the help of tcell.
func (t *terminal) restore() {
	_, _ = t.file.WriteString(leave(t.info))
	_ = term.Restore(int(t.file.Fd()), t.modes)
}

// close ends the guard: the terminal has been given back.
func (t *terminal) close() { t.guard.close() }

// guardedTty tells the guard when ptop has the terminal, and tcell never a larger size than ptop can afford.
type guardedTty struct {
	tcell.Tty
	guard *guard
}

// Start takes the terminal.
func (t *guardedTty) Start() error {
	err := t.Tty.Start()
	if err == nil {
		t.guard.hold(true)
	}
	return err
}

// Stop gives the terminal back.
func (t *guardedTty) Stop() error {
	err := t.Tty.Stop()
	t.guard.hold(false)
	return err
}

// WindowSize gives the terminal's size, or the largest that ptop draws on.
func (t *guardedTty) WindowSize() (tcell.WindowSize, error) {
	ws, err := t.Tty.WindowSize()
	ws.Width, ws.Height = min(ws.Width, maxCols), min(ws.Height, maxRows)
	return ws, err
}

// notifyFaults passes the signals on by which Go ends a program with a dump, if somebody sends them. Real faults stay
// panics; they, and what can't be caught, are for the guard.
func notifyFaults(ch chan<- os.Signal) {
	signal.Notify(ch, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGSYS)
}

// jobControl stops and continues ptop as a shell expects of a job.
type jobControl struct {
	signals chan os.Signal
	end     chan struct{}
}

// newJobControl calls stop for a SIGTSTP from outside, and redraw after a SIGCONT, which can end a stop that ptop
// could not see coming (SIGSTOP).
func newJobControl(stop, redraw func()) *jobControl {
	j := &jobControl{make(chan os.Signal, 4), make(chan struct{})}
	signal.Notify(j.signals, syscall.SIGTSTP, syscall.SIGCONT)
	go func() {
		for {
			select {
			case <-j.end:
				return
			case s := <-j.signals:
				if s == syscall.SIGTSTP {
					stop()
				} else {
					redraw()
				}
			}
		}
	}()
	return j
}

func (j *jobControl) close() {
	signal.Stop(j.signals)
	close(j.end)
}

// suspend gives the terminal back and stops the job, as the terminal's own Ctrl-Z would. Where nobody could
// continue it (an orphaned process group) the kernel ignores the stop, and the screen comes back at once.
func (j *jobControl) suspend(ctx context.Context, tv *tview.Application, stop func()) {
	tv.Suspend(func() {
		cont := make(chan os.Signal, 1)
		signal.Notify(cont, syscall.SIGCONT)
		defer signal.Stop(cont)
		for ctx.Err() == nil {
			// SIGTTOU stops as SIGTSTP does; Go can't give the latter its default action back once it was asked for.
			if err := syscall.Kill(0, syscall.SIGTTOU); err != nil {
				return
			}
			select { // the stop can come a moment after the call has returned
			case <-cont:
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
			if soonForeground(ctx) {
				return
			}
		}
		stop() // otherwise tview would take the terminal once more
	})
}

// ending lets ptop give the terminal back although another job has it.
func (j *jobControl) ending() { signal.Ignore(syscall.SIGTTOU) }

// soonForeground reports whether ptop's job has the terminal, or gets it while the shell may still be at it. A job
// continued in the background must stop again; or end, if a signal for that has come along.
func soonForeground(ctx context.Context) bool {
	for range 10 {
		if ctx.Err() == nil && inForeground() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

// inForeground reports whether ptop's job is the one that has the terminal.
func inForeground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return true // none, or gone: nobody else has it
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err != nil || group == syscall.Getpgrp()
}
