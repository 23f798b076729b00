package collect

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// clocks gives the times of a Snapshot.
type clocks struct {
	started time.Time // carries the monotonic clock
	live    bool      // root is a /proc of the kernel that ptop runs on
	root    string
	meta    captureMeta

	exec    map[int32]execReference      // by CPU, of this scan
	pending map[int32]chan execReference // by CPU, asked for and not answered
	left    time.Duration                // that this scan may yet wait for answers
}

// execReference is what a task running on a CPU was told as its own se.exec_start, or that it could not be had.
type execReference struct {
	at time.Duration
	ok bool
}

// execWait is how long a scan waits for references in all: on a CPU that a real-time task holds, ours never runs.
const execWait = 200 * time.Millisecond

func newClocks(root string, live bool) *clocks {
	c := &clocks{
		started: time.Now(), live: live, root: root,
		exec: map[int32]execReference{}, pending: map[int32]chan execReference{},
	}
	if !live {
		c.meta = readMeta(root)
	}
	return c
}

// beginScan lets the references be taken anew.
func (c *clocks) beginScan() {
	clear(c.exec)
	c.left = execWait
}

// mono is the monotonic time since the program's start. In a capture it stands still: read twice it is one moment all
// the same, and to tell rates of it would be a lie.
func (c *clocks) mono() time.Duration {
	if c.meta.Boot > 0 {
		return c.meta.Boot
	}
	return time.Since(c.started)
}

// now gives the wall clock, the monotonic clock and the time since boot, suspend included. Those of a capture are of
// the moment at which it was made. boot is 0 when it can't be told.
func (c *clocks) now() (wall time.Time, mono, boot time.Duration) {
	wall, mono = time.Now(), c.mono()
	if c.live {
		var t unix.Timespec
		if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) == nil {
			return wall, mono, time.Duration(t.Nano())
		}
	}
	boot = readUptime(c.root)
	if c.meta.Boot > 0 {
		boot = c.meta.Boot
	}
	if !c.meta.Time.IsZero() {
		wall = c.meta.Time
	}
	return wall, mono, boot
}

// readUptime reads the first figure of uptime, in seconds with two decimals.
func readUptime(root string) time.Duration {
	text, err := os.ReadFile(filepath.Join(root, "uptime"))
	if err != nil {
		return 0
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte(" "))
	d, err := time.ParseDuration(string(first) + "s")
	if err != nil {
		return 0
	}
	return max(0, d)
}

// execStart gives the se.exec_start of a task that runs on the CPU now: the moment, by that CPU's own clock, against
// which the exec_start of a task that ran there last is how long ago it did. CPUs' clocks differ by seconds. It is
// taken once per scan. ok is false where it can't be had: for a CPU that is offline or not ours to run on, another
// machine's, or on a kernel without scheduler statistics.
func (c *clocks) execStart(cpu int32) (at time.Duration, ok bool) {
	if !c.live {
		at, ok = c.meta.ExecStart[cpu]
		return at, ok
	}
	ref, known := c.exec[cpu]
	if !known {
		ref = c.askExecStart(cpu)
		c.exec[cpu] = ref
	}
	return ref.at, ref.ok
}

// references gives what execStart found in this scan, by CPU.
func (c *clocks) references() map[int32]time.Duration {
	if !c.live {
		return c.meta.ExecStart
	}
	out := make(map[int32]time.Duration, len(c.exec))
	for cpu, ref := range c.exec {
		if ref.ok {
			out[cpu] = ref.at
		}
	}
	return out
}

// askExecStart has a thread of its own read the reference, and waits for it as long as the scan may.
func (c *clocks) askExecStart(cpu int32) execReference {
	answer := c.pending[cpu]
	if answer == nil {
		answer = make(chan execReference, 1)
		c.pending[cpu] = answer
		go func() { answer <- readExecStart(cpu) }()
	} else {
		select {
		case <-answer: // late, and so of an earlier scan: what it says is old
			delete(c.pending, cpu)
			return c.askExecStart(cpu)
		default:
			return execReference{}
		}
	}
	begun := time.Now()
	timer := time.NewTimer(c.left)
	defer timer.Stop()
	defer func() { c.left = max(0, c.left-time.Since(begun)) }()
	select {
	case ref := <-answer:
		delete(c.pending, cpu)
		return ref
	case <-timer.C:
		return execReference{}
	}
}

// readExecStart moves its thread to the CPU and asks what the kernel says of it there. It runs in a goroutine of its
// own: where the thread can't go back, it ends with it, since it stays locked.
func readExecStart(cpu int32) (ref execReference) {
	runtime.LockOSThread()
	var before, there unix.CPUSet
	if unix.SchedGetaffinity(0, &before) != nil {
		runtime.UnlockOSThread()
		return ref
	}
	there.Set(int(cpu))
	if there.IsSet(int(cpu)) && moveTo(&there) {
		ref = ownExecStart()
	}
	if moveTo(&before) {
		runtime.UnlockOSThread()
	}
	return ref
}

// moveTo sets the CPUs that the thread may run on, and returns when it runs on one of them. unix.SchedSetaffinity
// does not tell the runtime that this can take long: the thread would keep other goroutines from running meanwhile.
func moveTo(set *unix.CPUSet) bool {
	_, _, errno := unix.Syscall(unix.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(*set), uintptr(unsafe.Pointer(set)))
	return errno == 0
}

func ownExecStart() (ref execReference) {
	fd, err := unix.Open("/proc/thread-self/sched", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ref
	}
	defer unix.Close(fd)
	var text [1024]byte // the line is among the first
	n, err := unix.Read(fd, text[:])
	if err != nil {
		return ref
	}
	ref.at, ref.ok = parseExecStart(text[:n])
	return ref
}

// cpuTime gives the time on a processor of all threads that a process has or had, exact; false where the kernel that
// ptop runs on is not the one of the pid.
func (c *clocks) cpuTime(pid int32) (time.Duration, bool) {
	if !c.live {
		return 0, false
	}
	var t unix.Timespec
	err := unix.ClockGettime(^pid<<3|cpuClockSched, &t)
	return time.Duration(t.Nano()), err == nil
}

// cpuClockSched is the kind of a process's CPU clock that counts what the scheduler does (linux/posix-timers.h).
const cpuClockSched = 2

// parseExecStart finds se.exec_start in a sched file.
func parseExecStart(sched []byte) (time.Duration, bool) { return parseSched(sched, "se.exec_start") }

// parseSched finds a time in a sched file. It is in milliseconds, with six decimals. The file begins with the task's
// name, which can hold a line that looks like it, but is too short for a figure in it.
func parseSched(sched []byte, name string) (time.Duration, bool) {
	for {
		_, rest, found := bytes.Cut(sched, []byte("\n"+name))
		if !found {
			return 0, false
		}
		line, _, _ := bytes.Cut(rest, []byte("\n"))
		_, value, _ := bytes.Cut(line, []byte(":"))
		if d, ok := parseMilliseconds(bytes.TrimSpace(value)); ok {
			return d, true
		}
		sched = rest
	}
}

// parseMilliseconds reads "4040691.075630".
func parseMilliseconds(text []byte) (time.Duration, bool) {
	whole, part, found := bytes.Cut(text, []byte("."))
	if !found || len(whole) == 0 || len(whole) > 12 || len(part) != 6 {
		return 0, false
	}
	n := time.Duration(0)
	for _, digits := range [...][]byte{whole, part} {
		for _, d := range digits {
			if d-'0' > 9 {
				return 0, false
			}
			n = 10*n + time.Duration(d-'0')
		}
	}
	return n, true
}
