//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// Record is what the kernel tells of one task: task.bpf.c, struct record, says what each field is. Only as much of it is
// there as Size says: see the methods. Times are in nanoseconds, memory in pages.
type Record = taskRecord

// What Record.Is can have.
const (
	Process       = uint32(taskIsPROCESS)
	More          = uint32(taskIsMORE)
	Memory        = uint32(taskIsMEMORY)
	Handlers      = uint32(taskIsHANDLERS)
	Idle          = uint32(taskIsIDLE)
	KnowsOnCPU    = uint32(taskIsKNOWS_ON_CPU)
	KnowsRunDelay = uint32(taskIsKNOWS_RUN_DELAY)
	KnowsIO       = uint32(taskIsKNOWS_IO)
	KnowsCgroup   = uint32(taskIsKNOWS_CGROUP)
	KnowsBlocker  = uint32(taskIsKNOWS_BLOCKER)
	OnCPU         = uint32(taskIsON_CPU)
	Subreaper     = uint32(taskIsSUBREAPER)
	NoChildWait   = uint32(taskIsNO_CHILD_WAIT)
	CountedDead   = uint32(taskIsCOUNTED_DEAD)
)

// Reader has the program loaded. It is for one goroutine at a time.
type Reader struct {
	objects taskObjects
	iter    *link.Iter
	file    io.ReadCloser
	buf     []byte // a chunk, the beginning of a record from the chunk before included
	have    int    // bytes of buf that were read
	whole   int    // of those, in whole records
}

// bufSize is twice what the kernel gives at once with pages of 64 KB, so that the rest of a record always has room.
const bufSize = 1 << 20

// Open loads the program. It takes some 60 ms of CPU time, most of it for finding where the fields lie in this kernel's
// structures. An error is one sentence: what this kernel or ptop's rights lack.
func Open() (*Reader, error) {
	if _, err := os.Stat(kernelTypes); err != nil {
		return nil, fmt.Errorf("this kernel does not describe its types (no %s): CONFIG_DEBUG_INFO_BTF is needed", kernelTypes)
	}
	r := &Reader{buf: make([]byte, bufSize)}
	err := loadTaskObjects(&r.objects, nil)
	if errors.Is(err, unix.EPERM) && unlimited() == nil {
		err = loadTaskObjects(&r.objects, nil)
	}
	if err != nil {
		return nil, refused("loading the task iterator", err)
	}
	if r.iter, err = link.AttachIter(link.IterOptions{Program: r.objects.Dump}); err != nil {
		r.objects.Close()
		return nil, refused("starting the task iterator", err)
	}
	return r, nil
}

// unlimited raises the limit that before Linux 5.11 bounds what is loaded. (ebpf/rlimit finds out beforehand whether it does,
// whenever the program starts: it makes a map in the kernel for that.)
func unlimited() error {
	all := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	return unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &all, nil)
}

const kernelTypes = "/sys/kernel/btf/vmlinux"

// refused says in one sentence what went wrong.
func refused(doing string, err error) error {
	var verifier *ebpf.VerifierError
	if errors.As(err, &verifier) && len(verifier.Log) > 0 { // before the rights: it can answer EACCES, too
		at := len(verifier.Log) - 1
		if at > 0 && strings.HasPrefix(verifier.Log[at], "processed ") { // its last line is statistics
			at--
		}
		return fmt.Errorf("%s: this kernel refuses it: %w: %s", doing, verifier.Cause, strings.TrimSpace(verifier.Log[at]))
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return fmt.Errorf("%s: the kernel does not allow it: CAP_BPF and CAP_PERFMON are needed, or root, in the first user namespace", doing)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Begin begins a reading. since is the time since the one before, 0 for none: of a task that did not run in it, the signal
// handlers are not told again.
func (r *Reader) Begin(since time.Duration) error {
	quiet := uint64(0)
	if since > 0 {
		quiet = uint64(since + time.Second)
	}
	if err := r.objects.Quiet.Set(quiet); err != nil {
		return fmt.Errorf("bpf: setting what is known: %w", err)
	}
	r.End()
	var err error
	if r.file, err = r.iter.Open(); err != nil {
		return fmt.Errorf("bpf: beginning a reading: %w", err)
	}
	r.have, r.whole = 0, 0
	return nil
}

// Next reads the next chunk of records. It answers false at the end.
func (r *Reader) Next() (bool, error) {
	copy(r.buf, r.buf[r.whole:r.have])
	r.have -= r.whole
	r.whole = 0
	n, err := r.file.Read(r.buf[r.have:])
	if errors.Is(err, io.EOF) || n == 0 && err == nil {
		if r.have > 0 {
			return false, errors.New("bpf: the reading ends within a record")
		}
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("bpf: reading the tasks: %w", err)
	}
	r.have += n
	for r.have-r.whole >= recordMin {
		size := int(r.at(r.whole).Size)
		if size < recordMin || size > int(unsafe.Sizeof(Record{})) {
			return false, fmt.Errorf("bpf: a record of %d bytes", size)
		}
		if size > r.have-r.whole {
			break
		}
		r.whole += size
	}
	return true, nil
}

// recordMin is the size of a thread's record.
const recordMin = int(unsafe.Offsetof(Record{}.Ppid))

func (r *Reader) at(offset int) *Record { return (*Record)(unsafe.Pointer(&r.buf[offset])) }

// Records gives those of the chunk. They are the Reader's memory, valid until Next.
func (r *Reader) Records() iter.Seq[*Record] {
	return func(yield func(*Record) bool) {
		for at := 0; at < r.whole; {
			record := r.at(at)
			if !yield(record) {
				return
			}
			at += int(record.Size)
		}
	}
}

// End ends a reading.
func (r *Reader) End() {
	if r.file != nil {
		r.file.Close()
		r.file = nil
	}
}

// Close unloads the program.
func (r *Reader) Close() error {
	r.End()
	return errors.Join(r.iter.Close(), r.objects.Close())
}

// Full reports whether the record has the second part: of a process (Is has Process), or of a thread whose main thread has
// ended, which tells what they share.
func (r *taskRecord) Full() bool { return int(r.Size) > recordMin }

// Name is the task's comm.
func (r *taskRecord) Name() []byte {
	name := unsafe.Slice((*byte)(unsafe.Pointer(&r.Comm[0])), len(r.Comm))
	for i, b := range name {
		if b == 0 {
			return name[:i]
		}
	}
	return name
}
