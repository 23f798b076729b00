package ui

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"
	"ptop/pcb"
)

// live is a screen with its event loop running.
type live struct {
	t      *testing.T
	b      *fakeBackend
	screen tcell.SimulationScreen
	cancel context.CancelFunc
	done   chan error
}

func start(t *testing.T, b Backend, fake *fakeBackend) *live {
	t.Helper()
	screen := tcell.NewSimulationScreen("UTF-8")
	if err := screen.Init(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &live{t, fake, screen, cancel, make(chan error, 1)}
	go func() {
		_, err := runOn(ctx, b, Options{}, &opened{Screen: screen}, func() {})
		l.done <- err
	}()
	t.Cleanup(cancel)
	return l
}

// ends waits for the screen to end and gives its error.
func (l *live) ends() error {
	l.t.Helper()
	select {
	case err := <-l.done:
		return err
	case <-time.After(20 * time.Second):
		buf := make([]byte, 1<<16)
		l.t.Fatalf("the screen does not end\n%s", buf[:runtime.Stack(buf, true)])
		return nil
	}
}

// goroutines counts them. The one that os/signal keeps for ever once it has been used is among them.
func goroutines() int {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt)
	signal.Stop(ch)
	return runtime.NumGoroutine()
}

// settles waits until no goroutine of the screen is left.
func settles(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestRunQuits(t *testing.T) {
	before := goroutines()
	b := newFakeBackend()
	l := start(t, b, b)
	b.frames <- machine(1)
	l.screen.InjectKey(tcell.KeyRune, 'q', tcell.ModNone)
	if err := l.ends(); err != nil {
		t.Error(err)
	}
	settles(t, before)
}

func TestRunEndsWithItsContext(t *testing.T) {
	before := goroutines()
	for range 20 { // at once, too
		b := newFakeBackend()
		l := start(t, b, b)
		l.cancel()
		if err := l.ends(); err != nil {
			t.Error(err)
		}
	}
	settles(t, before)
}

func TestRunOutlivesTheSampling(t *testing.T) {
	b := newFakeBackend()
	l := start(t, b, b)
	b.frames <- machine(1)
	close(b.frames)
	l.screen.InjectKey(tcell.KeyRune, 'f', tcell.ModNone)
	l.screen.InjectKey(tcell.KeyRune, 'q', tcell.ModNone)
	if err := l.ends(); err != nil {
		t.Error(err)
	}
}

// panicky is a Backend with a fault.
type panicky struct{ *fakeBackend }

func (panicky) Detail(context.Context, pcb.ID, pcb.Dear) (*pcb.Detail, error) {
	panic("a fault in the reader")
}

func (panicky) Refresh() { panic("a fault on the UI goroutine") }

// What is pasted comes through the event loop as a paste: none of its characters acts as a key.
func TestRunTakesNoPasteForKeys(t *testing.T) {
	b := newFakeBackend()
	l := start(t, panicky{b}, b)
	for _, ev := range []tcell.Event{
		tcell.NewEventPaste(true), tcell.NewEventKey(tcell.KeyRune, 'R', tcell.ModNone), tcell.NewEventPaste(false),
		tcell.NewEventKey(tcell.KeyRune, 'q', tcell.ModNone),
	} {
		if err := l.screen.PostEvent(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.ends(); err != nil {
		t.Error(err) // R, which is a fault of this Backend
	}
}

// A fault, in a goroutine or in the event loop, ends the screen with an error that tells it.
func TestRunReportsPanics(t *testing.T) {
	before := goroutines()
	for key, want := range map[rune]string{'e': "a fault in the reader", 'R': "a fault on the UI goroutine"} {
		b := newFakeBackend()
		l := start(t, panicky{b}, b)
		b.frames <- machine(1)
		deadline := time.After(20 * time.Second)
		for ended := false; !ended; { // until the Frame is there the key has nothing to act on
			l.screen.InjectKey(tcell.KeyRune, key, tcell.ModNone)
			select {
			case err := <-l.done:
				ended = true
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%c: the error is %v", key, err)
				}
			case <-deadline:
				t.Fatal("the screen does not end")
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	settles(t, before)
}

func TestRunReportsALostTerminal(t *testing.T) {
	b := newFakeBackend()
	l := start(t, b, b)
	for l.screen.PostEvent(tcell.NewEventError(context.DeadlineExceeded)) != nil {
		time.Sleep(time.Millisecond)
	}
	if err := l.ends(); err == nil || !strings.Contains(err.Error(), "terminal is lost") {
		t.Errorf("the error is %v", err)
	}
}

// unresumable is a screen whose terminal is gone when it is wanted back.
type unresumable struct {
	tcell.SimulationScreen
	drawn int
}

func (*unresumable) Suspend() error { return nil }

func (*unresumable) Resume() error { return context.DeadlineExceeded }

func (s *unresumable) Show() { s.drawn++ }

func (s *unresumable) Sync() { s.drawn++ }

func TestNothingIsDrawnWithoutTheTerminal(t *testing.T) {
	inner := &unresumable{SimulationScreen: tcell.NewSimulationScreen("UTF-8")}
	if err := inner.Init(); err != nil {
		t.Fatal(err)
	}
	s := &opened{Screen: inner}
	show := func(text string) {
		s.Clear()
		s.Put(0, 0, text, tcell.StyleDefault)
		s.Show()
	}
	show("a")
	_ = s.Suspend()
	show("b")
	if err := s.Resume(); err == nil {
		t.Error("no error")
	}
	show("c")
	s.Sync()
	if inner.drawn != 1 {
		t.Errorf("it was drawn %d times, once on a terminal", inner.drawn)
	}
	for {
		ev := s.PollEvent()
		if _, ok := ev.(*tcell.EventError); ok {
			break
		}
		if ev == nil {
			t.Fatal("the event loop is told nothing")
		}
	}
	s.Fini()
}

// How long random use goes on, a step each millisecond or more, and which it is: go test ./ui -run RandomUse -use 60000.
var (
	useSteps = flag.Int("use", 1000, "steps of TestRandomUse")
	useSeed  = flag.Int("use-seed", 3, "what they are drawn from")
)

// Keys, the mouse, sizes and readings in any order: no fault, and no goroutine is left.
func TestRandomUse(t *testing.T) {
	before := goroutines()
	rng := rand.New(rand.NewPCG(uint64(*useSeed), 12))
	var strokes []string
	for _, b := range bindings() {
		for _, k := range b.keys {
			if k != "q" && k != "F10" && k != "Ctrl-C" && k != "Ctrl-Z" {
				strokes = append(strokes, k)
			}
		}
	}
	strokes = append(strokes, "a", "y", "Enter", "Enter", "Esc", "Esc", "Backspace", "Tab", "Space")
	b := newFakeBackend()
	l := start(t, b, b)
	seq := uint64(0)
	for range *useSteps {
		switch rng.IntN(12) {
		case 0:
			l.screen.SetSize(rng.IntN(130), rng.IntN(50))
		case 1:
			seq++
			f := machine(seq)
			if rng.IntN(5) == 0 {
				f = emptied(f)
			}
			select {
			case b.frames <- f:
			default:
			}
		case 2:
			l.screen.InjectMouse(rng.IntN(130), rng.IntN(50), []tcell.ButtonMask{tcell.ButtonPrimary, tcell.ButtonNone, tcell.WheelDown}[rng.IntN(3)], tcell.ModNone)
		default:
			ev := keyEvent(strokes[rng.IntN(len(strokes))])
			l.screen.InjectKey(ev.Key(), ev.Rune(), ev.Modifiers())
		}
		select {
		case err := <-l.done:
			t.Fatalf("the screen has ended: %v", err)
		case <-time.After(time.Millisecond): // the screen's queue of events is short
		}
	}
	l.cancel()
	if err := l.ends(); err != nil {
		t.Error(err)
	}
	settles(t, before)
}
