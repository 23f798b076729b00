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
	inherited        bool // a limit of a cgroup further up holds as well
}

func (f cgroupFile) v2() bool { return f.controller == "" }

var cgroupFiles = []cgroupFile{
	{"", "memory.current", showBytes, false},
	{"", "memory.max", showBytes, true},
	{"", "memory.high", showBytes, true},
	{"", "memory.peak", showBytes, false},
	{"", "memory.swap.current", showBytes, false},
	{"", "memory.swap.max", showBytes, true},
	{"", "memory.events", showKeys("oom", "oom_kill"), false},
	{"", "memory.pressure", showPressure, false},
	{"", "cpu.max", showQuota, true},
	{"", "cpu.weight", showPlain, false},
	{"", "cpu.stat", showKeys("nr_periods", "nr_throttled", "throttled_usec"), false},
	{"", "cpu.pressure", showPressure, false},
	{"", "io.pressure", showPressure, false},
	{"", "pids.current", showPlain, false},
	{"", "pids.max", showPlain, true},
	{"", "cgroup.events", showKeys("frozen"), false},
	{"memory", "memory.usage_in_bytes", showBytes, false},
	{"memory", "memory.limit_in_bytes", showBytes, true},
	{"memory", "memory.max_usage_in_bytes", showBytes, false},
	{"memory", "memory.failcnt", showPlain, false},
	{"memory", "memory.oom_control", showKeys("oom_kill", "under_oom"), false},
	{"cpu", "cpu.cfs_quota_us", showPlain, true},
	{"cpu", "cpu.cfs_period_us", showPlain, false},
	{"cpu", "cpu.shares", showPlain, false},
	{"cpu", "cpu.stat", showKeys("nr_periods", "nr_throttled", "throttled_time"), false},
	{"pids", "pids.current", showPlain, false},
	{"pids", "pids.max", showPlain, true},
	{"freezer", "freezer.state", showPlain, false},
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
	text, err := os.ReadFile(path.Join(dir, f.name))
	if err != nil {
		return nil // the root has no limits, and not every controller is on everywhere
	}
	return f.show(name, strings.TrimSpace(string(text)))
}

func showPlain(name, text string) []pcb.CgroupFigure {
	if text == "max" || text == "-1" {
		text = unlimited
	}
	return []pcb.CgroupFigure{{Name: name, Value: text}}
}

// showBytes scales a number of bytes. Version 1 says "no limit" by the highest number of whole pages.
func showBytes(name, text string) []pcb.CgroupFigure {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return showPlain(name, text)
	}
	if n >= 1<<62 {
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

// showQuota reads version 2's "QUOTA PERIOD" as a number of CPUs.
func showQuota(name, text string) []pcb.CgroupFigure {
	quota, period, _ := strings.Cut(text, " ")
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || p == 0 {
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
					value = (time.Duration(n) * time.Microsecond).String()
				case "throttled_time":
					value = time.Duration(n).String()
				}
			}
			out = append(out, pcb.CgroupFigure{Name: name + " " + key, Value: value})
		}
		return out
	}
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
		out = append(out, pcb.CgroupFigure{Name: name + " " + field[0], Value: strings.Join(share, ", ") + " of the last 10, 60, 300 s"})
	}
	return out
}
