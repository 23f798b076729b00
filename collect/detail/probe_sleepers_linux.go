package detail

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"

	"ptop/internal/smallfile"
	"ptop/pcb"
)

// maxSleepers is how many threads of one process that hang are told of.
const maxSleepers = 32

// readSleepers finds the threads that sleep and can't be woken, and where.
func (s *suspect) readSleepers() error {
	names, err := s.threads()
	if err != nil {
		return err
	}
	for _, name := range names {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		tid, _ := strconv.ParseInt(name, 10, 32)
		dir := filepath.Join(s.root, strconv.Itoa(int(s.ID.PID)), "task", name)
		if t, ok := s.taskAt(dir, s.ID.PID, int32(tid)); ok && t.State == 'D' && len(s.Sleepers) < maxSleepers {
			s.Sleepers = append(s.Sleepers, s.sleeper(dir, t))
		}
	}
	return nil
}

// sleeper reads where a thread sleeps.
func (s *suspect) sleeper(dir string, t pcb.TaskProbe) pcb.Sleeper {
	out := pcb.Sleeper{TaskProbe: t}
	read := func(name string) string {
		text, err := smallfile.ReadRecord(filepath.Join(dir, name))
		if errors.Is(err, os.ErrPermission) {
			out.Refused = append(out.Refused, name)
		}
		return string(text)
	}
	if wchan := read("wchan"); wchan != "0" {
		out.WChan = wchan
	} else { // of a sleeper that is the answer to who has no right
		out.Refused = append(out.Refused, "wchan")
	}
	out.Stack = parseStack(read("stack"))
	var call pcb.ThreadProbe
	readThreadStatus(&call, []byte(read("status")))
	out.KillPending = pcb.SIGKILL.InMask(call.Pending | call.Shared)
	readThreadSyscall(&call, read("syscall"))
	out.Syscall = call.SyscallName
	if call.SyscallKnown && slices.Contains(callsOnFiles, call.SyscallName) {
		out.File, _ = os.Readlink(filepath.Join(dir, "fd", strconv.FormatUint(call.Args[0], 10)))
		s.fileSystem(&out)
	}
	return out
}

// fileSystem finds what a file is on: the mount whose point is the longest beginning of its path.
func (s *suspect) fileSystem(out *pcb.Sleeper) {
	mounts, err := procfs.GetProcMounts(int(s.ID.PID))
	if err != nil {
		return
	}
	longest := 0
	for _, m := range mounts {
		if n := len(m.MountPoint); n >= longest && under(out.File, m.MountPoint) {
			longest = n
			out.FSType, out.FSSource, out.FSDevice = m.FSType, m.Source, m.MajorMinorVer
		}
	}
}

// under reports whether a path is in a directory, or is it.
func under(path, dir string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(dir, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
