package detail

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// maxFileProbes is how many descriptors of one process are looked through for sockets.
const maxFileProbes = 1024

// readFiles reads where the first descriptors lead, whether anybody reads its output, and where it listens. The
// targets are never looked at themselves: one on a dead network mount would block.
func (s *suspect) readFiles() error {
	type result struct {
		fds      [3]string
		noReader bool
		cwd      string
		sockets  []uint64
	}
	got, err := within(s, &s.plain, func(ctx context.Context) (r result, err error) {
		if r.cwd, err = os.Readlink(s.path("cwd")); err != nil {
			return r, err
		}
		for fd := range r.fds {
			target, err := os.Readlink(s.path("fd", strconv.Itoa(fd)))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return r, err
			}
			r.fds[fd] = target
		}
		r.noReader = strings.HasPrefix(r.fds[1], "pipe:[") && pipeWithoutReader(s.path("fd", "1"), r.fds[1])
		names, _, err := listNames(s.path("fd"), maxFileProbes)
		for _, name := range names {
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			target, _ := os.Readlink(s.path("fd", name))
			if inode, ok := socketInode(target); ok {
				r.sockets = append(r.sockets, inode)
			}
		}
		return r, err
	})
	if err != nil {
		return err
	}
	s.FDs, s.StdoutNoReader, s.Cwd = got.fds, got.noReader, got.cwd
	if len(got.sockets) > 0 {
		s.Listening, err = s.listening(got.sockets)
	}
	return err
}

// pipeWithoutReader asks the kernel itself, which counts the readers of a pipe wherever they are: in another
// namespace, or where we may not look. A writing end that is opened for a moment has an error to poll for when there
// is none. The descriptor is first held as a path, which opens nothing, so that surely no other file is opened.
func pipeWithoutReader(link, target string) bool {
	held, err := unix.Open(link, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(held)
	self := "/proc/self/fd/" + strconv.Itoa(held)
	if now, err := os.Readlink(self); err != nil || now != target {
		return false
	}
	end, err := unix.Open(self, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(end)
	poll := []unix.PollFd{{Fd: int32(end), Events: unix.POLLOUT}}
	_, err = unix.Poll(poll, 0)
	return err == nil && poll[0].Revents&unix.POLLERR != 0
}

// listeners are the sockets of a network namespace that wait for connections, by inode: "tcp 0.0.0.0:80".
type listeners struct {
	read  time.Time
	where map[uint64]string
}

// listenersFor is how long a reading of them is good for: it goes through every connection of the machine.
const listenersFor = 10 * time.Second

// listening says which of these sockets wait for connections.
func (s *suspect) listening(inodes []uint64) ([]string, error) {
	space, err := os.Readlink(s.path("ns", "net"))
	if err != nil {
		return nil, err
	}
	table := s.nets[space]
	if time.Since(table.read) > listenersFor {
		where, err := within(s, &s.plain, func(context.Context) (map[uint64]string, error) { return readListeners(s.dir) })
		if err != nil {
			return nil, err
		}
		maps.DeleteFunc(s.nets, func(_ string, old listeners) bool { return time.Since(old.read) > listenersFor })
		table = listeners{time.Now(), where}
		s.nets[space] = table
	}
	var out []string
	for _, inode := range inodes {
		if where, ok := table.where[inode]; ok && !slices.Contains(out, where) {
			out = append(out, where)
		}
	}
	slices.Sort(out)
	return out, nil
}

// readListeners reads what listens in the network namespace of the process in dir.
func readListeners(dir string) (map[uint64]string, error) {
	out := make(map[uint64]string)
	t := socketTable{dir: dir}
	keep := func(parse func(string) (pcb.Socket, bool)) func(string) (pcb.Socket, bool) {
		return func(line string) (pcb.Socket, bool) {
			if socket, ok := parse(line); ok && socket.State == "LISTEN" {
				out[socket.Inode] = socket.Proto + " " + socket.Local
			}
			return pcb.Socket{}, false
		}
	}
	err := t.add("unix", keep(parseUnix))
	for _, proto := range []string{"tcp", "tcp6"} {
		err = errors.Join(err, t.add(proto, keep(func(line string) (pcb.Socket, bool) { return parseIP(proto, line) })))
	}
	return out, err
}
