package detect_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/internal/sick"
	"ptop/pcb"
)

// confined admits a case to a cgroup with a limit and has it begin, if it waits for that. as is what the case is called
// with that limit.
func confined(t *testing.T, name, as string, scale float64, l sick.Limits, begins bool) (*ward, *sick.Group) {
	t.Helper()
	sick.NeedRoot(t, "a cgroup")
	w := admit(t, name, scale)
	w.name = as
	g := w.c.Confine(l)
	if g == nil {
		sick.Missing(t, "needs a writable cgroup hierarchy with the controller")
	}
	if begins {
		w.c.Begin()
	}
	return w, g
}

// silent watches until the limits of the case's cgroup were read so many times, at least for a while, and none of these may
// be found about it. ready says that what could be taken for a sickness is there.
func (w *ward) silent(times int, span time.Duration, ready func(*pcb.CgroupLimits) bool, detectors ...string) {
	w.t.Helper()
	seen := 0
	var since time.Time
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(150 * time.Millisecond) {
		for _, f := range w.look() {
			if slices.Contains(detectors, f.Detector) {
				w.t.Fatalf("it is well, and said was:\n%s", told([]detect.Finding{f}))
			}
		}
		for id, probe := range w.frame.Probes {
			if w.pids[id.PID] && probe.Have&pcb.ProbeCgroup != 0 && ready(&probe.Cgroup) {
				if seen++; seen == 1 {
					since = time.Now()
				}
			}
		}
		if seen >= times && time.Since(since) >= span {
			return
		}
	}
	w.t.Errorf("what it is about was seen %d times", seen)
}

// finds watches until there is such a finding.
func (w *ward) finds(what string, is func(*detect.Finding) bool) {
	w.t.Helper()
	var last []detect.Finding
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(150 * time.Millisecond) {
		last = w.look()
		for i := range last {
			if is(&last[i]) {
				cases.enter(w, &last[i])
				return
			}
		}
	}
	w.t.Errorf("%s was not told; last said:\n%s", what, told(last))
}

// The first group keeps processors busy and is measured: one at a time.
func TestThrottled(t *testing.T) {
	const scale = 0.05 // 15 s of window, 1 s of watching
	t.Run("spin", func(t *testing.T) {
		w, g := confined(t, "spin", "spin-throttled", scale, sick.Limits{Quota: 10 * time.Millisecond, Period: 100 * time.Millisecond}, false)
		w.diagnosed(want{
			detector: "cgroup-throttled", severity: detect.Warning, confidence: detect.Proved,
			evidence: map[string]any{"cgroup": g.Dir, "quota_cpus": 0.1, "throttled_percent": nil, "periods": nil, "held_back_s_per_s": nil},
		})
	})
	t.Run("sips", func(t *testing.T) {
		w, g := confined(t, "sips", "sips-throttled", scale, sick.Limits{Quota: 2 * time.Millisecond, Period: 10 * time.Millisecond}, false)
		w.diagnosed(want{
			detector: "cgroup-throttled", severity: detect.Info, confidence: detect.Proved, evidence: map[string]any{"cgroup": g.Dir, "quota_cpus": 0.2},
		})
	})
	t.Run("within its quota", func(t *testing.T) {
		w, _ := confined(t, "sips", "sips-within-quota", scale, sick.Limits{Quota: 90 * time.Millisecond, Period: 100 * time.Millisecond}, false)
		w.silent(5, 3*time.Second, func(l *pcb.CgroupLimits) bool { return len(l.CPU) > 0 && l.CPU[0].Periods > 20 }, "cgroup-throttled")
		cases.enter(w, nil)
	})
	t.Run("not by each other", func(t *testing.T) {
		w, _ := confined(t, "spin-twice", "spin-twice-throttled", scale, sick.Limits{Quota: 10 * time.Millisecond, Period: 100 * time.Millisecond}, true)
		w.finds("its quota", func(f *detect.Finding) bool {
			return f.Detector == "cgroup-throttled" && f.Severity == detect.Warning && f.Count == 2
		})
		w.silent(5, 2*time.Second, func(l *pcb.CgroupLimits) bool { return len(l.CPU) > 0 && l.CPU[0].Throttled > 0 }, "cpu-starved", "cpu-contended")
	})
}

// Who is stopped by a quota gets less of the CPU than its neighbour: that is not the neighbour's doing.
func TestThrottledIsNotStarved(t *testing.T) {
	w, _ := confined(t, "spin-beside", "spin-beside-throttled", 0.05, sick.Limits{Quota: 5 * time.Millisecond, Period: 100 * time.Millisecond}, false)
	w.diagnosed(want{detector: "cgroup-throttled", severity: detect.Warning, confidence: detect.Proved})
	w.silent(5, 2*time.Second, func(l *pcb.CgroupLimits) bool { return len(l.CPU) > 0 && l.CPU[0].Throttled > 0 }, "cpu-starved")
}

func TestPids(t *testing.T) {
	for name, c := range map[string]struct {
		limit    int
		severity detect.Severity
	}{"critical": {30, detect.Critical}, "warning": {32, detect.Warning}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, g := confined(t, "fill-pids", "fill-pids-"+name, 0.03, sick.Limits{Pids: c.limit}, true)
			w.diagnosed(want{
				detector: "pid-exhaustion", severity: c.severity, confidence: detect.Proved, evidence: map[string]any{
					"pids_used": int64(26), "pids_limit": int64(c.limit), "zombies_here": int64(25), "children_here": int64(25),
				},
			})
			if text, err := os.ReadFile(filepath.Join(g.Dir, "pids.current")); strings.TrimSpace(string(text)) != "26" {
				t.Errorf("%q in use, %v", text, err)
			}
		})
	}
	t.Run("plenty", func(t *testing.T) {
		t.Parallel()
		w, _ := confined(t, "fill-pids", "fill-pids-plenty", 0.03, sick.Limits{Pids: 200}, true)
		w.silent(5, 2*time.Second, func(l *pcb.CgroupLimits) bool { return len(l.Pids) > 0 && l.Pids[0].Current == 26 }, "pid-exhaustion")
		cases.enter(w, nil)
	})
	t.Run("of a user", func(t *testing.T) {
		t.Parallel()
		sick.NeedRoot(t, "another user")
		diagnosed(t, "fill-nproc", 0.03, want{
			detector: "pid-exhaustion", severity: detect.Warning, confidence: detect.Proved,
			evidence: map[string]any{"pids_used": int64(22), "pids_limit": int64(26), "children_here": int64(21), "user_pid_use_percent": nil},
		})
	})
}

func TestMemoryOfCgroup(t *testing.T) {
	const limit = 64 << 20
	full := func(l *pcb.CgroupLimits) bool { return len(l.Memory) > 0 && l.Memory[0].Current > limit*95/100 }
	t.Run("near its limit", func(t *testing.T) {
		t.Parallel()
		w, g := confined(t, "fill-memory", "fill-memory", 0.03, sick.Limits{Memory: limit}, true)
		w.diagnosed(want{
			detector: "oom-risk", severity: detect.Warning, confidence: detect.Proved, evidence: map[string]any{
				"cgroup": g.Dir, "memory_use_percent": nil, "memory_limit_bytes": int64(limit), "oom_score": nil, "oom_score_adj": nil,
				"killed_first": says{strconv.Itoa(w.c.PID)},
			},
		})
	})
	t.Run("page cache", func(t *testing.T) {
		t.Parallel()
		w, _ := confined(t, "fill-cache", "fill-cache", 0.03, sick.Limits{Memory: limit}, true)
		w.silent(5, 3*time.Second, full, "oom-risk")
		cases.enter(w, nil)
	})
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		w, g := confined(t, "overfill-memory", "overfill-memory", 0.3, sick.Limits{Memory: limit}, true)
		w.finds("the kernel's kills", func(f *detect.Finding) bool {
			return f.Detector == "oom-risk" && f.Severity == detect.Critical && proves(f, "oom_kills", nil) && proves(f, "cgroup", g.Dir)
		})
	})
}
