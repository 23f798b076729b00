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

// The bounds of one reading.
const (
	identityTimeout = time.Second
	memoryTimeout   = 500 * time.Millisecond
	rollupTimeout   = 3 * time.Second
	plainTimeout    = 2 * time.Second
	maxBlocked      = 8
)

// Reader reads processes in depth. It is for any number of goroutines, and one program should have but one: the
// bound on blocked readers is its own.
type Reader struct {
	root   string
	memory bounded.Pool // readers that the memory map lock of the process can block
	plain  bounded.Pool // readers that an exec of it can block, when it does not end
	free   bounded.Pool // readers of what takes no lock of the process
	walk   bounded.Pool // readers that walk its pages, for seconds

	patience time.Duration // with these
}

// New makes a Reader of the /proc at root (empty for /proc).
func New(root string) *Reader {
	if root == "" {
		root = "/proc"
	}
	return &Reader{
		root:   root,
		memory: bounded.Pool{Max: maxBlocked}, plain: bounded.Pool{Max: maxBlocked}, free: bounded.Pool{Max: maxBlocked},
		walk: bounded.Pool{Max: maxBlocked}, patience: smapsTimeout,
	}
}

// Read reads one process. An ID without a start time means whoever has the pid. The error says that the process has
// ended, or could not be read at all; what else was not to be had is in Problems.
func (r *Reader) Read(ctx context.Context, id pcb.ID, with pcb.Dear) (*pcb.Detail, error) {
	g, err := r.begin(id)
	if err != nil {
		return nil, err
	}
	defer unix.Close(g.held)
	steps := []func(*reading){
		(*reading).args, (*reading).environ, (*reading).paths, (*reading).files, (*reading).threads,
		(*reading).limits, (*reading).namespaces, (*reading).cgroup, (*reading).kernel, (*reading).process, (*reading).sockets,
	}
	if with.Maps {
		steps = append(steps, (*reading).maps)
	}
	g.d.With = with
	for _, step := range steps {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("detail: reading process %d: %w", id.PID, ctx.Err())
		}
		step(g)
	}
	g.calls(ctx)
	if err := g.verify(); err != nil {
		return nil, err
	}
	return &g.d, nil
}

// verify makes sure at the end that all was read of one process.
func (g *reading) verify() error {
	if err := stillThere(g.held); err != nil {
		return endedError(g.d.ID.PID, err)
	}
	return nil
}

// reading is one Read under way.
type reading struct {
	*Reader
	place
	d    pcb.Detail
	held int             // descriptor of the process's directory
	stat procfs.ProcStat // zero where it blocks
}

// place is where the files of a process are: its own directory, or a living thread's when the leader has exited.
type place struct {
	dir  string
	proc procfs.Proc // the same for procfs
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
	g := &reading{Reader: r, held: held, d: pcb.Detail{ID: id, Time: time.Now(), Problems: make(map[pcb.DetailPart]string)}}
	if err := g.identify(dir); err != nil {
		unix.Close(held)
		return nil, err
	}
	return g, nil
}

// identify makes sure that the process is the one that was meant, and finds where it can be read. Where its stat blocks
// that stays unproved and is said: what does not block can be read all the same.
func (g *reading) identify(dir string) error {
	id := g.d.ID
	fs, err := procfs.NewFS(g.root)
	if err != nil {
		return fmt.Errorf("detail: opening %s: %w", g.root, err)
	}
	g.dir = dir
	if g.proc, err = fs.Proc(int(id.PID)); err != nil {
		return endedError(id.PID, err)
	}
	type found struct {
		place
		stat procfs.ProcStat
	}
	own := g.place
	got, err := within(g, &g.plain, identityTimeout, func() (found, error) {
		stat, err := own.proc.Stat()
		if err == nil && stat.State == "Z" && stat.NumThreads > 1 {
			return found{own.thread(), stat}, nil
		}
		return found{own, stat}, err
	})
	switch {
	case unanswered(err):
		g.d.Problems[pcb.PartProcess] = explain(err, false) + "; that it is still the process that was meant is not proved"
		return nil
	case err != nil:
		return endedError(id.PID, err)
	case id.Start != 0 && id.Start != got.stat.Starttime:
		return fmt.Errorf("process %v %w; its pid is borne by %q (%d:%d) now", id, ErrEnded, got.stat.Comm, id.PID, got.stat.Starttime)
	}
	g.place, g.stat, g.d.ID.Start = got.place, got.stat, got.stat.Starttime
	return nil
}

// thread is a living thread of a process whose leader has exited: the leader's own files are empty.
func (p place) thread() place {
	names, _, err := listNames(filepath.Join(p.dir, "task"), maxThreads)
	if err != nil {
		return p
	}
	for _, name := range names {
		tid, _ := strconv.Atoi(name)
		thread, err := p.proc.Thread(tid)
		if err != nil {
			continue
		}
		if stat, err := thread.Stat(); err == nil && stat.State != "Z" && stat.State != "X" {
			return place{filepath.Join(p.dir, "task", name), thread}
		}
	}
	return p
}

// path is a file of the process.
func (p place) path(names ...string) string {
	return filepath.Join(append([]string{p.dir}, names...)...)
}

// within reads on another thread, for as long as that may take. Of a reader that did not return nothing is touched any
// more, and neither must it touch what the reading writes.
func within[T any](g *reading, pool *bounded.Pool, timeout time.Duration, read func() (T, error)) (T, error) {
	var got T
	_, err := pool.Read(g.d.ID.PID, timeout, func() ([]byte, error) {
		var err error
		got, err = read()
		return nil, err
	})
	if unanswered(err) {
		var none T
		return none, err
	}
	return got, err
}

// unanswered reports whether a reader did not return, or was not begun because too many did not.
func unanswered(err error) bool {
	return errors.Is(err, bounded.ErrBlocked) || errors.Is(err, bounded.ErrBusy)
}

// part reads one part of a Detail within bounds. What comes with an error is kept, the error told.
func part[T any](g *reading, name pcb.DetailPart, pool *bounded.Pool, timeout time.Duration, read func() (T, error)) T {
	got, err := within(g, pool, timeout, read)
	if err != nil && name != "" && g.d.Problems[name] == "" {
		if g.d.Problems[name] = explain(err, pool == &g.memory); g.dead() && errors.Is(err, os.ErrNotExist) {
			g.d.Problems[name] = noneAnyMore
		}
	}
	return got
}

// plain reads a part that an exec of the process can block.
func plain[T any](g *reading, name pcb.DetailPart, read func() (T, error)) T {
	return part(g, name, &g.plain, plainTimeout, read)
}

// free reads a part that no lock of the process can block.
func free[T any](g *reading, name pcb.DetailPart, read func() (T, error)) T {
	return part(g, name, &g.free, plainTimeout, read)
}

// note is an error that a person can read as it is.
type note string

func (n note) Error() string { return string(n) }

// noneAnyMore is why a process that is ending lacks a part.
const noneAnyMore = "the process has none any more"

// blockedReader begins the problem of a part whose reader did not return in time.
const blockedReader = "blocked reader"

// explain says in words why a part is missing.
func explain(err error, memory bool) string {
	switch {
	case errors.Is(err, bounded.ErrBlocked) && memory:
		return blockedReader + ": its memory map is locked, or an exec of it does not end"
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
		return noneAnyMore
	}
	return err.Error()
}

// endedError says that a process is gone, or why it could not be read at all.
func endedError(pid int32, err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("process %d %w", pid, ErrEnded)
	}
	return fmt.Errorf("detail: reading process %d: %w", pid, err)
}

// stillThere makes sure, after something was read by path, that all of it was of one process: as the one whose directory
// was opened before is there yet, it has had the pid all the time. Unlike stat, status never blocks.
func stillThere(dir int) error { return unix.Faccessat(dir, "status", unix.F_OK, 0) }
