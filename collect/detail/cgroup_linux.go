package detail

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"ptop/pcb"
)

// cgroup reads which cgroups the process is in and what these say.
func (g *reading) cgroup() {
	g.d.CgroupPath = free(g, pcb.PartCgroup, func() ([]string, error) {
		text, err := os.ReadFile(g.path("cgroup"))
		if err != nil || len(text) == 0 {
			return nil, err
		}
		return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), nil
	})
	lines := g.d.CgroupPath
	g.d.CgroupFigures = free(g, pcb.PartCgroup, func() ([]pcb.CgroupFigure, error) {
		mounts, err := procfs.GetMounts()
		if err != nil {
			return nil, err
		}
		var out []pcb.CgroupFigure
		for _, line := range lines {
			out = append(out, cgroupFigures(line, mounts)...)
		}
		return out, nil
	})
}

// cgroupDir is a cgroup's directory, and the top of those that hold it as far as they can be seen.
type cgroupDir struct{ dir, top string }

// cgroupFigures reads the figures of the cgroup that one line of /proc/PID/cgroup names.
func cgroupFigures(line string, mounts []*procfs.MountInfo) []pcb.CgroupFigure {
	field := strings.SplitN(line, ":", 3)
	if len(field) != 3 {
		return nil
	}
	controllers, group := strings.Split(field[1], ","), field[2]
	var out []pcb.CgroupFigure
	for _, f := range cgroupFiles {
		if f.v2() != (field[1] == "") || !f.v2() && !slices.Contains(controllers, f.controller) {
			continue
		}
		if c, ok := findCgroup(mounts, f.controller, group); ok {
			out = append(out, f.read(c)...)
		}
	}
	return out
}

// findCgroup finds the directory of a cgroup among the mounts. In a container the mount may show but a part of the
// hierarchy, and of a group outside it nothing can be told.
func findCgroup(mounts []*procfs.MountInfo, controller, group string) (cgroupDir, bool) {
	for _, m := range mounts {
		if controller == "" && m.FSType != "cgroup2" {
			continue
		}
		if controller != "" {
			if _, has := m.SuperOptions[controller]; m.FSType != "cgroup" || !has {
				continue
			}
		}
		below, ok := group, true
		if m.Root != "/" {
			below, ok = strings.CutPrefix(group, m.Root)
		}
		if !ok || strings.HasPrefix(group, "/..") {
			continue
		}
		return cgroupDir{dir: path.Join(m.MountPoint, below), top: path.Clean(m.MountPoint)}, true
	}
	return cgroupDir{}, false
}

// cgroupFile is a file of a cgroup and how it is shown. controller is the version 1 hierarchy it is in, empty for
// version 2.
type cgroupFile struct {
	controller, name string
	show             func(name, text string) []pcb.CgroupFigure
	inherited        bool   // a limit of a cgroup further up holds as well
	of               string // the file with the limit on it, of which the share is told
	with             string // the file whose text belongs behind this one's
}

func (f cgroupFile) v2() bool { return f.controller == "" }

var cgroupFiles = []cgroupFile{
	{name: "cpu.max", show: showQuota, inherited: true},
	{name: "cpu.weight", show: showPlain},
	{name: "cpu.stat", show: showThrottling},
	{name: "cpu.pressure", show: showPressure},
	{name: "cpuset.cpus.effective", show: showPlain},
	{name: "memory.current", show: showBytes, of: "memory.max"},
	{name: "memory.max", show: showBytes, inherited: true},
	{name: "memory.high", show: showBytes, inherited: true},
	{name: "memory.peak", show: showBytes},
	{name: "memory.swap.current", show: showBytes, of: "memory.swap.max"},
	{name: "memory.swap.max", show: showBytes, inherited: true},
	{name: "memory.events", show: showKeys("high", "max", "oom", "oom_kill", "oom_group_kill")},
	{name: "memory.pressure", show: showPressure},
	{name: "io.max", show: showLines, inherited: true},
	{name: "io.weight", show: showLines},
	{name: "io.pressure", show: showPressure},
	{name: "pids.current", show: showPlain, of: "pids.max"},
	{name: "pids.max", show: showPlain, inherited: true},
	{name: "pids.events", show: showKeys("max")},
	{name: "cgroup.events", show: showKeys("frozen")},
	{controller: "cpu", name: "cpu.cfs_quota_us", show: showQuota, inherited: true, with: "cpu.cfs_period_us"},
	{controller: "cpu", name: "cpu.shares", show: showPlain},
	{controller: "cpu", name: "cpu.stat", show: showThrottling},
	{controller: "cpuset", name: "cpuset.effective_cpus", show: showPlain},
	{controller: "memory", name: "memory.usage_in_bytes", show: showBytes, of: "memory.limit_in_bytes"},
	{controller: "memory", name: "memory.limit_in_bytes", show: showBytes, inherited: true},
	{controller: "memory", name: "memory.max_usage_in_bytes", show: showBytes},
	{controller: "memory", name: "memory.memsw.usage_in_bytes", show: showBytes, of: "memory.memsw.limit_in_bytes"},
	{controller: "memory", name: "memory.memsw.limit_in_bytes", show: showBytes, inherited: true},
	{controller: "memory", name: "memory.failcnt", show: showPlain},
	{controller: "memory", name: "memory.oom_control", show: showKeys("oom_kill", "under_oom")},
	{controller: "blkio", name: "blkio.throttle.read_bps_device", show: showLines},
	{controller: "blkio", name: "blkio.throttle.write_bps_device", show: showLines},
	{controller: "blkio", name: "blkio.throttle.read_iops_device", show: showLines},
	{controller: "blkio", name: "blkio.throttle.write_iops_device", show: showLines},
	{controller: "pids", name: "pids.current", show: showPlain, of: "pids.max"},
	{controller: "pids", name: "pids.max", show: showPlain, inherited: true},
	{controller: "pids", name: "pids.events", show: showKeys("max")},
	{controller: "freezer", name: "freezer.state", show: showPlain},
}

// unlimited is how the figures say that there is no limit.
const unlimited = "no limit"

// read gives what the file says, and the limits of the groups above that are set.
func (f cgroupFile) read(c cgroupDir) []pcb.CgroupFigure {
	out := f.readIn(c.dir, f.name)
	if !f.inherited {
		return out
	}
	for dir := c.dir; dir != c.top && strings.HasPrefix(dir, c.top); {
		dir = path.Dir(dir)
		for _, figure := range f.readIn(dir, f.name+" of "+path.Base(dir)) {
			if figure.Value != unlimited && dir != c.top {
				out = append(out, figure)
			}
		}
	}
	return out
}

func (f cgroupFile) readIn(dir, name string) []pcb.CgroupFigure {
	text, ok := cgroupText(dir, f.name)
	if !ok {
		return nil // the root has no limits, and not every controller is on everywhere
	}
	if f.with != "" {
		more, _ := cgroupText(dir, f.with)
		text += " " + more
	}
	out := f.show(name, text)
	if f.of != "" && len(out) == 1 {
		limit, _ := cgroupText(dir, f.of)
		out[0].Value += shareOf(text, limit, f.of)
	}
	return out
}

func cgroupText(dir, name string) (text string, ok bool) {
	data, err := os.ReadFile(path.Join(dir, name))
	return strings.TrimSpace(string(data)), err == nil
}

// shareOf says what part of a limit is in use; empty where none is set.
func shareOf(used, limit, name string) string {
	n, err1 := strconv.ParseUint(used, 10, 64)
	most, err2 := strconv.ParseUint(limit, 10, 64)
	if err1 != nil || err2 != nil || most == 0 || most >= noLimit {
		return ""
	}
	return fmt.Sprintf(" (%.0f %% of %s)", 100*float64(n)/float64(most), name)
}

func showPlain(name, text string) []pcb.CgroupFigure {
	if text == "max" || text == "-1" {
		text = unlimited
	}
	return []pcb.CgroupFigure{{Name: name, Value: text}}
}

// showLines shows a file of settings, one line for each device; where it has none, nothing is set.
func showLines(name, text string) (out []pcb.CgroupFigure) {
	for line := range strings.Lines(text) {
		out = append(out, pcb.CgroupFigure{Name: name, Value: strings.TrimSpace(line)})
	}
	return out
}

// showBytes scales a number of bytes.
func showBytes(name, text string) []pcb.CgroupFigure {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return showPlain(name, text)
	}
	if n >= noLimit {
		return showPlain(name, "max")
	}
	return showPlain(name, scaleBytes(n))
}

func scaleBytes(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/(1<<10), 0
	for value >= 1024 && unit < 4 {
		value /= 1024
		unit++
	}
	return strconv.FormatFloat(float64(int64(value*10+0.5))/10, 'f', -1, 64) + " " + [...]string{"KiB", "MiB", "GiB", "TiB", "PiB"}[unit]
}

// showQuota reads "QUOTA PERIOD" as a number of CPUs.
func showQuota(name, text string) []pcb.CgroupFigure {
	quota, period, _ := strings.Cut(text, " ")
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || p == 0 || q < 0 {
		return showPlain(name, quota)
	}
	return showPlain(name, strconv.FormatFloat(q/p, 'f', -1, 64)+" CPUs")
}

// showKeys picks lines "key value" of a flat file.
func showKeys(keys ...string) func(name, text string) []pcb.CgroupFigure {
	return func(name, text string) (out []pcb.CgroupFigure) {
		for line := range strings.Lines(text) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			if !slices.Contains(keys, key) {
				continue
			}
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				switch key {
				case "throttled_usec":
					value = (time.Duration(n) * time.Microsecond).Round(time.Millisecond).String()
				case "throttled_time":
					value = time.Duration(n).Round(time.Millisecond).String()
				}
			}
			out = append(out, pcb.CgroupFigure{Name: name + " " + key, Value: value})
		}
		return out
	}
}

// showThrottling picks what tells of throttling: the periods, in how many of them it was stopped, and for how long.
func showThrottling(name, text string) []pcb.CgroupFigure {
	out := showKeys("nr_periods", "nr_throttled", "throttled_usec", "throttled_time")(name, text)
	value := func(key string) (figure *pcb.CgroupFigure, n float64) {
		for i := range out {
			if out[i].Name == name+" "+key {
				n, _ := strconv.ParseFloat(out[i].Value, 64)
				return &out[i], n
			}
		}
		return nil, 0
	}
	_, periods := value("nr_periods")
	if throttled, n := value("nr_throttled"); throttled != nil && periods > 0 {
		throttled.Value += fmt.Sprintf(" (%.0f %% of the periods)", 100*n/periods)
	}
	return out
}

// showPressure picks the shares of the last 10, 60 and 300 seconds in which some or all tasks were stalled.
func showPressure(name, text string) (out []pcb.CgroupFigure) {
	for line := range strings.Lines(text) {
		field := strings.Fields(line)
		if len(field) < 4 {
			continue
		}
		var share []string
		for _, avg := range field[1:4] {
			_, percent, _ := strings.Cut(avg, "=")
			share = append(share, percent+" %")
		}
		out = append(out, pcb.CgroupFigure{Name: name + " " + field[0], Value: strings.Join(share, ", ") + " over 10, 60, 300 s"})
	}
	return out
}
