package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"regexp"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Of the first picture: how often it is waited for, how many processes it has to show below their heading, and how
// long it may take.
const (
	frameRuns  = 9
	frameRows  = 20
	frameLimit = 20 * time.Second
)

// measureFrames gives the milliseconds from the start of a program until its first whole picture is in the terminal.
func (b *bench) measureFrames(ctx context.Context) ([]*series, error) {
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	return inTurn(b.frames(), frameRuns, func(p program, s *series) error {
		wall, err := b.firstFrame(ctx, p, me.Username)
		s.wall = append(s.wall, ms(wall))
		return err
	})
}

// firstFrame runs a program in a terminal of its own, and ends it when it has drawn.
func (b *bench) firstFrame(ctx context.Context, p program, user string) (time.Duration, error) {
	master, slave, err := openPty()
	if err != nil {
		return 0, err
	}
	defer master.Close()
	ctx, cancel := context.WithTimeout(ctx, frameLimit)
	defer cancel()
	cmd := b.command(ctx, p.argv...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	start := time.Now()
	err = cmd.Start()
	slave.Close()
	if err != nil {
		return 0, err
	}
	shown, whole := readFrame(master, user)
	wall := time.Since(start)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	for err := error(nil); err == nil; { // it may have more to say before it can end
		_, err = master.Read(make([]byte, 1<<16))
	}
	_ = cmd.Wait()
	if !whole && !errors.Is(ctx.Err(), context.Canceled) {
		return 0, fmt.Errorf("%s: it ended, or %s passed, without a whole picture; it showed %.200q", p.name, frameLimit, plain(shown))
	}
	return wall, ctx.Err()
}

// readFrame reads until the picture is whole, or the terminal is closed.
func readFrame(master *os.File, user string) (shown string, whole bool) {
	var text strings.Builder
	buf := make([]byte, 1<<16)
	for {
		n, err := master.Read(buf)
		text.Write(buf[:n])
		if isFrame(text.String(), user) {
			return text.String(), true
		}
		if err != nil {
			return text.String(), false
		}
	}
}

// sequence is what moves and colours in a terminal.
var sequence = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[()].|\x1b[^\[\]()]`)

// plain is a text without what moves and colours.
func plain(text string) string { return sequence.ReplaceAllString(text, " ") }

// isFrame reports whether a picture is whole: the heading, and below it so many rows of a pid and user, whose name may be cut.
func isFrame(text, user string) bool {
	_, below, found := strings.Cut(plain(text), "PID")
	if !found {
		return false
	}
	row := regexp.MustCompile(`\b\d+ +` + regexp.QuoteMeta(user[:min(7, len(user))]))
	return len(row.FindAllStringIndex(below, frameRows)) == frameRows
}

// Size of every terminal here.
const (
	columns = 120
	rows    = 40
)

// openPty makes a terminal: the end that reads what is shown, and the one for the program.
func openPty() (master, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("/dev/ptmx: %w", err)
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	err = errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0), unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}))
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, fmt.Errorf("a terminal: %w", err)
	}
	return master, slave, nil
}
