package collect

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// systemReader reads what the kernel tells of the machine as a whole.
type systemReader struct {
	fs     procfs.FS
	root   string
	absent map[string]bool // files that this kernel does not have, or that we may not read: asked once
	host   pcb.Host
	max    map[string]int64 // limits, by sysctl
	maxAt  time.Time
}

// limitsAge is how old pid_max and threads-max may get: an administrator changes them, if anybody.
const limitsAge = 10 * time.Second

func newSystemReader(root string) (*systemReader, error) {
	proc, err := procfs.NewFS(root)
	if err != nil {
		return nil, fmt.Errorf("collect: opening %s: %w", root, err)
	}
	r := &systemReader{fs: proc, root: root, absent: map[string]bool{}, max: map[string]int64{}}
	r.host = readHost(root)
	return r, nil
}

// read fills sys and host. What can't be had stays absent; the memory of sys.CPUs is used again.
func (r *systemReader) read(sys *pcb.System, host *pcb.Host) {
	r.limits()
	*sys = pcb.System{CPUs: sys.CPUs[:0]}
	r.stat(sys)
	r.memory(sys)
	r.load(sys)
	sys.CPUPressure = r.pressure("cpu")
	sys.IOPressure = r.pressure("io")
	sys.MemPressure = r.pressure("memory")
	if n, ok := r.max["kernel.threads-max"]; ok {
		sys.ThreadsMax = &n
	}
	*host = r.host
	host.CPUs = len(sys.CPUs)
	host.PIDMax = r.max["kernel.pid_max"]
}

// try reports whether a file was read: err is what reading it gave. One that does not exist here is not asked again.
func (r *systemReader) try(file string, err error) bool {
	if err == nil {
		return true
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EOPNOTSUPP) {
		r.absent[file] = true
	}
	return false
}

func (r *systemReader) stat(sys *pcb.System) {
	if r.absent["stat"] {
		return
	}
	stat, err := r.fs.Stat()
	if !r.try("stat", err) {
		return
	}
	sys.Total = cpuTimes(-1, stat.CPUTotal)
	for id, times := range stat.CPU {
		sys.CPUs = append(sys.CPUs, cpuTimes(int(id), times))
	}
	slices.SortFunc(sys.CPUs, func(a, b pcb.CPUTimes) int { return cmp.Compare(a.ID, b.ID) })
	sys.CtxSwitches, sys.Forks = counted(stat.ContextSwitches), counted(stat.ProcessCreated)
}

// counted gives a count since boot. It is never 0 where it was counted: emulations of the file leave the line out.
func counted(n uint64) *uint64 {
	if n == 0 {
		return nil
	}
	return &n
}

// cpuTimes takes the guests' time out of the user's and the nice time, in which the kernel counts it a second time.
func cpuTimes(id int, s procfs.CPUStat) pcb.CPUTimes {
	return pcb.CPUTimes{
		ID: id, User: max(0, s.User-s.Guest), Nice: max(0, s.Nice-s.GuestNice), System: s.System, Idle: s.Idle,
		IOWait: s.Iowait, IRQ: s.IRQ, SoftIRQ: s.SoftIRQ, Steal: s.Steal, Guest: s.Guest + s.GuestNice,
	}
}

func (r *systemReader) memory(sys *pcb.System) {
	if r.absent["meminfo"] {
		return
	}
	m, err := r.fs.Meminfo()
	if !r.try("meminfo", err) || m.MemTotalBytes == nil {
		return
	}
	or0 := func(n *uint64) uint64 {
		if n == nil {
			return 0
		}
		return *n
	}
	sys.Memory = &pcb.Memory{
		Total: *m.MemTotalBytes, Available: or0(m.MemAvailableBytes), Free: or0(m.MemFreeBytes), Buffers: or0(m.BuffersBytes),
		Cached: or0(m.CachedBytes), Shared: or0(m.ShmemBytes), Slab: or0(m.SlabBytes),
	}
	if m.MemAvailableBytes == nil { // before Linux 3.14, and in some emulations of the file
		sys.Memory.Available = sys.Memory.Free + sys.Memory.Buffers + sys.Memory.Cached
	}
	if m.SwapTotalBytes != nil {
		sys.Swap = &pcb.Swap{Total: *m.SwapTotalBytes, Free: or0(m.SwapFreeBytes)}
	}
}

func (r *systemReader) load(sys *pcb.System) {
	if r.absent["loadavg"] {
		return
	}
	if l, err := r.fs.LoadAvg(); r.try("loadavg", err) {
		sys.Load = &[3]float64{l.Load1, l.Load5, l.Load15}
	}
}

// pressure reads one resource's stall information; nil on a kernel without it, or where psi=0 has turned it off: the
// file then answers EOPNOTSUPP.
func (r *systemReader) pressure(resource string) *pcb.Pressure {
	file := "pressure/" + resource
	if r.absent[file] {
		return nil
	}
	psi, err := r.fs.PSIStatsForResource(resource)
	if !r.try(file, err) || psi.Some == nil {
		return nil
	}
	p := &pcb.Pressure{
		Some10: psi.Some.Avg10, Some60: psi.Some.Avg60, Some300: psi.Some.Avg300,
		SomeTotal: time.Duration(psi.Some.Total) * time.Microsecond,
	}
	if psi.Full != nil {
		p.Full10, p.Full60, p.Full300 = psi.Full.Avg10, psi.Full.Avg60, psi.Full.Avg300
		p.FullTotal = time.Duration(psi.Full.Total) * time.Microsecond
	}
	return p
}

// limits reads the limits anew when they are old.
func (r *systemReader) limits() {
	if now := time.Now(); now.Sub(r.maxAt) >= limitsAge {
		r.maxAt = now
		r.limit("kernel.pid_max")
		r.limit("kernel.threads-max")
	}
}

func (r *systemReader) limit(name string) {
	if r.absent[name] {
		return
	}
	fields, err := r.fs.SysctlStrings(name)
	if !r.try(name, err) || len(fields) == 0 {
		return
	}
	if n, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
		r.max[name] = n
	}
}
