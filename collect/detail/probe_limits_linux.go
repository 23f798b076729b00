package detail

import (
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/procfs"

	"ptop/internal/smallfile"
	"ptop/pcb"
)

// mountsAge is how old the list of mounted cgroup hierarchies may get: they are mounted when a system comes up.
const mountsAge = 10 * time.Second

// cgroupMounts gives the mounts of cgroup hierarchies.
func (p *Prober) cgroupMounts() ([]*procfs.MountInfo, error) {
	p.mounting.Lock()
	defer p.mounting.Unlock()
	if now := time.Now(); now.Sub(p.mountsAt) >= mountsAge {
		mounts, err := procfs.GetMounts()
		if err != nil {
			return nil, err
		}
		mounts = slices.DeleteFunc(mounts, func(m *procfs.MountInfo) bool { return m.FSType != "cgroup" && m.FSType != "cgroup2" })
		p.mounts, p.mountsAt = mounts, now
	}
	return p.mounts, nil
}

// groups is what one pass has read of cgroups: many processes are in few, and those are held by fewer.
type groups struct {
	cpu    memo[pcb.CPUQuota]
	memory memo[pcb.MemoryLimit]
	pids   memo[pcb.PidsLimit]
}

// memo keeps the limit of one kind that each directory has; nil for one without. Readers that are late use it, too.
type memo[T any] struct {
	mu    sync.Mutex
	known map[string]*T
}

// add appends the limits that are set in these directories.
func (m *memo[T]) add(to []T, dirs []string, read func(dir string) *T) []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = make(map[string]*T)
	}
	for _, dir := range dirs {
		limit, known := m.known[dir]
		if !known {
			limit = read(dir)
			m.known[dir] = limit
		}
		if limit != nil {
			to = append(to, *limit)
		}
	}
	return to
}

// readCgroup reads the limits of the process's cgroups, and of those that hold them.
func (s *suspect) readCgroup() (err error) {
	s.Cgroup, err = inCgroups(s, s.groups.limits)
	return err
}

// limits reads those of the groups that a /proc/PID/cgroup names.
func (g *groups) limits(text string, mounts []*procfs.MountInfo) (l pcb.CgroupLimits, err error) {
	seen := false
	find := func(controller string) (one, two []string) {
		v1, v2 := cgroupWith(text, controller, mounts)
		seen = seen || v1.dir != "" || v2.dir != ""
		return v1.upwards(), v2.upwards()
	}
	one, two := find("cpu")
	l.CPU = g.cpu.add(g.cpu.add(nil, one, quotaV1), two, quotaV2)
	one, two = find("memory")
	l.Memory = g.memory.add(g.memory.add(nil, one, memoryV1), two, memoryV2)
	one, two = find("pids")
	l.Pids = g.pids.add(nil, slices.Concat(one, two), pidsIn)
	if !seen {
		return l, errNoCgroup
	}
	return l, nil
}

// pidsIn reads a directory's limit on pids: "max" is no number, and no limit.
func pidsIn(dir string) *pcb.PidsLimit {
	most, err := numberIn(filepath.Join(dir, "pids.max"))
	if err != nil || most == 0 {
		return nil
	}
	now, err := numberIn(filepath.Join(dir, "pids.current"))
	if err != nil {
		return nil
	}
	return &pcb.PidsLimit{Dir: dir, Current: now, Max: most}
}

func quotaV1(dir string) *pcb.CPUQuota {
	quota, err := numberIn(filepath.Join(dir, "cpu.cfs_quota_us")) // -1 for none
	if err != nil {
		return nil
	}
	period, err := numberIn(filepath.Join(dir, "cpu.cfs_period_us"))
	if err != nil {
		return nil
	}
	return quotaIn(dir, true, quota, period)
}

func quotaV2(dir string) *pcb.CPUQuota {
	text, err := smallfile.ReadRecord(filepath.Join(dir, "cpu.max"))
	first, second, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	quota, err1 := strconv.ParseUint(first, 10, 64) // "max" for none
	period, err2 := strconv.ParseUint(second, 10, 64)
	if errors.Join(err, err1, err2) != nil {
		return nil
	}
	return quotaIn(dir, false, quota, period)
}

// quotaIn adds to a quota, in microseconds, how often it was reached.
func quotaIn(dir string, v1 bool, quota, period uint64) *pcb.CPUQuota {
	stat, err := keysIn(filepath.Join(dir, "cpu.stat"), "nr_periods", "nr_throttled", "throttled_usec", "throttled_time")
	if err != nil || period == 0 {
		return nil
	}
	return &pcb.CPUQuota{
		Dir: dir, V1: v1, Quota: time.Duration(quota) * time.Microsecond, Period: time.Duration(period) * time.Microsecond,
		Periods: stat[0], Throttled: stat[1], Stopped: time.Duration(stat[2])*time.Microsecond + time.Duration(stat[3]), // version 1 has nanoseconds
		Pressure: pressureIn(filepath.Join(dir, "cpu.pressure")),
	}
}

// noLimit is what version 1 shows, and more, where no limit on bytes is set.
const noLimit = 1 << 62

func memoryV1(dir string) *pcb.MemoryLimit {
	most, err := numberIn(filepath.Join(dir, "memory.limit_in_bytes"))
	if err != nil || most >= noLimit {
		return nil
	}
	now, err := numberIn(filepath.Join(dir, "memory.usage_in_bytes"))
	if err != nil {
		return nil
	}
	stat, err := keysIn(filepath.Join(dir, "memory.stat"), "total_active_file", "total_inactive_file")
	if err != nil {
		return nil
	}
	m := &pcb.MemoryLimit{Dir: dir, V1: true, Max: most, Current: now, Cache: stat[0] + stat[1], SwapLeft: math.MaxUint64}
	limit, err1 := numberIn(filepath.Join(dir, "memory.memsw.limit_in_bytes")) // of memory and swap together
	used, err2 := numberIn(filepath.Join(dir, "memory.memsw.usage_in_bytes"))
	if err1 == nil && err2 == nil && limit < noLimit {
		m.SwapLeft = less(less(limit, used), less(most, now))
	}
	if kills, err := keysIn(filepath.Join(dir, "memory.oom_control"), "oom_kill"); err == nil {
		m.OOMKills = kills[0]
	}
	return m
}

func memoryV2(dir string) *pcb.MemoryLimit {
	most, err := numberIn(filepath.Join(dir, "memory.max")) // "max" for none
	if err != nil {
		return nil
	}
	now, err := numberIn(filepath.Join(dir, "memory.current"))
	if err != nil {
		return nil
	}
	stat, err := keysIn(filepath.Join(dir, "memory.stat"), "active_file", "inactive_file", "slab_reclaimable")
	if err != nil {
		return nil
	}
	m := &pcb.MemoryLimit{
		Dir: dir, Max: most, Current: now, Cache: stat[0] + stat[1] + stat[2], SwapLeft: math.MaxUint64,
		Together: fileHas(filepath.Join(dir, "memory.oom.group"), "1"), Pressure: pressureIn(filepath.Join(dir, "memory.pressure")),
	}
	limit, err1 := numberIn(filepath.Join(dir, "memory.swap.max"))
	used, err2 := numberIn(filepath.Join(dir, "memory.swap.current"))
	if err1 == nil && err2 == nil {
		m.SwapLeft = less(limit, used)
	}
	if kills, err := keysIn(filepath.Join(dir, "memory.events"), "oom_kill"); err == nil {
		m.OOMKills = kills[0]
	}
	return m
}

// less gives what is left of a when b is taken away.
func less(a, b uint64) uint64 { return a - min(a, b) }

// keysIn picks numbers from a flat file of lines "key value". A key that is not there counts 0.
func keysIn(path string, keys ...string) ([]uint64, error) {
	text, err := smallfile.ReadRecord(path)
	if err != nil {
		return nil, err
	}
	values := make([]uint64, len(keys))
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if k := slices.Index(keys, key); k >= 0 {
			values[k], _ = strconv.ParseUint(value, 10, 64)
		}
	}
	return values, nil
}

// pressureIn reads a file with stall information; nil where there is none.
func pressureIn(path string) *pcb.Pressure {
	text, err := smallfile.ReadRecord(path)
	if err != nil {
		return nil
	}
	var p pcb.Pressure
	for line := range strings.Lines(string(text)) {
		kind, rest, _ := strings.Cut(line, " ")
		averages, total := [...]*float64{&p.Some10, &p.Some60, &p.Some300}, &p.SomeTotal
		if kind == "full" {
			averages, total = [...]*float64{&p.Full10, &p.Full60, &p.Full300}, &p.FullTotal
		}
		for n, field := range strings.Fields(rest) {
			_, value, _ := strings.Cut(field, "=")
			if n < len(averages) {
				*averages[n], err = strconv.ParseFloat(value, 64)
			} else {
				var us int64
				us, err = strconv.ParseInt(value, 10, 64)
				*total = time.Duration(us) * time.Microsecond
			}
			if err != nil {
				return nil
			}
		}
	}
	return &p
}

// readOOM reads how the kernel ranks the process when memory runs out.
func (s *suspect) readOOM() error {
	score, err1 := signedIn(s.path("oom_score"))
	adjust, err2 := signedIn(s.path("oom_score_adj"))
	s.OOM = pcb.OOMRank{Score: score, Adjust: adjust}
	return errors.Join(err1, err2)
}

func signedIn(path string) (int64, error) {
	text, err := smallfile.ReadRecord(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// The capabilities with which RLIMIT_NPROC does not hold.
const (
	capSysAdmin    = 21
	capSysResource = 24
)

// readNproc reads the limit on the threads of the process's user, and whether it holds for it.
func (s *suspect) readNproc() error {
	soft, err := softLimit(s.path("limits"), "Max processes")
	if err != nil {
		return err
	}
	status, err := smallfile.ReadRecord(s.path("status"))
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(status), "\nCapEff:\t")
	line, _, _ := strings.Cut(rest, "\n")
	effective, err := strconv.ParseUint(line, 16, 64)
	s.Nproc = pcb.NprocLimit{Soft: soft, Exempt: effective&(1<<capSysAdmin|1<<capSysResource) != 0}
	return err
}
