package act

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/bounded"
	"ptop/pcb"
)

// target is a set of bound processes; it implements pcb.Target.
type target struct {
	root  string
	scope pcb.Scope

	mu    sync.Mutex // over all methods: a descriptor must not be closed, and its number reused, while one acts
	bound []bound
}

// bound is one process with its directory in /proc, held open. Whatever is read or signalled through that descriptor
// is of this process: once it has ended, everything answers ESRCH, whoever has the pid by then.
type bound struct {
	id      pcb.ID // without a start time where that could not be read
	name    string
	dir     int
	kernel  bool // a kernel thread
	group   int  // its process group as it was when it was bound; 0 for none that can be told
	named   bool // it was asked for by its ID
	blocked bool // the kernel lets whoever reads its stat wait
}

// Bind holds on to the processes that ids name, and to those in their scope, as seen in the /proc at root (empty for
// /proc). An ID without a start time means whoever has the pid now. Each process that could not be bound is an Outcome
// with an error.
func Bind(root string, ids []pcb.ID, scope pcb.Scope) (pcb.Target, []pcb.Outcome) {
	if root == "" {
		root = "/proc"
	}
	t := &target{root: root, scope: scope}
	foreign := checkRoot(root)
	var failed []pcb.Outcome
	for _, id := range ids {
		b, err := bound{}, foreign
		if err == nil {
			b, err = bind(root, id)
		}
		if err != nil {
			failed = append(failed, pcb.Outcome{ID: id, Name: b.name, Err: err})
			continue
		}
		b.named = true
		t.bound = append(t.bound, b)
	}
	t.Extend()
	return t, failed
}

// checkRoot refuses a directory that is not the /proc of our own pid namespace: a pid from elsewhere would name
// another process here.
func checkRoot(root string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(root, &fs); err != nil {
		return fmt.Errorf("no action is possible: %s: %w", root, err)
	}
	if fs.Type != unix.PROC_SUPER_MAGIC {
		return fmt.Errorf("no action is possible: %s is not the /proc of a running kernel", root)
	}
	text, err := os.ReadFile(filepath.Join(root, "self/status"))
	if err != nil || len(strings.Fields(statusField(string(text), "NSpid"))) != 1 {
		return fmt.Errorf("no action is possible: %s belongs to another pid namespace than ptop: run ptop there", root)
	}
	return nil
}

// bind opens and identifies one process. On error the result has its name at most.
func bind(root string, id pcb.ID) (bound, error) {
	// A descriptor opened with O_PATH would do for reading, but pidfd_send_signal answers it with EBADF.
	dir, err := unix.Open(filepath.Join(root, strconv.Itoa(int(id.PID))), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if isEnded(err) && errors.Is(unix.Kill(int(id.PID), 0), unix.EPERM) { // this asks only whether it exists
		return bound{}, fmt.Errorf("process %d is hidden from this user (/proc is mounted with hidepid): run ptop as root", id.PID)
	}
	if isEnded(err) {
		return bound{}, fmt.Errorf("there is no process %d: it has ended, never was, or is hidden", id.PID)
	}
	if err != nil {
		return bound{}, fmt.Errorf("process %d could not be bound: %w", id.PID, err)
	}
	b := bound{id: id, dir: dir}
	if err := b.identify(root); err != nil {
		unix.Close(dir)
		return bound{name: b.name}, err
	}
	return b, nil
}

// identify says why the process that was found is not one that was meant. The files that never block are read through
// the descriptor, and after the one that can: as the process is there then, that one was of it.
func (b *bound) identify(root string) error {
	stat, statErr := readStat(root, b.id.PID)
	status, err := readAt(b.dir, "status")
	if err != nil {
		return b.readError(err)
	}
	b.group = groupOf(status)
	if comm, err := readAt(b.dir, "comm"); err == nil {
		b.name = strings.TrimSuffix(comm, "\n")
	}
	if tgid := statusField(status, "Tgid"); tgid != strconv.Itoa(int(b.id.PID)) {
		return fmt.Errorf("%d is no process but a thread of process %s: name that one", b.id.PID, tgid)
	}
	if errors.Is(statErr, bounded.ErrBlocked) || errors.Is(statErr, bounded.ErrBusy) {
		return b.withoutStat(statErr, status)
	}
	if statErr != nil {
		return b.readError(statErr)
	}
	if b.id.Start != 0 && b.id.Start != stat.start {
		return fmt.Errorf("%w; the pid %d is borne by another one now, %s (%d:%d)", ErrEnded, b.id.PID, b.name, b.id.PID, stat.start)
	}
	b.id.Start, b.kernel = stat.start, stat.flags&pcb.PFKernelThread != 0
	return nil
}

// withoutStat goes without what nobody can read in the middle of an exec that does not end. Who names the pid alone means
// whoever has it, which the descriptor holds; whether that is the one with a certain start time can't be told.
func (b *bound) withoutStat(why error, status string) error {
	if b.id.Start != 0 {
		return fmt.Errorf("whether process %d is still %v can't be told, reading its start time: %w; name the pid alone to act on whoever has it now",
			b.id.PID, b.id, why)
	}
	b.blocked = errors.Is(why, bounded.ErrBlocked)
	b.kernel = statusField(status, "VmSize") == ""
	return nil
}

// read tells how the bound process is now.
func (b *bound) read() (task, error) {
	text, err := readAt(b.dir, "status")
	if err != nil {
		return task{}, b.readError(err)
	}
	return parseStatus(text)
}

func (b *bound) readError(err error) error {
	if isEnded(err) {
		return ErrEnded
	}
	return fmt.Errorf("reading process %d: %w", b.id.PID, err)
}

// Look tells how the bound processes are now.
func (t *target) Look() pcb.Members {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make(pcb.Members, len(t.bound))
	for i := range t.bound {
		out[i] = t.bound[i].look()
	}
	return out
}

func (b *bound) look() pcb.Member {
	m := pcb.Member{ID: b.id, Name: b.name, Named: b.named}
	now, err := b.read()
	switch {
	case errors.Is(err, ErrEnded):
		m.Gone = true
	case err == nil && now.zombie():
		m.State, m.Gone = 'Z', true
	case err == nil && now.state != 'Z': // a leader that has exited alone says nothing about the others
		m.State = now.state
	}
	return m
}

// Close lets go of the processes.
func (t *target) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.bound {
		unix.Close(t.bound[i].dir)
	}
	t.bound = nil
}

// each does one thing to every bound process, or to those in to alone, in their order.
func (t *target) each(to []pcb.ID, do func(*bound) (string, error)) []pcb.Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := make(map[pcb.ID]int, len(t.bound))
	for i := range t.bound {
		at[t.bound[i].id] = i
	}
	if len(to) == 0 {
		for i := range t.bound {
			to = append(to, t.bound[i].id)
		}
	}
	var out []pcb.Outcome
	for _, id := range to {
		i, ok := at[id]
		if !ok {
			continue
		}
		b := &t.bound[i]
		did, err := do(b)
		out = append(out, pcb.Outcome{ID: b.id, Name: b.name, Did: did, Err: err})
	}
	return out
}

// task is what status tells of a process or thread, as far as an action needs it. Unlike stat that file never blocks.
type task struct {
	state   byte
	parent  int
	threads int
}

// zombie reports whether the process is dead as a whole: of a leader that has exited alone, other threads live on.
func (s task) zombie() bool { return (s.state == 'Z' || s.state == 'X') && s.threads <= 1 }

func parseStatus(text string) (task, error) {
	state := statusField(text, "State")
	parent, err1 := strconv.Atoi(statusField(text, "PPid"))
	threads, err2 := strconv.Atoi(statusField(text, "Threads"))
	if err := errors.Join(err1, err2); err != nil || state == "" {
		return task{}, fmt.Errorf("status has an unknown form: %q", text)
	}
	return task{state[0], parent, threads}, nil
}

// identity is what stat tells that status does not.
type identity struct{ flags, start uint64 }

// The bounds of reading stat. The pool is the program's: threads are lost for as long as it runs.
const statWait = 250 * time.Millisecond

var statReaders = bounded.Pool{Max: 8}

func readStat(root string, pid int32) (identity, error) {
	path := filepath.Join(root, strconv.Itoa(int(pid)), "stat")
	text, err := statReaders.Read(pid, statWait, func() ([]byte, error) { return os.ReadFile(path) })
	if err != nil {
		return identity{}, err
	}
	return parseStat(string(text))
}

// parseStat reads a stat file. The name in it can hold any byte, parentheses too.
func parseStat(text string) (identity, error) {
	field := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // the first is number 3 of proc(5)
	if len(field) < 20 {
		return identity{}, fmt.Errorf("stat is cut: %q", text)
	}
	flags, err1 := strconv.ParseUint(field[9-3], 10, 64)
	start, err2 := strconv.ParseUint(field[22-3], 10, 64)
	return identity{flags, start}, errors.Join(err1, err2)
}

// statusField gives the value of one line of a status file.
func statusField(text, key string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// readAt reads a small file below an open directory.
func readAt(dir int, name string) (string, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	var text []byte
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(fd, buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n <= 0 {
			return string(text), err
		}
		text = append(text, buf[:n]...)
	}
}

// isEnded reports whether err is how /proc says that a process is no more.
func isEnded(err error) bool { return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) }

// notPermitted adds to an error of the kernel whose process it is, and who may act on it: root and its real user.
func (b *bound) notPermitted(err error) error {
	status, unread := readAt(b.dir, "status")
	uid, _, _ := strings.Cut(statusField(status, "Uid"), "\t")
	switch {
	case unread != nil || uid == "":
		return fmt.Errorf("%w: run ptop as root", err)
	case uid == "0":
		return fmt.Errorf("%w: it belongs to root; run ptop as root", err)
	}
	owner := "uid " + uid
	if u, err := user.LookupId(uid); err == nil {
		owner = u.Username
	}
	return fmt.Errorf("%w: it belongs to %s; run ptop as root or as %s", err, owner, owner)
}
