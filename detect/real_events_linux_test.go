package detect_test

import (
	"os"
	"testing"
	"time"

	"ptop/collect"
	"ptop/collect/detail"
	"ptop/collect/events"
	"ptop/detect"
	"ptop/internal/container"
	"ptop/internal/monitor"
	"ptop/internal/sick"
)

// listening watches a case with the kernel's telling of births and ends, from before it is made.
func listening(t *testing.T, name string, scale float64) *ward {
	t.Helper()
	sick.NeedRoot(t, "CAP_NET_ADMIN")
	collector, err := collect.New(collect.Options{Container: container.Parse, Want: collect.WantUsual})
	if err != nil {
		t.Fatal(err)
	}
	source := events.NewSource(collector)
	t.Cleanup(func() {
		_ = source.Close()
		_ = collector.Close()
	})
	settings := detect.NewSettings()
	settings.TimeScale = scale
	sampler := monitor.NewSampler(source, detail.NewProber(""), detect.NewTracker(settings))
	frame, err := sampler.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if frame.Snap.Events == nil {
		sick.Missing(t, "the proc connector: "+frame.Snap.EventsOff)
	}
	return &ward{t: t, c: sick.Start(t, name), name: name, scale: scale, began: time.Now(), pids: make(map[int32]bool), sampler: sampler}
}

func TestForkChurn(t *testing.T) {
	for name, x := range map[string]want{
		"churn": {severity: detect.Warning, confidence: detect.Proved, evidence: map[string]any{
			"forks_per_s": nil, "short_lived_per_s": nil, "short_lived_execs_per_s": 0.0, "short_lived_exits": says{"exit 0 ×", "exit 1 ×"}, "machine_forks_per_s": nil,
		}},
		"churn-exec":    {severity: detect.Warning, confidence: detect.Proved, evidence: map[string]any{"short_lived_names": []string{"true"}}},
		"churn-ignored": {severity: detect.Warning, confidence: detect.Proved, evidence: map[string]any{"short_lived_exits": says{"exit 0 ×"}}},
		"churn-build":   {severity: detect.Info, confidence: detect.Proved, evidence: map[string]any{"forks_per_s": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			x.detector = "fork-churn"
			listening(t, name, 0.03).diagnosed(x)
		})
	}
	t.Run("by what children used", func(t *testing.T) {
		if link, err := os.Readlink("/proc/self/ns/pid"); err != nil || link != "pid:[4026531836]" {
			sick.Missing(t, "needs the first pid namespace: in others nobody is blamed")
		}
		w := admit(t, "churn", 0.03)
		w.name = "churn-without-events"
		w.diagnosed(want{
			detector: "fork-churn", severity: detect.Warning, confidence: detect.Likely, evidence: map[string]any{"child_cpu_percent": nil, "child_cpu_share_percent": nil},
		})
	})
	t.Run("churn-threads", func(t *testing.T) {
		w := listening(t, "churn-threads", 0.03)
		var threads uint64
		for range 30 {
			frame, err := w.sampler.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			threads += frame.Snap.Events.Threads
			for _, f := range frame.Findings {
				if f.Detector == "fork-churn" && int(f.Subject.PID) == w.c.PID {
					t.Fatalf("threads are no processes, and said was:\n%s", told([]detect.Finding{f}))
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		if threads < 100 {
			t.Errorf("only %d threads were born: the case is not what it should be", threads)
		}
	})
}

// A child that was born and lost its parent between two readings: who that was, and how it ended, is told all the same.
func TestOrphanNamesTheParentItLost(t *testing.T) {
	w := listening(t, "orphan-quick", 0.03)
	w.diagnosed(want{detector: "orphan", severity: detect.Info, confidence: detect.Proved, evidence: map[string]any{
		"lost_parent": says{"(lost-parent), which exited 7 at "},
		"reasons":     says{"it was seen to lose its parent"},
	}})
}
