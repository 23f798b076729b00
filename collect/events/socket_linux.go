package events

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The proc connector (linux/connector.h, linux/cn_proc.h).
const (
	cnIdxProc, cnValProc = 1, 1
	mcastListen          = 1
	mcastIgnore          = 2

	headerLen = unix.SizeofNlMsghdr + 20 // of netlink and of the connector
	eventLen  = 40                       // of an event with all that is read of it

	eventNone = 0
	eventFork = 0x1
	eventExec = 0x2
	eventComm = 0x200
	eventExit = 0x80000000
)

// noCPU is the CPU of what is not numbered.
const noCPU = 0xffffffff

// queueBytes is the room for events in the kernel: 100 ms of some 200,000 events a second.
const queueBytes = 8 << 20

const (
	batch       = 128 // messages taken with one call
	messageRoom = 256 // bytes; one has less than 100
	// drainMax bounds one drain, so that a storm that outruns it can't hold up a reading.
	drainMax = 4096 // calls
)

// socket is a subscription. It reuses the memory into which it receives.
type socket struct {
	fd   int
	next map[uint32]uint32 // the number that the next event of each CPU must have

	headers [batch]mmsghdr
	vectors [batch]unix.Iovec
	senders [batch]unix.RawSockaddrNetlink
	room    [batch][messageRoom]byte
}

// mmsghdr is struct mmsghdr.
type mmsghdr struct {
	header unix.Msghdr
	n      uint32
}

var errRight = errors.New("it takes CAP_NET_ADMIN to be told of them: run ptop as root")

// subscribe opens a subscription, and makes sure that the kernel took it.
func subscribe() (*socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.NETLINK_CONNECTOR)
	if err != nil {
		return nil, fmt.Errorf("no proc connector: %w (CONFIG_PROC_EVENTS)", err)
	}
	s := &socket{fd: fd, next: map[uint32]uint32{}}
	if err := s.join(); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func (s *socket) join() error {
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, queueBytes) != nil {
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, queueBytes) // as much as is allowed
	}
	switch err := unix.Bind(s.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: cnIdxProc}); {
	case errors.Is(err, unix.EPERM):
		return errRight
	case err != nil:
		return fmt.Errorf("no proc connector: %w", err)
	}
	for i := range s.headers {
		s.vectors[i] = unix.Iovec{Base: &s.room[i][0]}
		s.vectors[i].SetLen(messageRoom)
		h := &s.headers[i].header
		h.Iov, h.Name = &s.vectors[i], (*byte)(unsafe.Pointer(&s.senders[i]))
		h.SetIovlen(1)
	}
	token := rand.Uint32()
	if err := s.send(mcastListen, token); err != nil {
		return fmt.Errorf("no proc connector: %w", err)
	}
	return s.acknowledged(token)
}

// send tells the kernel to begin or to stop.
func (s *socket) send(op, token uint32) error {
	b := make([]byte, 0, headerLen+4)
	for _, v := range []uint32{headerLen + 4, unix.NLMSG_DONE, 0, 0, cnIdxProc, cnValProc, token, token, 4, op} {
		b = binary.NativeEndian.AppendUint32(b, v) // those of 16 bits are 0 or beside a 0
	}
	binary.NativeEndian.PutUint16(b[4:], unix.NLMSG_DONE)
	binary.NativeEndian.PutUint16(b[6:], 0)
	binary.NativeEndian.PutUint16(b[32:], 4)
	binary.NativeEndian.PutUint16(b[34:], 0)
	return unix.Sendto(s.fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// acknowledged waits for the kernel's answer, which it gives before send returns; events before it are let go.
func (s *socket) acknowledged(token uint32) error {
	for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
		n, err := s.receive()
		if errors.Is(err, unix.EAGAIN) {
			if _, err = unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}, 10); err != nil && !errors.Is(err, unix.EINTR) {
				return err
			}
			continue
		}
		if err != nil && !errors.Is(err, unix.ENOBUFS) {
			return fmt.Errorf("no proc connector: %w", err)
		}
		for i := range n {
			m := s.message(i)
			if m == nil || binary.NativeEndian.Uint32(m[headerLen:]) != eventNone || binary.NativeEndian.Uint32(m[28:]) != token+1 {
				continue
			}
			switch errno := unix.Errno(binary.NativeEndian.Uint32(m[headerLen+16:])); errno {
			case 0:
				return nil
			case unix.EPERM:
				return errRight
			default:
				return fmt.Errorf("no proc connector: %w", errno)
			}
		}
	}
	return errNamespace
}

// receive takes up to a batch of messages; none is EAGAIN.
func (s *socket) receive() (int, error) {
	for i := range s.headers {
		s.headers[i].header.Namelen = unix.SizeofSockaddrNetlink
	}
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.headers)), batch, unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// message gives the i-th of the messages received; nil when it is not the kernel's, or no event.
func (s *socket) message(i int) []byte {
	m := s.room[i][:min(s.headers[i].n, messageRoom)]
	if len(m) < headerLen+eventLen || s.senders[i].Pid != 0 || binary.NativeEndian.Uint32(m[16:]) != cnIdxProc {
		return nil
	}
	return m
}

// drain enters all events that wait. What the kernel could not queue shows in its numbering of them.
func (s *socket) drain(l *ledger) error {
	for range drainMax {
		n, err := s.receive()
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.ENOBUFS):
			continue
		case err != nil:
			return err
		}
		for i := range n {
			if m := s.message(i); m != nil {
				s.enter(l, m)
			}
		}
		if n < batch {
			return nil
		}
	}
	return nil
}

// enter takes up one event.
func (s *socket) enter(l *ledger, m []byte) {
	word := func(at int) uint32 { return binary.NativeEndian.Uint32(m[headerLen+at:]) }
	what, cpu, seq := word(0), word(4), binary.NativeEndian.Uint32(m[24:])
	if what == eventNone && cpu == noCPU { // an answer to somebody who subscribes or leaves; old kernels do not number it
		return
	}
	if expected, known := s.next[cpu]; known && seq != expected {
		l.lose(uint64(seq - expected))
	}
	s.next[cpu] = seq + 1
	e := event{what: what, at: time.Duration(binary.NativeEndian.Uint64(m[headerLen+8:])), pid: int32(word(16)), tgid: int32(word(20))}
	switch what {
	case eventFork: // the parent comes first
		e.parent, e.pid, e.tgid = int32(word(20)), int32(word(24)), int32(word(28))
		l.fork(&e)
	case eventExec:
		l.exec(&e)
	case eventComm:
		l.comm(&e, m[headerLen+24:headerLen+eventLen])
	case eventExit:
		e.status = int32(word(24))
		l.exit(&e)
	}
}

// close ends the subscription.
func (s *socket) close() error {
	return errors.Join(s.send(mcastIgnore, rand.Uint32()), unix.Close(s.fd))
}
