package act

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// knob is how the kernel sets and tells one setting of a thread, and what its refusals mean. Settings of whole processes
// have none.
type knob struct {
	set     func(tid int, s *pcb.Setting) error
	get     func(tid int) (pcb.Setting, error)
	explain func(b *bound, s *pcb.Setting, err error) error
}

var knobs = map[pcb.SettingKind]knob{
	pcb.SetNice:       {setNice, getNice, explainNice},
	pcb.SetIOPriority: {setIOPriority, getIOPriority, explainIOPriority},
	pcb.SetAffinity:   {setAffinity, getAffinity, explainAffinity},
	pcb.SetPolicy:     {setPolicy, getPolicy, explainPolicy},
}

func setNice(tid int, s *pcb.Setting) error { return unix.Setpriority(unix.PRIO_PROCESS, tid, s.Nice) }

func getNice(tid int) (pcb.Setting, error) {
	n, err := unix.Getpriority(unix.PRIO_PROCESS, tid)
	return pcb.Nice(20 - n), err // what keeps the system call's result from being negative
}

func explainNice(b *bound, _ *pcb.Setting, err error) error {
	switch {
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: a lower nice value needs root (CAP_SYS_NICE) or a higher limit (ulimit -e)", err)
	case errors.Is(err, unix.EPERM):
		return b.notPermitted(err)
	}
	return err
}

// The parts of an I/O priority (linux/ioprio.h). Between level and class stand hints about the command's duration.
const (
	ioprioProcess    = 1
	ioprioClassShift = 13
	ioprioLevelMask  = 7
)

func setIOPriority(tid int, s *pcb.Setting) error {
	_, _, errno := unix.Syscall(unix.SYS_IOPRIO_SET, ioprioProcess, uintptr(tid), uintptr(s.IOClass)<<ioprioClassShift|uintptr(s.IOLevel))
	return errnoErr(errno)
}

func getIOPriority(tid int) (pcb.Setting, error) {
	v, _, errno := unix.Syscall(unix.SYS_IOPRIO_GET, ioprioProcess, uintptr(tid), 0)
	s := pcb.Setting{Kind: pcb.SetIOPriority, IOClass: pcb.IOClass(v >> ioprioClassShift)}
	if s.IOClass == pcb.IORealtime || s.IOClass == pcb.IOBestEffort {
		s.IOLevel = int(v & ioprioLevelMask)
	}
	return s, errnoErr(errno)
}

func explainIOPriority(b *bound, s *pcb.Setting, err error) error {
	switch {
	case errors.Is(err, unix.EPERM) && b.may():
		return fmt.Errorf("%w: the I/O class %s needs root (CAP_SYS_NICE)", err, s)
	case errors.Is(err, unix.EPERM):
		return b.notPermitted(err)
	case errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("%w: this kernel has no I/O priorities", err)
	}
	return err
}

// cpuMask has a bit for each CPU that Linux can be built for.
type cpuMask [8192 / 64]uint64

func setAffinity(tid int, s *pcb.Setting) error {
	var mask cpuMask
	for _, n := range s.CPUs {
		mask[n/64] |= 1 << (n % 64)
	}
	_, _, errno := unix.Syscall(unix.SYS_SCHED_SETAFFINITY, uintptr(tid), unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	return errnoErr(errno)
}

func getAffinity(tid int) (pcb.Setting, error) {
	var mask cpuMask
	_, _, errno := unix.Syscall(unix.SYS_SCHED_GETAFFINITY, uintptr(tid), unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	s := pcb.Setting{Kind: pcb.SetAffinity}
	for n := range len(mask) * 64 {
		if mask[n/64]&(1<<(n%64)) != 0 {
			s.CPUs = append(s.CPUs, n)
		}
	}
	return s, errnoErr(errno)
}

func explainAffinity(b *bound, s *pcb.Setting, err error) error {
	switch {
	case errors.Is(err, unix.EPERM):
		return b.notPermitted(err)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%w: it runs by its deadline, and has reserved more time than these CPUs have", err)
	case errors.Is(err, unix.EINVAL):
		if allowed := b.allowedCPUs(); allowed != nil {
			return fmt.Errorf("%w: it may not run on %s; its cpuset allows %s", err, s, pcb.CPUList(allowed))
		}
		return fmt.Errorf("%w: it may not run on %s: offline, or not in its cpuset", err, s)
	}
	return err
}

// shortfall says which of the CPUs that were asked for the process did not get: the kernel leaves out what its cpuset
// does not allow, and says nothing.
func (b *bound) shortfall(s *pcb.Setting) error {
	now, err := b.present(s.Kind)
	if err != nil || now.Differ || now.Setting.String() == s.String() {
		return nil
	}
	return fmt.Errorf("affinity was set in part: it got %s alone, the others are offline or not in its cpuset", now.Setting.String())
}

// allowedCPUs gives the CPUs that the cpuset of the process allows, nil when they can't be told. Where a cgroup has no cpuset
// of its own the one above holds; where none has, all that are online.
func (b *bound) allowedCPUs() []int {
	const cgroups = "/sys/fs/cgroup"
	text, _ := readAt(b.dir, "cgroup")
	for line := range strings.Lines(text) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) < 3 {
			continue
		}
		top, file := cgroups, "cpuset.cpus.effective"
		switch {
		case slices.Contains(strings.Split(part[1], ","), "cpuset"):
			top, file = cgroups+"/cpuset", "cpuset.effective_cpus"
		case part[1] != "":
			continue
		}
		for path := filepath.Join("/", part[2]); ; path = filepath.Dir(path) {
			if cpus := readCPUs(filepath.Join(top, path, file)); cpus != nil {
				return cpus
			}
			if path == "/" {
				break
			}
		}
	}
	return readCPUs("/sys/devices/system/cpu/online")
}

// readCPUs reads a list of CPUs; nil for a file that is not there, or has none.
func readCPUs(path string) []int {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	cpus, err := pcb.ParseCPUList(strings.TrimSpace(string(text)))
	if err != nil {
		return nil
	}
	return cpus
}

// errDeadline is why the policy of a thread is left alone.
var errDeadline = errors.New("it runs by its deadline, and would lose the time that it has reserved (chrt -d sets such)")

// setPolicy sets the policy by the call that leaves the nice value as it is. Whether children get the policy, too, is left
// as it was: to take that flag away needs a right of its own.
func setPolicy(tid int, s *pcb.Setting) error {
	was, _, errno := unix.Syscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(tid), 0, 0)
	if errno != 0 {
		return errno
	}
	if uint32(was)&^unix.SCHED_RESET_ON_FORK == pcb.PolicyDeadline {
		return errDeadline
	}
	priority := int32(s.RTPriority)
	policy := uintptr(s.Policy) | was&unix.SCHED_RESET_ON_FORK
	_, _, errno = unix.Syscall(unix.SYS_SCHED_SETSCHEDULER, uintptr(tid), policy, uintptr(unsafe.Pointer(&priority)))
	return errnoErr(errno)
}

func getPolicy(tid int) (pcb.Setting, error) {
	policy, _, errno := unix.Syscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(tid), 0, 0)
	var priority int32
	if errno == 0 {
		_, _, errno = unix.Syscall(unix.SYS_SCHED_GETPARAM, uintptr(tid), uintptr(unsafe.Pointer(&priority)), 0)
	}
	return pcb.Setting{Kind: pcb.SetPolicy, Policy: uint32(policy) &^ unix.SCHED_RESET_ON_FORK, RTPriority: uint32(priority)}, errnoErr(errno)
}

func explainPolicy(b *bound, s *pcb.Setting, err error) error {
	switch {
	case errors.Is(err, unix.EPERM) && os.Geteuid() == 0 && pcb.RealTime(s.Policy):
		return fmt.Errorf("%w: it needs CAP_SYS_NICE, and its cgroup real time where the kernel shares that out (cpu.rt_runtime_us)", err)
	case errors.Is(err, unix.EPERM) && b.may() && pcb.RealTime(s.Policy):
		return fmt.Errorf("%w: real-time priority %d needs root (CAP_SYS_NICE) or a higher limit (ulimit -r)", err, s.RTPriority)
	case errors.Is(err, unix.EPERM) && b.may():
		return fmt.Errorf("%w: the policy %s needs root here (CAP_SYS_NICE), or a higher limit (ulimit -e)", err, s)
	case errors.Is(err, unix.EPERM):
		return b.notPermitted(err)
	}
	return err
}

// may reports whether the process is ours, or we are root: a refusal is not about whose it is.
func (b *bound) may() bool {
	me := os.Geteuid()
	status, err := readAt(b.dir, "status")
	uids := strings.Fields(statusField(status, "Uid"))
	if err != nil || len(uids) < 2 {
		return false
	}
	mine := strconv.Itoa(me)
	return me == 0 || uids[0] == mine || uids[1] == mine
}

// wholeFile is the file of the setting that a process has as a whole.
const wholeFile = "oom_score_adj"

func (b *bound) setWhole(s *pcb.Setting) error {
	fd, err := unix.Openat(b.dir, wholeFile, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, err = unix.Write(fd, []byte(strconv.Itoa(s.OOMScoreAdj)))
		unix.Close(fd)
	}
	switch {
	case isEnded(err):
		return fmt.Errorf("%w meanwhile (%w)", ErrEnded, err)
	case errors.Is(err, unix.EACCES) && fd >= 0:
		return fmt.Errorf("%w: to lower it needs CAP_SYS_RESOURCE: run ptop as root, in a container with that right added", err)
	case errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM):
		return b.notPermitted(err)
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w: /proc is mounted read-only here", err)
	}
	return err
}

func (b *bound) readWhole(kind pcb.SettingKind) (pcb.Setting, error) {
	text, err := readAt(b.dir, wholeFile)
	if err != nil {
		return pcb.Setting{}, b.readError(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return pcb.Setting{Kind: kind, OOMScoreAdj: n}, err
}

// errnoErr is the error of a system call; nil for none.
func errnoErr(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}
