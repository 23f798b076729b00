package collect

import (
	"errors"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reader reads small files below an open directory, without allocating. Paths and contents live in its buffers until
// the next call. Reads that can take their time are watched: see guard.
type reader struct {
	root  int  // descriptor of the /proc that is read
	live  bool // it is a running kernel's
	guard *guard
	path  []byte
	data  []byte
	about unix.Statx_t
}

// dataMax bounds the buffer, which is made larger for a file that fills it.
const dataMax = 4 << 20

func newReader(root int, live bool) *reader {
	return &reader{root: root, live: live, guard: &guard{}, path: make([]byte, 0, 64), data: make([]byte, 64*1024)}
}

// of sets the path to that of a process.
func (r *reader) of(pid int32) int {
	r.path = strconv.AppendInt(r.path[:0], int64(pid), 10)
	return len(r.path)
}

// ofThread sets the path to that of a thread.
func (r *reader) ofThread(pid, tid int32) int {
	r.of(pid)
	r.path = append(r.path, "/task/"...)
	r.path = strconv.AppendInt(r.path, int64(tid), 10)
	return len(r.path)
}

// name puts the file's name behind the first base bytes of the path.
func (r *reader) name(base int, file string) {
	r.path = append(append(append(r.path[:base], '/'), file...), 0)
}

// quick reads a file of /proc that never blocks, by raw system calls: the runtime is not told, which saves a seventh.
// Only status and schedstat are read so. A kernel file of one record comes whole in one read.
func (r *reader) quick(base int, file string) ([]byte, unix.Errno) {
	if !r.live {
		return r.read(base, file)
	}
	fd, errno := r.rawOpen(base, file)
	if errno != 0 {
		return nil, errno
	}
	n, _, errno := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&r.data[0])), uintptr(len(r.data)))
	_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
	if errno != 0 {
		return nil, errno
	}
	if int(n) == len(r.data) && n < dataMax { // there is more: a status with tens of thousands of groups
		r.data = make([]byte, 4*n)
		return r.quick(base, file)
	}
	return r.data[:n], 0
}

// stat reads the stat file. To open it never blocks; to read it does while the process is in the middle of an exec
// that does not come to its end.
func (r *reader) stat(base int) ([]byte, unix.Errno) {
	if !r.live {
		return r.read(base, "stat")
	}
	fd, errno := r.rawOpen(base, "stat")
	if errno != 0 {
		return nil, errno
	}
	n, errno := r.fill(int(fd))
	_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return r.data[:n], 0
}

func (r *reader) rawOpen(base int, file string) (uintptr, unix.Errno) {
	r.name(base, file)
	fd, _, errno := unix.RawSyscall6(unix.SYS_OPENAT, uintptr(r.root), uintptr(unsafe.Pointer(&r.path[0])), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
	return fd, errno
}

// open opens a file or directory. unix.Openat would allocate for the path.
func (r *reader) open(base int, file string) (int, unix.Errno) {
	r.name(base, file)
	r.guard.enter()
	fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(r.root), uintptr(unsafe.Pointer(&r.path[0])), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
	if !r.guard.leave() {
		if errno == 0 {
			unix.Close(int(fd))
		}
		runtime.Goexit()
	}
	return int(fd), errno
}

// fill reads from a descriptor into the buffer.
func (r *reader) fill(fd int) (int, unix.Errno) {
	r.guard.enter()
	n, _, errno := unix.Syscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&r.data[0])), uintptr(len(r.data)))
	if !r.guard.leave() {
		unix.Close(fd)
		runtime.Goexit()
	}
	return int(n), errno
}

// read reads a file that may take its time.
func (r *reader) read(base int, file string) ([]byte, unix.Errno) {
	fd, errno := r.open(base, file)
	if errno != 0 {
		return nil, errno
	}
	n, errno := r.fill(fd)
	unix.Close(fd)
	if errno != 0 {
		return nil, errno
	}
	return r.data[:n], 0
}

// link reads a symbolic link; its target is never touched.
func (r *reader) link(base int, file string) ([]byte, unix.Errno) {
	r.name(base, file)
	r.guard.enter()
	n, _, errno := unix.Syscall6(unix.SYS_READLINKAT, uintptr(r.root), uintptr(unsafe.Pointer(&r.path[0])),
		uintptr(unsafe.Pointer(&r.data[0])), uintptr(len(r.data)), 0, 0)
	if !r.guard.leave() {
		runtime.Goexit()
	}
	if errno != 0 {
		return nil, errno
	}
	return r.data[:n], 0
}

// size gives the size of a file or directory. unix.Statx would allocate for the path.
func (r *reader) size(base int, file string) (uint64, unix.Errno) {
	r.name(base, file)
	r.guard.enter()
	_, _, errno := unix.Syscall6(unix.SYS_STATX, uintptr(r.root), uintptr(unsafe.Pointer(&r.path[0])), 0, unix.STATX_SIZE,
		uintptr(unsafe.Pointer(&r.about)), 0)
	if !r.guard.leave() {
		runtime.Goexit()
	}
	return r.about.Size, errno
}

// numbers appends the names of a directory that are numbers. dir is an open descriptor.
func (r *reader) numbers(dst []int32, dir int) ([]int32, error) {
	if _, err := unix.Seek(dir, 0, 0); err != nil {
		return dst, err
	}
	for {
		r.guard.enter()
		n, err := unix.Getdents(dir, r.data)
		if !r.guard.leave() {
			runtime.Goexit()
		}
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n <= 0 {
			return dst, err
		}
		dst = appendNumbers(dst, r.data[:n])
	}
}

func denied(errno unix.Errno) bool { return errno == unix.EACCES || errno == unix.EPERM }

// starved reports whether a file could not be read for want of something of ptop's or the machine's own, and not
// because of the process.
func starved(errno unix.Errno) bool {
	return errno == unix.EMFILE || errno == unix.ENFILE || errno == unix.ENOMEM
}
