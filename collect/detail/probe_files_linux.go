package detail

import (
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
	var err error
	if s.Cwd, err = os.Readlink(s.path("cwd")); err != nil {
		return err
	}
	for fd := range s.FDs {
		target, err := os.Readlink(s.path("fd", strconv.Itoa(fd)))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		s.FDs[fd] = target
	}
	s.StdoutNoReader = strings.HasPrefix(s.FDs[1], "pipe:[") && pipeWithoutReader(s.path("fd", "1"), s.FDs[1])
	names, _, err := listNames(s.path("fd"), maxFileProbes)
	if err != nil {
		return err
	}
	var sockets []uint64
	for _, name := range names {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		target, _ := os.Readlink(s.path("fd", name))
		if inode, ok := socketInode(target); ok {
			sockets = append(sockets, inode)
		}
	}
	if len(sockets) > 0 {
		s.Listening, err = s.listening(sockets)
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
	all, err := s.listeners()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, inode := range inodes {
		if where, ok := all[inode]; ok && !slices.Contains(out, where) {
			out = append(out, where)
		}
	}
	slices.Sort(out)
	return out, nil
}

// listeners gives all that wait for connections in the process's network namespace, read anew when that is long ago.
func (s *suspect) listeners() (map[uint64]string, error) {
	space, err := os.Readlink(s.path("ns", "net"))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	table := s.nets[space]
	s.mu.Unlock()
	if time.Since(table.read) <= listenersFor {
		return table.where, nil
	}
	where, err := readListeners(s.dir)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.nets, func(_ string, old listeners) bool { return time.Since(old.read) > listenersFor })
	s.nets[space] = listeners{time.Now(), where}
	return where, nil
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
