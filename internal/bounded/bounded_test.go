package bounded

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	short = time.Millisecond
	long  = time.Minute
)

func stuck(release <-chan struct{}) func() ([]byte, error) {
	return func() ([]byte, error) {
		<-release
		return []byte("late"), nil
	}
}

func text(s string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(s), nil }
}

func TestReadGivesWhatTheReaderGave(t *testing.T) {
	p := Pool{Max: 1}
	want := errors.New("no such file")
	for range 3 {
		if data, err := p.Read(1, long, text("x")); string(data) != "x" || err != nil {
			t.Fatalf("got %q, %v", data, err)
		}
		if _, err := p.Read(1, long, func() ([]byte, error) { return nil, want }); !errors.Is(err, want) {
			t.Fatalf("got %v, want the reader's own error", err)
		}
	}
}

func TestBlockedKeyIsQuarantinedUntilItsReaderReturns(t *testing.T) {
	p := Pool{Max: 8}
	release := make(chan struct{})
	if _, err := p.Read(7, short, stuck(release)); !errors.Is(err, ErrBlocked) {
		t.Fatalf("got %v, want ErrBlocked", err)
	}
	var began atomic.Bool
	_, err := p.Read(7, long, func() ([]byte, error) { began.Store(true); return nil, nil })
	if !errors.Is(err, ErrBlocked) || began.Load() {
		t.Fatalf("second reader of a blocked key: began %v, %v; want ErrBlocked at once", began.Load(), err)
	}
	if data, err := p.Read(8, long, text("other")); string(data) != "other" || err != nil {
		t.Fatalf("another key got %q, %v", data, err)
	}
	close(release)
	for {
		data, err := p.Read(7, long, text("again"))
		if err == nil && string(data) == "again" {
			break
		}
		if !errors.Is(err, ErrBlocked) {
			t.Fatalf("after the release: %q, %v", data, err)
		}
		runtime.Gosched()
	}
}

func TestNoMoreThanMaxThreadsAreLost(t *testing.T) {
	p := Pool{Max: 3}
	release := make(chan struct{})
	defer close(release)
	var began atomic.Int32
	var blocked, busy int
	for key := range int32(50) {
		_, err := p.Read(key, short, func() ([]byte, error) {
			began.Add(1)
			<-release
			return nil, nil
		})
		switch {
		case errors.Is(err, ErrBlocked):
			blocked++
		case errors.Is(err, ErrBusy):
			busy++
		}
	}
	if blocked != 3 || busy != 47 || began.Load() > 3 {
		t.Errorf("%d blocked, %d busy, %d begun; want 3, 47 and at most 3", blocked, busy, began.Load())
	}
}

func TestManyAtOnceAllGetTheirTurn(t *testing.T) {
	p := Pool{Max: 2}
	var running, most atomic.Int32
	var wg sync.WaitGroup
	for i := range int32(40) {
		wg.Go(func() {
			_, err := p.Read(i%5, long, func() ([]byte, error) {
				if n := running.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(short)
				running.Add(-1)
				return nil, nil
			})
			if err != nil {
				t.Errorf("key %d: %v", i%5, err)
			}
		})
	}
	wg.Wait()
	if most.Load() > 2 {
		t.Errorf("%d readers at once, want at most 2", most.Load())
	}
}
