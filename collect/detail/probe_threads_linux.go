package detail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ptop/internal/smallfile"
	"ptop/pcb"
)

// maxThreadProbes is how many threads of one process are looked into. The kernel lists the leader first.
const maxThreadProbes = 256

// readThreads reads the threads. What is told of them is kept even where their system calls are denied.
func (s *suspect) readThreads() error {
	names, err := s.threads()
	if err != nil {
		return err
	}
	threads, err := probeThreads(s.ctx, filepath.Join(s.root, strconv.Itoa(int(s.ID.PID)), "task"), names, s.dir)
	for i := range threads {
		threads[i].Pipe, threads[i].PipeHeldBy = s.pipe(&threads[i])
	}
	s.Threads = threads
	if errors.Is(err, errCallsDenied) {
		s.Denied |= pcb.ProbeThreads
		return nil
	}
	return err
}

// errCallsDenied tells that the threads were read, but for what they do in the kernel.
var errCallsDenied = fmt.Errorf("detail: reading system calls: %w", os.ErrPermission)

// threads lists the threads. Of a process with one, as the Snapshot has it, nothing need be asked.
func (s *suspect) threads() ([]string, error) {
	pid := strconv.Itoa(int(s.ID.PID))
	if s.alone {
		return []string{pid}, nil
	}
	names, _, err := listNames(filepath.Join(s.root, pid, "task"), maxThreadProbes)
	return names, err
}

// probeThreads reads the threads of these names below the directory task; files is where their descriptors can be read.
func probeThreads(ctx context.Context, task string, names []string, files string) (threads []pcb.ThreadProbe, err error) {
	for _, name := range names {
		if ctx.Err() != nil {
			return threads, ctx.Err()
		}
		t, failed := probeThread(filepath.Join(task, name), name)
		if errors.Is(failed, os.ErrPermission) {
			err = errCallsDenied
		} else if failed != nil {
			continue // it has ended
		}
		t.PIDFD = pidfd(&t, files)
		threads = append(threads, t)
	}
	return threads, err
}

// readThread reads how one thread is scheduled. A thread has a nice value and a policy of its own.
func (s *suspect) readThread() error {
	text, err := smallfile.ReadRecord(filepath.Join(s.root, strconv.Itoa(int(s.ID.PID)), "task", strconv.Itoa(int(s.TID)), "stat"))
	if err != nil {
		return err
	}
	field := afterComm(text)
	if len(field) < 39 {
		return errors.New("detail: a short stat line")
	}
	nice, err := strconv.ParseInt(string(field[16]), 10, 32)
	policy, err2 := strconv.ParseUint(string(field[38]), 10, 32)
	s.Nice, s.Policy, s.CPU = int32(nice), uint32(policy), int32(parseInt(field[36]))
	return errors.Join(err, err2)
}

// pidfd gives the pid behind the descriptor by which a thread waits for a child, 0 when it waits otherwise or this can't
// be read.
func pidfd(t *pcb.ThreadProbe, dir string) int32 {
	if t.SyscallName != "waitid" || t.Args[0] != unix.P_PIDFD {
		return 0
	}
	info, err := smallfile.ReadRecord(filepath.Join(dir, "fdinfo", strconv.FormatUint(t.Args[1], 10)))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(info)) {
		if value, ok := strings.CutPrefix(line, "Pid:"); ok {
			pid, _ := strconv.ParseInt(strings.TrimSpace(value), 10, 32)
			return int32(max(0, pid)) // -1 when that process is gone
		}
	}
	return 0
}

// pipe gives the pipe that a thread reads from, and who of the peers can write to it.
func (s *suspect) pipe(t *pcb.ThreadProbe) (pipe string, writers []int32) {
	if t.SyscallName != "read" {
		return "", nil
	}
	pipe, err := os.Readlink(s.path("fd", strconv.FormatUint(t.Args[0], 10)))
	if err != nil || !strings.HasPrefix(pipe, "pipe:[") {
		return "", nil
	}
	for _, pid := range s.peers {
		if s.ctx.Err() != nil {
			break
		}
		if pid != s.ID.PID && writesTo(filepath.Join(s.root, strconv.Itoa(int(pid)), "fd"), pipe) {
			writers = append(writers, pid)
		}
	}
	return pipe, writers
}

// writesTo reports whether a directory of descriptors has one that writes to a pipe: the link's mode tells how it was
// opened.
func writesTo(dir, pipe string) bool {
	names, _, err := listNames(dir, maxFileProbes)
	if err != nil {
		return false
	}
	for _, name := range names {
		link := filepath.Join(dir, name)
		if target, err := os.Readlink(link); err != nil || target != pipe {
			continue
		}
		if info, err := os.Lstat(link); err == nil && info.Mode()&0o200 != 0 {
			return true
		}
	}
	return false
}

// probeThread reads one thread. A refusal concerns its system call alone, the rest is there.
func probeThread(dir, name string) (t pcb.ThreadProbe, err error) {
	tid, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return t, err
	}
	status, err := smallfile.ReadRecord(filepath.Join(dir, "status"))
	if err != nil {
		return t, err
	}
	t.TID = int32(tid)
	readThreadStatus(&t, status)
	if wchan, err := smallfile.ReadRecord(filepath.Join(dir, "wchan")); err == nil && string(wchan) != "0" {
		t.WChan = string(wchan)
	}
	text, err := smallfile.ReadRecord(filepath.Join(dir, "syscall"))
	if err != nil && !errors.Is(err, os.ErrPermission) {
		return t, nil // a zombie has none
	}
	readThreadSyscall(&t, string(text))
	return t, err
}

// readThreadStatus reads the state and the masks.
func readThreadStatus(t *pcb.ThreadProbe, status []byte) {
	masks := map[string]*uint64{
		"SigPnd": &t.Pending, "ShdPnd": &t.Shared, "SigBlk": &t.Blocked, "SigIgn": &t.Ignored, "SigCgt": &t.Caught,
	}
	for line := range bytes.Lines(status) {
		key, value, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
		value = strings.TrimSpace(value)
		if key == "State" && value != "" {
			t.State = value[0]
		} else if mask := masks[key]; mask != nil {
			*mask, _ = strconv.ParseUint(value, 16, 64)
		}
	}
}

// readThreadSyscall reads a line of task/TID/syscall: "running", or the number of the call, its six arguments, the
// stack pointer and the program counter; or -1 and the two pointers, outside a call.
func readThreadSyscall(t *pcb.ThreadProbe, text string) {
	field := strings.Fields(text)
	if len(field) < 3 {
		return
	}
	number, err := strconv.ParseInt(field[0], 10, 64)
	if err != nil || number >= 0 && len(field) < 9 {
		return
	}
	t.SyscallKnown, t.Syscall = true, number
	if number < 0 {
		return
	}
	for i := range t.Args {
		t.Args[i], _ = strconv.ParseUint(field[1+i], 0, 64)
	}
	t.SyscallName = syscallNameAt(number, field[7])
}
