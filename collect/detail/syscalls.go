package detail

import "strings"

// The kernel numbers its system calls by architecture up to 423 and alike from 424 on. Each table is the names in
// the order of their numbers; "-" stands where there is none.
const firstSharedSyscall = 424

var (
	archSyscalls   = strings.Fields(archSyscallNames)
	sharedSyscalls = strings.Fields(sharedSyscallNames)
)

// SyscallName names a system call of this architecture by its number, as /proc/PID/syscall tells it; empty when it
// is unknown here. The calls of a 32-bit program have numbers of their own, which this does not know.
func SyscallName(number int64) string {
	names := archSyscalls
	if number >= firstSharedSyscall {
		names, number = sharedSyscalls, number-firstSharedSyscall
	}
	if number < 0 || number >= int64(len(names)) || names[number] == "-" {
		return ""
	}
	return names[number]
}

const sharedSyscallNames = `
pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen fsconfig fsmount
fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr
quotactl_fd landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret process_mrelease
futex_waitv set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue
statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat
listxattrat removexattrat open_tree_attr file_getattr file_setattr listns rseq_slice_yield
`
