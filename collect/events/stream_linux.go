package events

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// drainEvery is how long events wait in the kernel's queue after the first of them. Woken up for each, a reader costs ten
// times as much; as long as there are none, it costs nothing.
const drainEvery = 100 * time.Millisecond

// stream is a subscription to the proc connector, emptied regularly so that the kernel's queue does not overflow.
type stream struct {
	mu     sync.Mutex
	sock   *socket
	ledger *ledger
	failed error // why nothing more comes
	catch  []int32

	quit, done chan struct{}
	wake       int // descriptor by which whoever waits for events is told to quit
}

func listen() (*stream, error) {
	if err := firstNamespaces(); err != nil {
		return nil, err
	}
	sock, err := subscribe()
	if err != nil {
		return nil, err
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("no proc connector: %w", err), sock.close())
	}
	s := &stream{sock: sock, ledger: newLedger(now()), quit: make(chan struct{}), done: make(chan struct{}), wake: wake}
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
	for s.wait() {
		select {
		case <-s.quit:
			return
		case <-time.After(drainEvery):
			s.mu.Lock()
			s.drain()
			failed := s.failed
			s.mu.Unlock()
			if failed != nil {
				return
			}
		}
	}
}

// wait waits for the first event. The runtime's poller is not used, as it would wake up for every event after that, too. It
// answers false when it is time to quit.
func (s *stream) wait() bool {
	fds := []unix.PollFd{{Fd: int32(s.sock.fd), Events: unix.POLLIN}, {Fd: int32(s.wake), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return true // to be drained all the same, in a while
		} else if err == nil {
			return fds[1].Revents == 0
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
	_, err := unix.Write(s.wake, binary.NativeEndian.AppendUint64(nil, 1))
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = errors.New("the listening has ended") // for a reading that is under way
	return errors.Join(err, unix.Close(s.wake), s.sock.close())
}
