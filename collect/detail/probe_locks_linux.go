package detail

import (
	"cmp"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ptop/internal/smallfile"
	"ptop/pcb"
)

// lockReader finds out which threads of a process wait for locks, and who holds them.
type lockReader struct {
	*suspect
	names []string        // of its threads
	mem   int             // descriptor of its memory; -1 as long as nobody needs it
	inner map[int32]int32 // by what a thread's pid namespace calls it, what ours does; nil where that is the same
	tasks map[int32]pcb.TaskProbe
}

// readLocks looks through the threads for those in futex, and only of those at what they wait for.
func (s *suspect) readLocks() error {
	names, err := s.threads()
	if err != nil {
		return err
	}
	l := &lockReader{suspect: s, names: names, mem: -1, tasks: make(map[int32]pcb.TaskProbe)}
	defer func() {
		if l.mem >= 0 {
			unix.Close(l.mem)
		}
	}()
	for _, name := range names {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if err := l.look(name); os.IsPermission(err) {
			return err
		}
	}
	l.rivals()
	return nil
}

// rivals reads which other threads of the process want a CPU, where one that holds a lock does.
func (l *lockReader) rivals() {
	owners := make(map[int32]bool)
	wanting := false
	for i := range l.Locks {
		owner := &l.Locks[i].Owner
		owners[owner.TID] = true
		wanting = wanting || owner.State == 'R'
	}
	for _, name := range l.names {
		if !wanting || l.ctx.Err() != nil {
			return
		}
		t, ok := l.thread(l.ID.PID, int32(parseInt([]byte(name))))
		if ok && t.State == 'R' && !owners[t.TID] {
			l.Rivals = append(l.Rivals, t)
		}
	}
}

// task is the directory of a thread of any process.
func (l *lockReader) task(process int32, tid string) string {
	return filepath.Join(l.root, strconv.Itoa(int(process)), "task", tid)
}

// look adds what one thread waits for, if that is a lock with an owner. Its call is read again at the end: a thread that
// went on meanwhile waits for nothing that was seen.
func (l *lockReader) look(name string) error {
	file := filepath.Join(l.task(l.ID.PID, name), "syscall")
	before, err := smallfile.ReadRecord(file)
	if err != nil {
		return err
	}
	var t pcb.ThreadProbe
	readThreadSyscall(&t, string(before))
	wait, ok := futexWaitOf(&t)
	if !ok {
		return nil
	}
	if l.mem < 0 {
		if l.mem, err = unix.Open(l.path("mem"), unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
	}
	var word [mutexSize]byte
	if n, err := unix.Pread(l.mem, word[:], int64(wait.address)); err != nil || n < len(word) {
		return cmp.Or(err, io.ErrUnexpectedEOF)
	}
	owner, shared, ok := wait.owner(word[:], len(l.names))
	if !ok {
		return nil
	}
	held := pcb.LockWait{Address: wait.address, Timed: wait.timed, Inherits: wait.inherits}
	tid, _ := strconv.ParseInt(name, 10, 32)
	if held.Owner, ok = l.bearer(owner, shared); !ok {
		return nil
	}
	if held.Waiter, ok = l.thread(l.ID.PID, int32(tid)); !ok || held.Owner.State == 'Z' || held.Owner.State == 'X' {
		return nil
	}
	after, err := smallfile.ReadRecord(file)
	if err == nil && string(after) == string(before) {
		l.Locks = append(l.Locks, held)
	}
	return err
}

// thread reads a thread, once in a probe.
func (l *lockReader) thread(process, tid int32) (pcb.TaskProbe, bool) {
	if known, ok := l.tasks[tid]; ok {
		return known, true
	}
	t, ok := l.taskAt(l.task(process, strconv.Itoa(int(tid))), process, tid)
	if ok {
		l.tasks[tid] = t
	}
	return t, ok
}

// bearer gives the living thread that a lock names as its owner: of the process itself, or of another where the lock
// is shared and both number threads alike.
func (l *lockReader) bearer(owner int32, shared bool) (pcb.TaskProbe, bool) {
	if l.inner == nil {
		l.inner = l.numbers()
	}
	if len(l.inner) > 0 {
		tid, ok := l.inner[owner]
		if !ok {
			return pcb.TaskProbe{}, false
		}
		return l.thread(l.ID.PID, tid)
	}
	if t, ok := l.thread(l.ID.PID, owner); ok || !shared {
		return t, ok
	}
	status, err := smallfile.ReadRecord(filepath.Join(l.root, strconv.Itoa(int(owner)), "status"))
	process, err2 := strconv.ParseInt(statusLine(status, "Tgid"), 10, 32)
	if err != nil || err2 != nil {
		return pcb.TaskProbe{}, false
	}
	return l.thread(int32(process), owner)
}

// numbers gives how a nested pid namespace numbers the threads; none where the process is in no such.
func (l *lockReader) numbers() map[int32]int32 {
	inner := make(map[int32]int32)
	for _, name := range l.names {
		status, _ := smallfile.ReadRecord(filepath.Join(l.task(l.ID.PID, name), "status"))
		pids := strings.Fields(statusLine(status, "NSpid"))
		if len(pids) == 1 {
			return inner
		}
		if len(pids) > 1 {
			inner[int32(parseInt([]byte(pids[len(pids)-1])))] = int32(parseInt([]byte(name)))
		}
	}
	return inner
}

// statusLine gives a value of a status file.
func statusLine(status []byte, key string) string {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// futexWait is a call of futex that can be a wait for a lock.
type futexWait struct {
	address  uint64
	value    uint32 // what the word must hold for the thread to sleep
	inherits bool   // FUTEX_LOCK_PI: the word itself names the owner, which the kernel checks
	private  bool
	timed    bool
}

// The operations and flags of futex (include/uapi/linux/futex.h).
const (
	futexWaitOp    = 0
	futexLockPI    = 6
	futexBitset    = 9
	futexLockPI2   = 13
	futexPrivate   = 128
	futexOperation = 127
	futexTIDMask   = 0x3fffffff
	futexWaiters   = 0x80000000
)

// futexWaitOf gives the wait that a thread's call may be. A glibc mutex is waited for with the value 2, "contended", or if
// it is robust with the word as it is, which names the owner; condition variables, semaphores and the runtimes of other
// languages are not.
func futexWaitOf(t *pcb.ThreadProbe) (futexWait, bool) {
	if !t.SyscallKnown || t.SyscallName != "futex" || t.Args[0]%4 != 0 || t.Args[0] == 0 {
		return futexWait{}, false
	}
	w := futexWait{address: t.Args[0], value: uint32(t.Args[2]), private: t.Args[1]&futexPrivate != 0, timed: t.Args[3] != 0}
	switch t.Args[1] & futexOperation {
	case futexWaitOp, futexBitset:
		return w, w.value == 2 || w.value&futexWaiters != 0
	case futexLockPI, futexLockPI2:
		w.inherits = true
		return w, true
	}
	return w, false
}

// mutexSize is how long a glibc pthread_mutex_t of 64 bits is: lock, count, owner, users, kind (32 bits each), two of 16
// bits, and the links of the list of robust ones.
const mutexSize = 40

// The bits of a mutex's kind (nptl/pthreadP.h).
const (
	mutexType      = 0x3
	mutexRecursive = 1
	mutexRobust    = 16
	mutexInherit   = 32
	mutexShared    = 128
	mutexKinds     = 0x3ff
)

// owner gives the thread that the mutex names, if it is one beyond doubt: every field has to be as a contended mutex has
// it, since a lock of another kind that were taken for it would make a deadlock that is none.
func (w *futexWait) owner(mutex []byte, threads int) (tid int32, shared, ok bool) {
	at := func(i int) uint32 { return binary.NativeEndian.Uint32(mutex[i:]) }
	word, count, owner, users, kind := at(0), at(4), at(8), at(12), at(16)
	robust := kind&mutexRobust != 0
	switch {
	case w.inherits: // the kernel keeps the owner in the word, and refuses one that is not there
		return int32(word & futexTIDMask), !w.private, word&futexWaiters != 0 && word&futexTIDMask != 0
	case kind&^mutexKinds != 0 || kind&mutexInherit != 0 || owner == 0 || owner > futexTIDMask:
		return 0, false, false
	case (kind&mutexType == mutexRecursive) != (count != 0):
		return 0, false, false
	case users == 0 || users > uint32(threads)+1 && kind&mutexShared == 0 || users > 1<<16:
		return 0, false, false
	case robust && (word != w.value || word&futexTIDMask != owner || word&futexWaiters == 0):
		return 0, false, false
	case !robust && (word != 2 || w.value != 2 || binary.NativeEndian.Uint64(mutex[24:]) != 0 || binary.NativeEndian.Uint64(mutex[32:]) != 0):
		return 0, false, false
	}
	return int32(owner), kind&mutexShared != 0, true
}
