// Package smallfile reads small files of the kernel whole, and lists its directories, by as few system calls as can be: one
// open, as many reads as it takes, one close. An os.File asks for its flags and joins the runtime's poller besides, which
// costs more than the text of a file of /proc does.
package smallfile

import (
	"bytes"
	"errors"
	"math"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// first is the room that a file is read into, which is enough for most.
const first = 8 << 10

var buffers = sync.Pool{New: func() any { return new([first]byte) }}

// ReadFirst gives a file, of which no more than the first most bytes. The kernel may hand it out in pieces: it ends where a
// read gives nothing.
func ReadFirst(path string, most int) ([]byte, error) { return read(path, false, most) }

// ReadRecord gives the whole of a file that the kernel writes at once, as it does those of a process with one figure or one
// table (stat, status, limits) and those of a cgroup: all that is left of such a file comes in one read if there is room,
// so that a read which leaves room was the last.
func ReadRecord(path string) ([]byte, error) { return read(path, true, math.MaxInt) }

func read(path string, record bool, most int) ([]byte, error) {
	fd, err := open(path, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	buffer := buffers.Get().(*[first]byte)
	defer buffers.Put(buffer)
	text, n := buffer[:], 0
	for {
		if n == len(text) {
			text = append(text, make([]byte, len(text))...)
		}
		got, err := retry(func() (int, error) { return unix.Read(fd, text[n:]) })
		if err != nil {
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		}
		n += max(0, got)
		if got <= 0 || n >= most || record && n < len(text) {
			n = min(n, most)
			return append(make([]byte, 0, n), text[:n]...), nil
		}
	}
}

// Lines hands out the lines of a file, without their ends, as long as they are wanted. A line is good until the next.
func Lines(path string, each func(line []byte) (more bool)) error {
	fd, err := open(path, unix.O_RDONLY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	buffer := buffers.Get().(*[first]byte)
	defer buffers.Put(buffer)
	text, n := buffer[:], 0 // n bytes of it are of a line that has not ended
	for {
		if n == len(text) {
			text = append(text, make([]byte, len(text))...)
		}
		got, err := retry(func() (int, error) { return unix.Read(fd, text[n:]) })
		if err != nil {
			return &os.PathError{Op: "read", Path: path, Err: err}
		}
		if got <= 0 {
			if n > 0 {
				each(text[:n])
			}
			return nil
		}
		rest := text[:n+got]
		for {
			line, after, ended := bytes.Cut(rest, []byte("\n"))
			if !ended {
				break
			}
			if rest = after; !each(line) {
				return nil
			}
		}
		n = copy(text, rest)
	}
}

// Names lists a directory: the first most names in the kernel's order, and how many there are. What was listed before an
// error is given with it.
func Names(path string, most int) (names []string, total int, err error) {
	fd, err := open(path, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, 0, err
	}
	defer unix.Close(fd)
	buffer := buffers.Get().(*[first]byte)
	defer buffers.Put(buffer)
	for {
		n, err := retry(func() (int, error) { return unix.ReadDirent(fd, buffer[:]) })
		if err != nil {
			return names, total, &os.PathError{Op: "readdirent", Path: path, Err: err}
		}
		if n <= 0 {
			return names, total, nil
		}
		_, count, more := unix.ParseDirent(buffer[:n], -1, nil)
		total += count
		names = append(names, more[:min(len(more), most-len(names))]...)
	}
}

func open(path string, mode int) (int, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, mode|unix.O_CLOEXEC, 0) })
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// retry makes a system call again that a signal interrupted: the runtime sends itself some.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
