package detail

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"ptop/pcb"
)

// kernel reads what the process does in the kernel, and its standing there.
func (g *reading) kernel() {
	g.d.WChan = plain(g, pcb.PartWChan, func() (string, error) {
		text, err := os.ReadFile(g.path("wchan"))
		if string(text) == "0" {
			return "", err
		}
		return string(text), err
	})
	call := plain(g, pcb.PartSyscall, func() (string, error) {
		text, err := os.ReadFile(g.path("syscall"))
		return string(text), err
	})
	if !g.kernelThread() && !g.dead() { // what their registers hold is no call
		g.d.Syscall = describeSyscall(call, g.d.Files)
	}
	g.d.Stack = plain(g, pcb.PartStack, func() ([]string, error) {
		text, err := os.ReadFile(g.path("stack"))
		return parseStack(string(text)), err
	})
	type numbers struct {
		oomScore, oomAdj    *int
		loginUID, sessionID *uint32
	}
	got := free(g, "", func() (numbers, error) {
		return numbers{g.number("oom_score"), g.number("oom_score_adj"), g.auditID("loginuid"), g.auditID("sessionid")}, nil
	})
	g.d.OOMScore, g.d.OOMAdj, g.d.LoginUID, g.d.SessionID = got.oomScore, got.oomAdj, got.loginUID, got.sessionID
}

// number reads a file with one number; nil when there is none.
func (p place) number(name string) *int {
	text, err := os.ReadFile(p.path(name))
	if err != nil {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return nil
	}
	return &n
}

// auditID reads an identifier that is all ones when it was never set.
func (p place) auditID(name string) *uint32 {
	text, err := os.ReadFile(p.path(name))
	if err != nil {
		return nil
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil || uint32(n) == ^uint32(0) {
		return nil
	}
	id := uint32(n)
	return &id
}

// describeSyscall puts a line of /proc/PID/syscall into words: "running", or the number of the call, its six
// arguments, the stack pointer and the program counter; -1 stands for a wait outside any call.
//
// A call that waits on a descriptor is told with what that one is.
func describeSyscall(text string, files []pcb.OpenFile) string {
	field := strings.Fields(text)
	if len(field) == 0 {
		return ""
	}
	if field[0] == "running" {
		return "running"
	}
	number, err := strconv.ParseInt(field[0], 10, 64)
	if err != nil {
		return ""
	}
	if number == -1 || len(field) < 8 {
		return "waiting outside a system call"
	}
	name := syscallNameAt(number, field[7])
	if name == "" {
		name = fmt.Sprintf("call %d", number)
	}
	call := name + "(" + strings.Join(field[1:7], ", ") + ")"
	if !slices.Contains(callsOnFiles, name) {
		return call
	}
	fd, err := strconv.ParseUint(field[1], 0, 64)
	if err != nil {
		return call
	}
	for _, f := range files {
		if uint64(f.FD) == fd {
			return fmt.Sprintf("%s on descriptor %d, %s", call, fd, f.Target)
		}
	}
	return call
}

// callsOnFiles are the calls that can wait and whose first argument is a descriptor.
var callsOnFiles = []string{
	"read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev", "pwritev2", "recvfrom", "recvmsg",
	"recvmmsg", "sendto", "sendmsg", "sendmmsg", "accept", "accept4", "connect", "ioctl", "fcntl", "flock", "fsync", "fdatasync",
	"epoll_wait", "epoll_pwait", "epoll_pwait2", "getdents64", "splice", "ftruncate", "fallocate", "close",
}

// syscallNameAt names a call made with this stack pointer; empty for a 32-bit program, whose calls have other numbers.
func syscallNameAt(number int64, stackPointer string) string {
	if sp, err := strconv.ParseUint(stackPointer, 0, 64); err == nil && strconv.IntSize == 64 && sp < 1<<32 {
		return ""
	}
	return SyscallName(number)
}

// parseStack reads lines such as "[<0>] do_wait+0x5b/0x110".
func parseStack(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if _, name, ok := strings.Cut(line, "] "); ok {
			name, _, _ = strings.Cut(strings.TrimSpace(name), "+")
			out = append(out, name)
		}
	}
	return out
}
