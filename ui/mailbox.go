package ui

import (
	"context"
	"sync"
	"time"

	"github.com/gdamore/tcell/v2"

	"ptop/detect"
	"ptop/internal/monitor"
)

// mailbox is how other goroutines reach the UI goroutine. Whoever posts never waits: of Frames only the newest is
// kept, calls are kept in order, and a pump wakes the event loop. tview's QueueUpdate is not used, because it
// blocks for ever once the application has ended.
type mailbox struct {
	mu    sync.Mutex
	mail  mail
	wake  chan struct{} // capacity 1: something was posted
	taken chan struct{} // capacity 1: it was taken
}

// mail is what has been posted since the last look.
type mail struct {
	frame  *monitor.Frame // held
	events []detect.Event // of every Frame, also of those that were overtaken
	ended  bool           // no Frame will come any more
	calls  []func()
}

func newMailbox() *mailbox {
	return &mailbox{wake: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
}

func signalTo(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// post has f run on the UI goroutine.
func (m *mailbox) post(f func()) {
	m.mu.Lock()
	m.mail.calls = append(m.mail.calls, f)
	m.mu.Unlock()
	signalTo(m.wake)
}

// maxEvents bounds what a UI that does not get round to drawing lets pile up.
const maxEvents = 1000

// feed passes Frames on until there are no more or ctx ends.
func (m *mailbox) feed(ctx context.Context, frames <-chan *monitor.Frame) {
	for {
		select {
		case <-ctx.Done():
			return
		case f, ok := <-frames:
			m.mu.Lock()
			if ok {
				m.mail.frame.Release() // it was overtaken
				m.mail.frame = f
				m.mail.events = append(m.mail.events, f.Events...)
				m.mail.events = m.mail.events[max(0, len(m.mail.events)-maxEvents):]
			} else {
				m.mail.ended = true
			}
			m.mu.Unlock()
			signalTo(m.wake)
			if !ok {
				return
			}
		}
	}
}

// take empties the mailbox.
func (m *mailbox) take() mail {
	m.mu.Lock()
	mail := m.mail
	m.mail.frame, m.mail.events, m.mail.calls = nil, nil, nil
	m.mail.ended = false
	m.mu.Unlock()
	signalTo(m.taken)
	return mail
}

func (m *mailbox) empty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mail.frame == nil && len(m.mail.calls) == 0 && !m.mail.ended
}

// keyWake is the key press by which the pump makes the event loop look into the mailbox. No keyboard has it.
const keyWake = tcell.Key(0x7ff0)

// pump wakes the event loop of the screen until ctx ends. The event can be lost (a full queue, a paste under way),
// so it is repeated until the mail was taken.
func (m *mailbox) pump(ctx context.Context, screen tcell.Screen) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		}
		for !m.empty() {
			_ = screen.PostEvent(tcell.NewEventKey(keyWake, 0, tcell.ModNone)) // a full queue: try again below
			select {
			case <-ctx.Done():
				return
			case <-m.taken:
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
}
