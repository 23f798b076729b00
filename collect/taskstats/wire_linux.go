package taskstats

import (
	"encoding/binary"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Generic netlink and taskstats (linux/genetlink.h, linux/taskstats.h).
const (
	cmdGet = 1

	byPID  = 1 // the attribute of a question for a task
	byTGID = 2 // and for a thread group

	typeStats    = 3
	typeAggrPID  = 4
	typeAggrTGID = 5

	headerLen = unix.SizeofNlMsghdr + 4 // of netlink and of generic netlink
	attrLen   = 4                       // of an attribute's header
	attrFlags = 0xc000                  // bits of its type that are none of it
)

// Where the fields are in struct taskstats. It only ever grows at its end, so that a field is there when it is that long.
const (
	offRuns        = 16 // cpu_count
	offRunDelay    = 24 // cpu_delay_total
	offRunTime     = 72 // cpu_run_virtual_total; cpu_run_real_total is utime and stime
	offVoluntary   = 272
	offInvoluntary = 280
)

const (
	batch = 64 // questions sent, and answers taken, with one call
	// answerRoom holds an answer up to the last field that is read, however long it is.
	answerRoom = 512
	// receiveBytes is room in the kernel for a batch of answers, which count for more there than their length.
	receiveBytes = 512 << 10
)

// request is one question as the kernel has it.
type request struct {
	unix.NlMsghdr
	command, version uint8
	_                uint16
	attrLen, form    uint16
	pid              int32
}

// figures is what is read of a struct taskstats. What the kernel's is too short for is 0.
type figures struct {
	runs                   uint64 // how often it got a CPU
	runDelay, runTime      time.Duration
	voluntary, involuntary uint64
}

type state uint8

const (
	unanswered state = iota
	gone             // there is no such process
	told
)

type answer struct {
	state   state
	figures figures
}

// mmsghdr is struct mmsghdr.
type mmsghdr struct {
	header unix.Msghdr
	n      uint32
}

// wire sends questions and receives answers, always in the same memory.
type wire struct {
	family   uint16
	first    uint32 // the number of the first of the requests; numbers are never used again
	requests [batch]request
	answers  [batch]answer

	headers [batch]mmsghdr
	vectors [batch]unix.Iovec
	room    [batch][answerRoom]byte
}

func (w *wire) init(family uint16) {
	w.family = family
	for i := range batch {
		w.requests[i] = request{
			NlMsghdr: unix.NlMsghdr{Len: uint32(unsafe.Sizeof(request{})), Type: family, Flags: unix.NLM_F_REQUEST},
			command:  cmdGet, version: 1, attrLen: attrLen + 4,
		}
		w.vectors[i] = unix.Iovec{Base: &w.room[i][0]}
		w.vectors[i].SetLen(answerRoom)
		w.headers[i].header.Iov = &w.vectors[i]
		w.headers[i].header.SetIovlen(1)
	}
}

// exchange asks the first n requests, and takes what the kernel has answered when the call returns. A lost answer leaves its
// question unanswered.
func (w *wire) exchange(fd, n int) error {
	w.first += batch
	for i := range n {
		w.requests[i].Seq = w.first + uint32(i)
		w.answers[i] = answer{}
	}
	if err := w.send(fd, n); err != nil {
		return err
	}
	for left := n; left > 0; {
		got, err := w.receive(fd)
		if got == 0 {
			return err
		}
		for i := range got {
			fresh, err := w.take(w.room[i][:w.headers[i].n], n)
			if err != nil {
				return err
			}
			if fresh {
				left--
			}
		}
	}
	return nil
}

func (w *wire) send(fd, n int) error {
	for {
		_, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&w.requests)), uintptr(n)*unsafe.Sizeof(request{}), 0, 0, 0)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// receive takes up to a batch of messages; none, without an error, when there are no more.
func (w *wire) receive(fd int) (int, error) {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&w.headers)), batch, unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR, unix.ENOBUFS: // the latter says, once, that some were lost
		default:
			return 0, errno
		}
	}
}

// take enters a message among the answers to the n requests; fresh says that it is one of them. An error is the kernel's refusal.
func (w *wire) take(m []byte, n int) (fresh bool, err error) {
	if len(m) < headerLen {
		return false, nil
	}
	i := binary.NativeEndian.Uint32(m[8:]) - w.first
	if i >= uint32(n) { // of a question that was given up
		return false, nil
	}
	a := &w.answers[i]
	switch binary.NativeEndian.Uint16(m[4:]) {
	case unix.NLMSG_ERROR:
		switch errno := unix.Errno(-int32(binary.NativeEndian.Uint32(m[unix.SizeofNlMsghdr:]))); errno {
		case unix.ESRCH:
			a.state = gone
		case unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM:
		case unix.EPERM:
			return true, errRight
		default:
			return true, errno
		}
	case w.family:
		a.figures, a.state = parse(attribute(attribute(m[headerLen:], typeAggrTGID, typeAggrPID), typeStats, typeStats)), told
	}
	return true, nil
}

// attribute gives the content of the first attribute that is of one of two types, as far as it is there.
func attribute(list []byte, one, other uint16) []byte {
	for len(list) >= attrLen {
		n := int(binary.NativeEndian.Uint16(list))
		if n < attrLen {
			return nil
		}
		if t := binary.NativeEndian.Uint16(list[2:]) &^ attrFlags; t == one || t == other {
			return list[attrLen:min(n, len(list))]
		}
		list = list[min((n+3)&^3, len(list)):]
	}
	return nil
}

// parse reads a struct taskstats, which can be shorter than this kernel's own.
func parse(stats []byte) (f figures) {
	field := func(at int) uint64 {
		if len(stats) < at+8 {
			return 0
		}
		return binary.NativeEndian.Uint64(stats[at:])
	}
	return figures{
		runs: field(offRuns), runDelay: time.Duration(field(offRunDelay)), runTime: time.Duration(field(offRunTime)),
		voluntary: field(offVoluntary), involuntary: field(offInvoluntary),
	}
}
