package detail

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"

	"ptop/internal/smallfile"
)

// errNoCgroup says that the cgroup can't be seen from here.
var errNoCgroup = errors.New("detail: no such hierarchy with this cgroup is mounted here")

// inCgroups reads something of the process's cgroups.
func inCgroups[T any](s *suspect, read func(cgroups string, mounts []*procfs.MountInfo) (T, error)) (T, error) {
	var none T
	if s.root != "/proc" { // what is mounted here holds the cgroups of this machine
		return none, errNoCgroup
	}
	mounts, err := s.cgroupMounts()
	if err != nil {
		return none, err
	}
	text, err := smallfile.ReadRecord(s.path("cgroup"))
	if err != nil {
		return none, err
	}
	return read(string(text), mounts)
}

// cgroupWith finds the cgroup that a /proc/PID/cgroup names in the hierarchies that have a controller: that of
// version 1, and the unified one, which may.
func cgroupWith(text, controller string, mounts []*procfs.MountInfo) (v1, v2 cgroupDir) {
	for line := range strings.Lines(text) {
		field := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(field) != 3:
		case field[1] == "":
			v2, _ = findCgroup(mounts, "", field[2])
		case slices.Contains(strings.Split(field[1], ","), controller):
			v1, _ = findCgroup(mounts, controller, field[2])
		}
	}
	return v1, v2
}

// upwards gives the directories of a cgroup and of those that hold it, as far as they can be seen.
func (c cgroupDir) upwards() []string {
	if c.dir == "" {
		return nil
	}
	dirs := []string{c.dir}
	for dir := c.dir; dir != c.top && strings.HasPrefix(dir, c.top); {
		dir = path.Dir(dir)
		dirs = append(dirs, dir)
	}
	return dirs
}

// freezer is whether a cgroup is frozen, and by which files.
type freezer struct {
	frozen bool
	by     []string
}

// readFreezer reads whether the cgroup, or one that it is in, is frozen.
func (s *suspect) readFreezer() error {
	got, err := inCgroups(s, frozenCgroup)
	s.Frozen, s.FrozenBy = got.frozen, got.by
	return err
}

// frozenCgroup looks up the groups that a /proc/PID/cgroup names. The top one has no freezer and can't be frozen.
func frozenCgroup(text string, mounts []*procfs.MountInfo) (f freezer, err error) {
	v1, v2 := cgroupWith(text, "freezer", mounts)
	if v1.dir == "" && v2.dir == "" {
		return f, errNoCgroup
	}
	if v2.dir != "" && fileHas(filepath.Join(v2.dir, "cgroup.events"), "frozen 1") {
		f.frozen = true
		f.by = filesThatSay(v2.upwards(), "cgroup.freeze", "cgroup.freeze", "1")
	}
	if v1.dir != "" && fileHas(filepath.Join(v1.dir, "freezer.state"), "FROZEN") {
		f.frozen = true
		f.by = append(f.by, filesThatSay(v1.upwards(), "freezer.state", "freezer.self_freezing", "1")...)
	}
	return f, nil
}

// filesThatSay gives the path of a file in those directories where another has this line.
func filesThatSay(dirs []string, name, where, line string) (paths []string) {
	for _, dir := range dirs {
		if fileHas(filepath.Join(dir, where), line) {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths
}

// fileHas reports whether a file has this line.
func fileHas(path, line string) bool {
	text, err := smallfile.ReadRecord(path)
	return err == nil && slices.Contains(strings.Split(string(text), "\n"), line)
}

func numberIn(path string) (uint64, error) {
	text, err := smallfile.ReadRecord(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}

// readPIDNS reads which pid namespace it is in: of a zombie, too.
func (s *suspect) readPIDNS() (err error) {
	s.PIDNS, err = os.Readlink(s.path("ns", "pid"))
	return err
}
