package detail

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestSyscallName(t *testing.T) {
	for number, want := range map[int64]string{
		unix.SYS_READ:              "read",
		unix.SYS_WAIT4:             "wait4",
		unix.SYS_WAITID:            "waitid",
		unix.SYS_FUTEX:             "futex",
		unix.SYS_PPOLL:             "ppoll",
		unix.SYS_EPOLL_PWAIT:       "epoll_pwait",
		unix.SYS_RESTART_SYSCALL:   "restart_syscall",
		unix.SYS_STATX:             "statx",
		unix.SYS_PIDFD_SEND_SIGNAL: "pidfd_send_signal",
		unix.SYS_CLONE3:            "clone3",
		unix.SYS_FUTEX_WAITV:       "futex_waitv",
		-1:                         "",
		423:                        "",
		1 << 40:                    "",
	} {
		if got := SyscallName(number); got != want {
			t.Errorf("SyscallName(%d) = %q, want %q", number, got, want)
		}
	}
}
