package detail

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/prometheus/procfs"

	"ptop/pcb"
)

// hierarchies makes a unified one and one of version 1 with the controller, with these files; {2} and {1} stand for
// where they are.
func hierarchies(t *testing.T, controller string, files map[string]string) (two, one string, mounts []*procfs.MountInfo) {
	t.Helper()
	two, one = t.TempDir(), t.TempDir()
	for path, text := range files {
		path = filepath.Join(map[byte]string{'2': two, '1': one}[path[0]], path[1:])
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return two, one, []*procfs.MountInfo{
		{FSType: "cgroup2", MountPoint: two, Root: "/"},
		{FSType: "cgroup", MountPoint: one, Root: "/", SuperOptions: map[string]string{controller: ""}},
	}
}

func TestFrozenCgroup(t *testing.T) {
	two, one, mounts := hierarchies(t, "freezer", map[string]string{
		"2/ice/cgroup.events": "populated 1\nfrozen 1\n", "2/ice/cgroup.freeze": "1\n",
		"2/ice/cube/cgroup.events": "populated 1\nfrozen 1\n", "2/ice/cube/cgroup.freeze": "0\n",
		"2/water/cgroup.events": "populated 1\nfrozen 0\n",
		"1/ice/freezer.state":   "FROZEN\n", "1/ice/freezer.self_freezing": "1\n",
		"1/ice/cube/freezer.state": "FROZEN\n", "1/ice/cube/freezer.self_freezing": "0\n",
		"1/water/freezer.state": "THAWED\n",
	})
	for text, by := range map[string]string{
		"0::/ice\n":                       two + "/ice/cgroup.freeze",
		"0::/ice/cube\n":                  two + "/ice/cgroup.freeze",
		"0::/water\n":                     "",
		"0::/\n":                          "",
		"3:freezer:/ice\n0::/water\n":     one + "/ice/freezer.state",
		"3:freezer:/ice/cube\n0::/\n":     one + "/ice/freezer.state",
		"3:freezer:/water\n0::/\n":        "",
		"3:cpu,cpuacct:/ice\n0::/water\n": "",
	} {
		got, err := frozenCgroup(text, mounts)
		if want := by != ""; err != nil || got.frozen != want || want && !slices.Equal(got.by, []string{by}) {
			t.Errorf("%q: %+v, %v; want by %q", text, got, err, by)
		}
	}
	if _, err := frozenCgroup("0::/ice\n", nil); !errors.Is(err, errNoCgroup) {
		t.Errorf("without a mount: %v, want that it is unknown", err)
	}
}

func TestPidsLimit(t *testing.T) {
	two, one, mounts := hierarchies(t, "pids", map[string]string{
		"2/a/pids.max": "100\n", "2/a/pids.current": "90\n", "2/a/b/pids.max": "max\n", "2/a/b/pids.current": "80\n",
		"2/a/c/pids.max": "12\n", "2/a/c/pids.current": "6\n",
		"1/d/pids.max": "30\n", "1/d/pids.current": "27\n",
	})
	for text, want := range map[string]*pcb.PidsLimit{
		"0::/a/b\n":         {Current: 90, Max: 100, Source: two + "/a/pids.max"},
		"0::/a/c\n":         {Current: 90, Max: 100, Source: two + "/a/pids.max"},
		"2:pids:/d\n0::/\n": {Current: 27, Max: 30, Source: one + "/d/pids.max"},
		"0::/\n":            nil,
	} {
		got, err := pidsLimit(text, mounts)
		if err != nil || (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	if _, err := pidsLimit("0::/a\n", nil); !errors.Is(err, errNoCgroup) {
		t.Errorf("without a mount: %v, want that it is unknown", err)
	}
}
