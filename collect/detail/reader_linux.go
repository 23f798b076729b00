package detail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"ptop/internal/bounded"
	"ptop/pcb"
)

// The bounds of one reading. What reads the process's memory waits for its map lock, which may never come free;
// everything else can at most be long.
const (
	memoryTimeout = 500 * time.Millisecond
	rollupTimeout = 3 * time.Second
	plainTimeout  = 2 * time.Second
	maxBlocked    = 8
)

// Reader reads processes in depth. It is for any number of goroutines, and one program should have but one: the
// bound on blocked readers is its own.
type Reader struct {
	root   string
	memory bounded.Pool // readers that the memory map lock of the process can block
	plain  bounded.Pool // all others
}

// New makes a Reader of the /proc at root (empty for /proc).
func New(root string) *Reader {
	if root == "" {
		root = "/proc"
	}
	return &Reader{root: root, memory: bounded.Pool{Max: maxBlocked}, plain: bounded.Pool{Max: maxBlocked}}
}

// Read reads one process. An ID without a start time means whoever has the pid. The error says that the process has
// ended, or could not be read at all; what else was not to be had is in Problems.
func (r *Reader) Read(ctx context.Context, id pcb.ID) (*pcb.Detail, error) {
	g, err := r.begin(id)
	if err != nil {
		return nil, err
	}
	defer unix.Close(g.held)
	for _, step := range []func(*reading){
		(*reading).args, (*reading).environ, (*reading).paths, (*reading).files, (*reading).threads, (*reading).maps,
		(*reading).limits, (*reading).namespaces, (*reading).cgroup, (*reading).kernel, (*reading).process, (*reading).sockets,
	} {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("detail: reading process %d: %w", id.PID, ctx.Err())
		}
		step(g)
	}
	if err := g.verify(); err != nil {
		return nil, err
	}
	return &g.d, nil
}

// verify makes sure at the end that all was read of one process. It was read by path; as the process that is held
// since the beginning still lives, it had the pid all the time.
func (g *reading) verify() error {
	if _, err := readStat(g.held); err != nil {
		return endedError(g.d.ID.PID, err)
	}
	return nil
}

// reading is one Read under way.
type reading struct {
	*Reader
	d    pcb.Detail
	held int         // descriptor of the process's directory
	dir  string      // where its files are: the process's own directory, or a living thread's when the leader has exited
	proc procfs.Proc // the same for procfs
	stat procfs.ProcStat
}

func (r *Reader) begin(id pcb.ID) (*reading, error) {
	dir := filepath.Join(r.root, strconv.Itoa(int(id.PID)))
	held, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) && r.root == "/proc" && errors.Is(unix.Kill(int(id.PID), 0), unix.EPERM) {
		return nil, fmt.Errorf("process %d is hidden from this user (/proc is mounted with hidepid): run ptop as root", id.PID)
	}
	if err != nil {
		return nil, endedError(id.PID, err)
	}
	g := &reading{Reader: r, held: held, dir: dir}
	if err := g.identify(id); err != nil {
		unix.Close(held)
		return nil, err
	}
	return g, nil
}

// identify makes sure that the process is the one that was meant, and finds where it can be read.
func (g *reading) identify(id pcb.ID) error {
	if _, err := readStat(g.held); err != nil {
		return endedError(id.PID, err)
	}
	fs, err := procfs.NewFS(g.root)
	if err != nil {
		return fmt.Errorf("detail: opening %s: %w", g.root, err)
	}
	if g.proc, err = fs.Proc(int(id.PID)); err != nil {
		return endedError(id.PID, err)
	}
	if g.stat, err = g.proc.Stat(); err != nil {
		return endedError(id.PID, err)
	}
	if id.Start != 0 && id.Start != g.stat.Starttime {
		return fmt.Errorf("process %v has ended; its pid is borne by %q (%d:%d) now", id, g.stat.Comm, id.PID, g.stat.Starttime)
	}
	g.d = pcb.Detail{
		ID:       pcb.ID{PID: id.PID, Start: g.stat.Starttime},
		Time:     time.Now(),
		Problems: make(map[pcb.DetailPart]string),
	}
	if g.stat.State == "Z" && g.stat.NumThreads > 1 {
		g.useThread()
	}
	return nil
}

// useThread turns to a living thread of a process whose leader has exited: the leader's own files are empty.
func (g *reading) useThread() {
	names, _, err := listNames(filepath.Join(g.dir, "task"), maxThreads)
	if err != nil {
		return
	}
	for _, name := range names {
		tid, _ := strconv.Atoi(name)
		thread, err := g.proc.Thread(tid)
		if err != nil {
			continue
		}
		if stat, err := thread.Stat(); err == nil && stat.State != "Z" && stat.State != "X" {
			g.dir, g.proc = filepath.Join(g.dir, "task", name), thread
			return
		}
	}
}

// path is a file of the process.
func (g *reading) path(names ...string) string {
	return filepath.Join(append([]string{g.dir}, names...)...)
}

// part reads one part of a Detail within bounds. What comes with an error is kept, the error told; of a reader that
// did not return nothing is touched any more.
func part[T any](g *reading, name pcb.DetailPart, pool *bounded.Pool, timeout time.Duration, read func() (T, error)) T {
	var got T
	_, err := pool.Read(g.d.ID.PID, timeout, func() ([]byte, error) {
		var err error
		got, err = read()
		return nil, err
	})
	if err != nil && name != "" && g.d.Problems[name] == "" {
		g.d.Problems[name] = explain(err, pool == &g.memory)
	}
	if errors.Is(err, bounded.ErrBlocked) || errors.Is(err, bounded.ErrBusy) {
		var none T
		return none
	}
	return got
}

// plain reads a part that can't block.
func plain[T any](g *reading, name pcb.DetailPart, read func() (T, error)) T {
	return part(g, name, &g.plain, plainTimeout, read)
}

// note is an error that a person can read as it is.
type note string

func (n note) Error() string { return string(n) }

// blockedReader begins the problem of a part whose reader did not return in time.
const blockedReader = "blocked reader"

// explain says in words why a part is missing.
func explain(err error, memory bool) string {
	switch {
	case errors.Is(err, bounded.ErrBlocked) && memory:
		return blockedReader + ": its memory map is locked; what reads it waits for the kernel"
	case errors.Is(err, bounded.ErrBlocked):
		return blockedReader + ": the kernel did not answer in time"
	case errors.Is(err, bounded.ErrBusy):
		return "not read: too many readers of other processes are blocked"
	case errors.Is(err, os.ErrPermission) && os.Geteuid() == 0:
		return "not permitted: ptop lacks CAP_SYS_PTRACE, or the process is protected even from root"
	case errors.Is(err, os.ErrPermission):
		return "not permitted: run ptop as root or as the user of the process"
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EINVAL):
		return "this kernel does not tell"
	case errors.Is(err, unix.ESRCH):
		return "the process has none any more"
	}
	return err.Error()
}

// endedError says that a process is gone, or why it could not be read at all.
func endedError(pid int32, err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("process %d has ended", pid)
	}
	return fmt.Errorf("detail: reading process %d: %w", pid, err)
}

// readStat reads the stat file below an open directory; an empty one is that of an ended process.
func readStat(dir int) ([]byte, error) {
	fd, err := unix.Openat(dir, "stat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "stat")
	defer file.Close()
	buf := make([]byte, 1024)
	n, err := file.Read(buf)
	if n == 0 && err == nil {
		err = unix.ESRCH
	}
	return buf[:n], err
}
