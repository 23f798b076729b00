package detail

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

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

func TestLimits(t *testing.T) {
	two, one, mounts := hierarchies(t, "pids", map[string]string{
		"2/a/pids.max": "100\n", "2/a/pids.current": "90\n", "2/a/b/pids.max": "max\n", "2/a/b/pids.current": "80\n",
		"2/a/c/pids.max": "12\n", "2/a/c/pids.current": "6\n",
		"1/d/pids.max": "30\n", "1/d/pids.current": "27\n",
		"2/a/cpu.max": "max 100000\n", "2/a/b/cpu.max": "20000 100000\n",
		"2/a/b/cpu.stat":     "usage_usec 7\nnr_periods 50\nnr_throttled 49\nthrottled_usec 3000\n",
		"2/a/b/cpu.pressure": "some avg10=1.50 avg60=2.00 avg300=0.25 total=12\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
		"2/a/memory.max":     "1000\n", "2/a/memory.current": "900\n",
		"2/a/memory.stat":         "anon 5\nfile 70\nshmem 30\ninactive_file 10\nactive_file 20\nslab_reclaimable 3\n",
		"2/a/memory.events":       "low 0\noom 3\noom_kill 2\n",
		"2/a/memory.swap.max":     "100\n",
		"2/a/memory.swap.current": "40\n", "2/a/memory.oom.group": "1\n",
		"2/a/memory.pressure": "some avg10=9.00 avg60=2.00 avg300=0.25 total=12\nfull avg10=7.50 avg60=3.00 avg300=0.00 total=9\n",
	})
	a, c, d := pcb.PidsLimit{Dir: two + "/a", Current: 90, Max: 100}, pcb.PidsLimit{Dir: two + "/a/c", Current: 6, Max: 12}, pcb.PidsLimit{Dir: one + "/d", Current: 27, Max: 30}
	cpu := []pcb.CPUQuota{{
		Dir: two + "/a/b", Quota: 20 * time.Millisecond, Period: 100 * time.Millisecond, Periods: 50, Throttled: 49, Stopped: 3 * time.Millisecond,
		Pressure: &pcb.Pressure{Some10: 1.5, Some60: 2, Some300: 0.25, SomeTotal: 12 * time.Microsecond},
	}}
	memory := []pcb.MemoryLimit{{
		Dir: two + "/a", Max: 1000, Current: 900, Cache: 33, SwapLeft: 60, OOMKills: 2, Together: true,
		Pressure: &pcb.Pressure{Some10: 9, Some60: 2, Some300: 0.25, SomeTotal: 12 * time.Microsecond, Full10: 7.5, Full60: 3, FullTotal: 9 * time.Microsecond},
	}}
	for text, want := range map[string]pcb.CgroupLimits{
		"0::/a/b\n":         {CPU: cpu, Memory: memory, Pids: []pcb.PidsLimit{a}},
		"0::/a/c\n":         {Memory: memory, Pids: []pcb.PidsLimit{c, a}},
		"2:pids:/d\n0::/\n": {Pids: []pcb.PidsLimit{d}},
		"0::/\n":            {},
	} {
		var g groups
		for range 2 { // as read, and as remembered
			got, err := g.limits(text, mounts)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
			}
		}
	}
	if _, err := new(groups).limits("0::/a\n", nil); !errors.Is(err, errNoCgroup) {
		t.Errorf("without a mount: %v, want that it is unknown", err)
	}
}

// What version 1 calls no limit is none, and memory and swap have one together.
func TestLimitsOfVersion1(t *testing.T) {
	_, one, mounts := hierarchies(t, "memory", map[string]string{
		"1/a/memory.limit_in_bytes": "9223372036854771712\n", "1/a/memory.usage_in_bytes": "900\n", "1/a/memory.stat": "\n",
		"1/a/b/memory.limit_in_bytes": "1000\n", "1/a/b/memory.usage_in_bytes": "900\n",
		"1/a/b/memory.stat":                 "cache 500\nactive_file 1\ntotal_active_file 20\ntotal_inactive_file 10\n",
		"1/a/b/memory.memsw.limit_in_bytes": "1500\n", "1/a/b/memory.memsw.usage_in_bytes": "1100\n",
		"1/a/b/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
	})
	mounts[1].SuperOptions["cpu"] = ""
	for name, text := range map[string]string{"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n", "cpu.stat": "nr_periods 0\n"} {
		if err := os.WriteFile(filepath.Join(one, "a", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n", "cpu.stat": "nr_periods 9\nnr_throttled 8\nthrottled_time 7000\n",
	} {
		if err := os.WriteFile(filepath.Join(one, "a/b", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := pcb.CgroupLimits{
		CPU:    []pcb.CPUQuota{{Dir: one + "/a/b", V1: true, Quota: 50 * time.Millisecond, Period: 100 * time.Millisecond, Periods: 9, Throttled: 8, Stopped: 7 * time.Microsecond}},
		Memory: []pcb.MemoryLimit{{Dir: one + "/a/b", V1: true, Max: 1000, Current: 900, Cache: 30, SwapLeft: 300, OOMKills: 4}},
	}
	if got, err := new(groups).limits("3:cpu,memory:/a/b\n0::/\n", mounts); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}
