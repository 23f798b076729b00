package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// untilInterrupted gives a context that ends at the first signal which asks a command to end. After it the signals have
// their default effect again, so that a second one ends ptop whatever holds it up, and what is being written then has
// a limited time to be taken.
func (p *program) untilInterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(ctx, signals...)
	context.AfterFunc(ctx, stop)
	p.out = &interruptible{ctx: ctx, to: p.stdout}
	return ctx, stop
}

// patience is how long a reader may take, after an interrupt, for what is being written: a line ends whole where one reads.
const patience = time.Second

var errNotRead = errors.New("interrupted while nobody read the output: its end is missing")

// interruptible is a writer that gives up a blocked write some time after its context has ended. What was given to
// Write must not change afterwards.
type interruptible struct {
	ctx context.Context
	to  io.Writer

	mu    sync.Mutex
	given error // why nothing more is written
}

type written struct {
	n   int
	err error
}

// Write implements io.Writer.
func (w *interruptible) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.given != nil {
		return 0, w.given
	}
	done := make(chan written, 1)
	go func() {
		n, err := w.to.Write(b)
		done <- written{n, err}
	}()
	select {
	case r := <-done:
		return r.n, r.err
	case <-w.ctx.Done():
	}
	select {
	case r := <-done:
		return r.n, r.err
	case <-time.After(patience):
		w.given = errNotRead
		return 0, errNotRead
	}
}
