//go:build unix

package ui

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
	"golang.org/x/term"
)

// openScreen opens the controlling terminal, never taken for larger than ptop can afford.
func openScreen() (tcell.Screen, error) {
	tty, err := tcell.NewDevTty()
	if err != nil {
		return nil, err
	}
	return tcell.NewTerminfoScreenFromTty(clampedTty{tty})
}

// clampedTty tells a bounded size.
type clampedTty struct{ tcell.Tty }

// WindowSize gives the terminal's size, or the largest that ptop draws on.
func (t clampedTty) WindowSize() (tcell.WindowSize, error) {
	ws, err := t.Tty.WindowSize()
	ws.Width, ws.Height = min(ws.Width, maxCols), min(ws.Height, maxRows)
	return ws, err
}

// leave is what takes a terminal out of all that ptop switches on: mouse, paste and key modes, colours, the hidden
// cursor, the alternate screen.
const leave = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b>\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"

// saveTerminal remembers the terminal's modes; what it gives restores them without the help of tcell.
func saveTerminal() func() {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return func() {}
	}
	defer tty.Close()
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return func() {}
	}
	return func() {
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			return // gone: nothing to restore
		}
		defer tty.Close()
		_, _ = tty.WriteString(leave)
		_ = term.Restore(int(tty.Fd()), state)
	}
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
func (j *jobControl) suspend(ctx context.Context, tv *tview.Application) {
	tv.Suspend(func() {
		cont := make(chan os.Signal, 1)
		signal.Notify(cont, syscall.SIGCONT)
		defer signal.Stop(cont)
		// SIGTTOU stops as SIGTSTP does; Go can't give the latter its default action back once it was asked for.
		if err := syscall.Kill(0, syscall.SIGTTOU); err != nil {
			return
		}
		select { // the stop can come a moment after the call has returned
		case <-cont:
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	})
}
