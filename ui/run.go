package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
)

// stuckAfter is how long a screen that was told to end may take before the terminal is restored without it.
const stuckAfter = 1500 * time.Millisecond

// ErrNoTerminal says that there is no terminal to draw on.
var ErrNoTerminal = errors.New("the terminal can't show a screen")

// Ended says that a signal which stands for a fault has ended the screen.
type Ended struct{ Signal syscall.Signal }

func (e Ended) Error() string { return "ui: ended by a signal: " + e.Signal.String() }

// Terminal is the terminal that a screen can be shown on. Nothing of it has been changed yet.
type Terminal struct {
	of      *terminal
	options Options
}

// Open finds the terminal, and has somebody stand by who gives it back whatever happens to ptop.
func Open(o Options) (*Terminal, error) {
	t, err := openTerminal(o)
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrNoTerminal, err)
	}
	return &Terminal{t, o}, nil
}

// Close is for when the terminal has been given back, or was never taken.
func (t *Terminal) Close() { t.of.close() }

// Run shows the screen on the terminal until the user quits or ctx ends, and leaves the terminal as it was. A fault
// in ptop, a signal that stands for one, or the loss of the terminal, is an error. parting is what was under way then and
// goes no further, to be told when the screen is gone; mostly it is empty.
func (t *Terminal) Run(ctx context.Context, b Backend) (parting string, err error) {
	screen, err := t.of.screen()
	if err != nil {
		return "", fmt.Errorf("%w (%v)", ErrNoTerminal, err)
	}
	ctx, stop := untilFault(ctx)
	defer stop()
	if err := screen.Init(); err != nil {
		return "", fmt.Errorf("%w (%v)", ErrNoTerminal, err)
	}
	parting, err = runOn(ctx, b, t.options, &opened{Screen: screen}, t.of.restore)
	if ended, ok := context.Cause(ctx).(Ended); ok {
		return parting, ended
	}
	return parting, err
}

// untilFault gives a context that a signal which stands for a fault ends, with Ended as the cause.
func untilFault(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	notifyFaults(signals)
	go func() {
		select {
		case s := <-signals:
			cancel(Ended{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// opened is a screen that is initialised already: tview would do it again, and ignore an error. It does not let tcell draw
// on a terminal that tcell has given back: that would never end. And it draws on a canvas of its own, of which tcell gets
// what has changed.
type opened struct {
	tcell.Screen
	canvas canvas
	mu     sync.Mutex
	away   bool
	stale  atomic.Bool // the terminal may not show what the canvas has given it
}

// PollEvent waits for the next event. One of another size may stand for two, of which the first took what was beyond it.
func (s *opened) PollEvent() tcell.Event {
	ev := s.Screen.PollEvent()
	if _, ok := ev.(*tcell.EventResize); ok {
		s.stale.Store(true)
	}
	return ev
}

// Clear blanks the canvas.
func (s *opened) Clear() { s.canvas.clear(s.Size()) }

// Put draws text, which is one character.
func (s *opened) Put(x, y int, text string, style tcell.Style) (string, int) {
	s.canvas.put(x, y, text, style)
	return "", 1
}

// Init does nothing.
func (*opened) Init() error { return nil }

// Show draws what has changed.
func (s *opened) Show() {
	s.draw(func() {
		if s.stale.Swap(false) {
			s.canvas.forget()
		}
		if s.canvas.flush(s.Screen) {
			s.Screen.Show()
		}
	})
}

// Sync draws everything anew.
func (s *opened) Sync() { s.draw(s.Screen.Sync) }

func (s *opened) draw(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.away {
		f()
	}
}

// Suspend gives the terminal back for a time.
func (s *opened) Suspend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = true
	return s.Screen.Suspend()
}

// Resume takes the terminal again. A failure, which tview ignores, is the loss of the terminal.
func (s *opened) Resume() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.Screen.Resume()
	if err != nil {
		_ = s.PostEvent(tcell.NewEventError(err))
		return err
	}
	s.away = false
	s.stale.Store(true)
	return nil
}

// Fini gives the terminal back for good.
func (s *opened) Fini() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = true
	s.Screen.Fini()
}

// runOn runs the screen's event loop on an initialised screen, which it closes in the end. restore is the last
// resort when that does not succeed.
func runOn(ctx context.Context, b Backend, o Options, screen tcell.Screen, restore func()) (parting string, err error) {
	a, err := newApp(b, o)
	if err != nil {
		screen.Fini()
		return "", err
	}
	a.showing(screen.Colors())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	screenRoot := &root{Box: tview.NewBox(), a: a, drawn: make(chan struct{})}
	tv := tview.NewApplication().SetScreen(screen).SetRoot(screenRoot, true)
	var failure failure
	fail := func(err error) { failure.set(err); cancel() }
	a.quit = cancel
	a.sync = screen.Sync
	a.spawn = func(work func(context.Context) func()) {
		go guarded(fail, func() {
			if then := work(ctx); then != nil {
				a.mail.post(then)
			}
		})
	}
	tv.SetInputCapture(func(ev *tcell.EventKey) *tcell.EventKey {
		if ev.Key() == keyWake {
			a.receive()
		} else {
			a.press(ev)
		}
		return nil // tview draws now, and does nothing else with the key
	})
	tv.EnablePaste(true) // of tview, which hands pasted keys on as typed ones unless it was asked itself
	screen.EnableMouse(tcell.MouseButtonEvents)
	go guarded(fail, func() { a.mail.feed(ctx, b.Frames()) })
	go guarded(fail, func() { a.mail.pump(ctx, screen) })
	job := newJobControl(func() { a.mail.post(a.suspend) }, func() { a.mail.post(func() { tv.Suspend(func() {}); screen.Sync() }) })
	defer job.close()
	stop := sync.OnceFunc(tv.Stop) // once: another would look at what Run clears behind the first
	a.stopJob = func() { job.suspend(ctx, tv, stop); screen.Sync() }

	done := make(chan struct{})
	go func() {
		defer close(done)
		guarded(fail, func() {
			if err := tv.Run(); err != nil {
				fail(fmt.Errorf("ui: the terminal is lost: %w", err))
			}
		})
	}()
	select {
	case <-done:
		stop() // after a panic its poller still waits
	case <-ctx.Done():
		job.ending()
		go func() {
			<-screenRoot.drawn // a Stop before Run would make Run open a screen of its own
			stop()
		}()
		select {
		case <-done:
		case <-time.After(stuckAfter):
			restore()
			failure.set(errors.New("ui: the screen did not end in time; the terminal was restored without it"))
			return "", failure.get() // the app is the event loop's yet
		}
	}
	return a.parting(), failure.get()
}

// guarded runs f and turns a panic into an error.
func guarded(fail func(error), f func()) {
	defer func() {
		if p := recover(); p != nil {
			fail(panicError(p))
		}
	}()
	f()
}

// failure keeps the first error.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
