//go:build unix

package ui

import (
	"os"

	"github.com/gdamore/tcell/v2"
	"golang.org/x/sys/unix"
)

// inheritedTty is the terminal on standard input and output, which others use as well. tcell would end a read under way
// by making it non-blocking for all of them, for good.
type inheritedTty struct {
	tcell.Tty
	wake, waker *os.File // a pipe whose end ends the read
}

// Start takes the terminal.
func (t *inheritedTty) Start() (err error) {
	if t.wake, t.waker, err = os.Pipe(); err != nil {
		return err
	}
	return t.Tty.Start()
}

// Read waits for input or for Drain.
func (t *inheritedTty) Read(b []byte) (int, error) {
	fds := []unix.PollFd{{Fd: int32(os.Stdin.Fd()), Events: unix.POLLIN}, {Fd: int32(t.wake.Fd()), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case fds[1].Revents != 0:
			return 0, nil
		default:
			return t.Tty.Read(b)
		}
	}
}

// Drain ends a read under way.
func (t *inheritedTty) Drain() error { return t.waker.Close() }

// Stop gives the terminal back.
func (t *inheritedTty) Stop() error {
	t.wake.Close()
	return t.Tty.Stop()
}
