package taskstats

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

const family = 31

func attr(kind uint16, content []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(attrLen+len(content)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, content...)
	return append(b, make([]byte, -len(content)&3)...)
}

func message(kind uint16, seq uint32, content []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(content)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, 0)
	b = binary.NativeEndian.AppendUint32(b, seq)
	return append(append(b, 0, 0, 0, 0), content...)
}

// stats is a struct taskstats of n bytes; each field that is read has its own place as the value.
func stats(n int) []byte {
	b := make([]byte, max(n, offInvoluntary+8))
	for _, at := range []int{offRuns, offRunDelay, offRunTime, offVoluntary, offInvoluntary} {
		binary.NativeEndian.PutUint64(b[at:], uint64(at))
	}
	return b[:n]
}

func reply(aggregate uint16, n int) []byte {
	return append([]byte{2, 1, 0, 0}, attr(aggregate, append(attr(1, []byte{1, 2, 3, 4}), attr(typeStats, stats(n))...))...)
}

func TestTake(t *testing.T) {
	whole := figures{offRuns, offRunDelay, offRunTime, offVoluntary, offInvoluntary}
	errno := func(e unix.Errno) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(-int32(e))) }
	padded := append([]byte{2, 1, 0, 0}, append(attr(6, nil), reply(typeAggrTGID, 560)[4:]...)...)
	for _, tt := range []struct {
		name    string
		message []byte
		want    answer
		fresh   bool
		err     error
	}{
		{"a thread group", message(family, 101, reply(typeAggrTGID, 560)), answer{told, whole}, true, nil},
		{"a task, nested by flag", message(family, 101, reply(typeAggrPID|0x8000, 560)), answer{told, whole}, true, nil},
		{"with padding before", message(family, 101, padded), answer{told, whole}, true, nil},
		{"cut off behind what is read", message(family, 101, reply(typeAggrTGID, 900))[:answerRoom], answer{told, whole}, true, nil},
		{"of the first version", message(family, 101, reply(typeAggrTGID, 80)), answer{told, figures{runs: offRuns, runDelay: offRunDelay, runTime: offRunTime}}, true, nil},
		{"gone", message(unix.NLMSG_ERROR, 101, errno(unix.ESRCH)), answer{state: gone}, true, nil},
		{"no memory", message(unix.NLMSG_ERROR, 101, errno(unix.ENOMEM)), answer{}, true, nil},
		{"no right", message(unix.NLMSG_ERROR, 101, errno(unix.EPERM)), answer{}, true, errRight},
		{"refused", message(unix.NLMSG_ERROR, 101, errno(unix.EINVAL)), answer{}, true, unix.EINVAL},
		{"an older question's", message(family, 99, reply(typeAggrTGID, 560)), answer{}, false, nil},
		{"no question's", message(family, 103, reply(typeAggrTGID, 560)), answer{}, false, nil},
		{"short", message(family, 101, nil), answer{}, false, nil},
	} {
		w := &wire{family: family, first: 100}
		fresh, err := w.take(tt.message, 3)
		if fresh != tt.fresh || err != tt.err || w.answers[1] != tt.want || w.answers[0] != (answer{}) || w.answers[2] != (answer{}) {
			t.Errorf("%s: %+v, %v, %v", tt.name, w.answers[:3], fresh, err)
		}
	}
}

// Whatever comes, it is an answer or none.
func FuzzTake(f *testing.F) {
	f.Add(message(family, 101, reply(typeAggrTGID, 560)))
	f.Add(message(family, 101, reply(typeAggrPID, 80)))
	f.Add(message(unix.NLMSG_ERROR, 101, []byte{1, 0, 0, 0}))
	f.Fuzz(func(t *testing.T, m []byte) {
		w := &wire{family: family, first: 100}
		fresh, _ := w.take(m, 3)
		for i := range w.answers {
			if w.answers[i] != (answer{}) && (!fresh || i >= 3) {
				t.Errorf("answer %d is %+v, of a message that is none", i, w.answers[i])
			}
		}
	})
}
