package events

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// drainEvery is how long events wait in the kernel's queue. Woken up for each of them, a reader costs ten times as much.
const drainEvery = 100 * time.Millisecond

// stream is a subscription to the proc connector, emptied regularly so that the kernel's queue does not overflow.
type stream struct {
	mu     sync.Mutex
	sock   *socket
	ledger *ledger
	failed error // why nothing more comes
	catch  []int32

	quit, done chan struct{}
}

func listen() (*stream, error) {
	if err := firstNamespaces(); err != nil {
		return nil, err
	}
	sock, err := subscribe()
	if err != nil {
		return nil, err
	}
	s := &stream{sock: sock, ledger: newLedger(now()), quit: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s, nil
}

// The first namespaces' inodes (PROC_PID_INIT_INO, PROC_USER_INIT_INO). In others the kernel neither subscribes nor
// says that it does not.
var initNamespaces = map[string]string{"pid": "pid:[4026531836]", "user": "user:[4026531837]"}

var errNamespace = errors.New("the proc connector works in the first pid and user namespaces only: run ptop outside of the container")

func firstNamespaces() error {
	for name, first := range initNamespaces {
		if link, err := os.Readlink("/proc/self/ns/" + name); err == nil && link != first {
			return errNamespace
		}
	}
	return nil
}

// now is the clock of the events' timestamps.
func now() time.Duration { return clock(unix.CLOCK_MONOTONIC) }

func clock(id int32) time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(id, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

func (s *stream) run() {
	defer close(s.done)
	tick := time.NewTicker(drainEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-tick.C:
			s.mu.Lock()
			s.drain()
			s.mu.Unlock()
		}
	}
}

// drain takes what the kernel's queue holds.
func (s *stream) drain() {
	if s.failed != nil {
		return
	}
	s.failed = s.sock.drain(s.ledger)
	s.name()
}

// name reads the names of a few that have just called exec, which the kernel does not tell, as long as they live.
// comm is a file that blocks no reader.
func (s *stream) name() {
	s.catch = s.ledger.unnamed(s.catch[:0])
	var buf [32]byte
	for _, pid := range s.catch {
		fd, err := unix.Open(fmt.Sprintf("/proc/%d/comm", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		if n, err := unix.Read(fd, buf[:]); err == nil && n > 1 {
			s.ledger.named(pid, buf[:n-1])
		}
		unix.Close(fd)
	}
}

// cut gives what happened since the reading before, and takes note of who is there now. began is when the reading did.
func (s *stream) cut(snap *pcb.Snapshot, began time.Duration) (*pcb.Events, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drain()
	if s.failed != nil {
		return nil, fmt.Sprintf("the proc connector has failed: %v", s.failed)
	}
	at := now()
	return s.ledger.cut(snap, began, at, clock(unix.CLOCK_BOOTTIME)-at), ""
}

func (s *stream) close() error {
	close(s.quit)
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = errors.New("the listening has ended") // for a reading that is under way
	return s.sock.close()
}
