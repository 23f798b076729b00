// Package bounded runs reads that the kernel can block for ever. A read of /proc/PID/cmdline and its relatives waits
// for the memory map lock of the process; where that never comes free, neither a signal nor a close ends the read,
// and it costs its thread. So: one such read at a time per process, few in all, and the caller goes on after a while.
package bounded

import (
	"errors"
	"sync"
	"time"
)

// ErrBlocked says that the read, or an earlier one of the same key that is still under way, did not return in time.
var ErrBlocked = errors.New("the reader is blocked")

// ErrBusy says that no read was begun: as many as may run at once are blocked, or none ended in time.
var ErrBusy = errors.New("too many blocked readers")

// Pool bounds reads. The zero value with Max set is ready; it must not be copied after its first Read.
type Pool struct {
	Max int // reads that may be under way at once, blocked ones included

	mu      sync.Mutex
	running map[int32]*read
	late    int
	freed   chan struct{} // closed and renewed whenever a read ends
}

type read struct {
	done chan struct{}
	data []byte
	err  error
	late bool
}

// Read gives what do returned, or ErrBlocked or ErrBusy when it did not return within timeout. A do that is late
// goes on by itself; until it ends its key answers ErrBlocked at once. The wait for another read of the same key and
// for room in the pool counts towards the timeout.
func (p *Pool) Read(key int32, timeout time.Duration, do func() ([]byte, error)) ([]byte, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		r, wait, err := p.begin(key, do)
		if err != nil {
			return nil, err
		}
		if r == nil {
			select {
			case <-wait:
				continue
			case <-timer.C:
				return nil, ErrBusy
			}
		}
		select {
		case <-r.done:
			return r.data, r.err
		case <-timer.C:
			return p.abandon(r)
		}
	}
}

// begin starts do, or gives a channel that tells when to try again.
func (p *Pool) begin(key int32, do func() ([]byte, error)) (*read, <-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		p.running, p.freed = make(map[int32]*read), make(chan struct{})
	}
	if r := p.running[key]; r != nil {
		if r.late {
			return nil, nil, ErrBlocked
		}
		return nil, p.freed, nil
	}
	if p.late >= p.Max {
		return nil, nil, ErrBusy
	}
	if len(p.running) >= p.Max {
		return nil, p.freed, nil
	}
	r := &read{done: make(chan struct{})}
	p.running[key] = r
	go func() {
		r.data, r.err = do()
		p.mu.Lock()
		defer p.mu.Unlock()
		if r.late {
			p.late--
		}
		delete(p.running, key)
		close(r.done)
		close(p.freed)
		p.freed = make(chan struct{})
	}()
	return r, nil, nil
}

// abandon marks a read as late, unless it ended just now.
func (p *Pool) abandon(r *read) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-r.done:
		return r.data, r.err
	default:
	}
	r.late = true
	p.late++
	return nil, ErrBlocked
}
