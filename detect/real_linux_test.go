package detect_test

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"ptop/collect"
	"ptop/collect/detail"
	"ptop/detect"
	"ptop/internal/container"
	"ptop/internal/monitor"
	"ptop/internal/sick"
	"ptop/pcb"
)

// Sick processes of the real kernel, read by what reads it in the program, must be found and explained; and what only
// looks sick must not be. Ages and windows are scaled, so that minutes become seconds.

// ward watches the machine for the findings about one case.
type ward struct {
	t       *testing.T
	c       *sick.Case
	name    string
	scale   float64
	began   time.Time // when the case was as it should be
	sampler *monitor.Sampler
	pids    map[int32]bool // all that ever belonged to the case
	frame   *monitor.Frame // the latest
}

func admit(t *testing.T, name string, scale float64) *ward {
	t.Helper()
	collector, err := collect.New(collect.Options{
		Container: container.Parse, Want: collect.WantUsual,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = collector.Close() })
	settings := detect.NewSettings()
	settings.TimeScale = scale
	return &ward{
		t: t, c: sick.Start(t, name), name: name, scale: scale, began: time.Now(), pids: make(map[int32]bool),
		sampler: monitor.NewSampler(collector, detail.NewProber(""), detect.NewTracker(settings)),
	}
}

// look takes a reading and gives the findings about the case.
func (w *ward) look() []detect.Finding {
	w.t.Helper()
	for _, pid := range w.c.Pids() {
		w.pids[int32(pid)] = true
	}
	frame, err := w.sampler.Next(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	w.frame = frame
	var mine []detect.Finding
	for _, f := range frame.Findings {
		if w.pids[f.Subject.PID] || f.Culprit != nil && w.pids[f.Culprit.PID] {
			mine = append(mine, f)
		}
	}
	return mine
}

// told says in short what was found.
func told(findings []detect.Finding) string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%v %s/%s (%v) %s\n  why %s\n  evidence %v\n  missing %v",
			f.Severity, f.Detector, f.Cause, f.Confidence, f.Summary, f.Why, f.Evidence, f.Missing))
	}
	return strings.Join(lines, "\n")
}

// want is what has to be found about a case.
type want struct {
	detector, cause string
	severity        detect.Severity
	confidence      detect.Confidence // at least
	culprit         string            // role in the case; "main" unless said
	evidence        map[string]any    // nil for any value
}

func (x *want) met(c *sick.Case, f *detect.Finding) bool {
	if f.Detector != x.detector || f.Cause != x.cause || f.Severity != x.severity || f.Confidence < x.confidence {
		return false
	}
	who := f.Subject
	if f.Culprit != nil {
		who = *f.Culprit
	}
	if x.culprit != "" && int(who.PID) != c.Of(x.culprit) || x.culprit == "" && int(who.PID) != c.PID {
		return false
	}
	for key, value := range x.evidence {
		if !proves(f, key, value) {
			return false
		}
	}
	return f.Summary != "" && f.Why != "" && len(f.Remedies) > 0 && !f.Since.IsZero()
}

func proves(f *detect.Finding, key string, value any) bool {
	for _, e := range f.Evidence {
		if e.Key != key {
			continue
		}
		if texts, ok := value.(says); ok {
			return texts.all(fmt.Sprint(e.Value))
		}
		return e.Source != "" && (value == nil || reflect.DeepEqual(e.Value, value))
	}
	return false
}

// says is evidence that holds these texts.
type says []string

func (texts says) all(value string) bool {
	for _, text := range texts {
		if !strings.Contains(value, text) {
			return false
		}
	}
	return true
}

// diagnosed watches until the finding is there.
func diagnosed(t *testing.T, name string, scale float64, x want) {
	t.Helper()
	admit(t, name, scale).diagnosed(x)
}

func (w *ward) diagnosed(x want) {
	w.t.Helper()
	var last string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(150 * time.Millisecond) {
		findings := w.look()
		for i := range findings {
			if x.met(w.c, &findings[i]) {
				cases.enter(w, &findings[i])
				return
			}
		}
		last = told(findings)
	}
	w.t.Errorf("not found: %+v; last said:\n%s", x, last)
}

// healthy watches for a while, in which nothing may be found but what is true of any process on a busy machine.
func healthy(t *testing.T, name string, scale float64, readings int) {
	t.Helper()
	w := admit(t, name, scale)
	for range readings {
		for _, f := range w.look() {
			if f.Detector != "cpu-contended" {
				t.Fatalf("%s is well, and said was:\n%s", name, told([]detect.Finding{f}))
			}
		}
		time.Sleep(150 * time.Millisecond)
	}
	cases.enter(w, nil)
}

// The first group keeps processors busy and is measured: one at a time.
func TestHogs(t *testing.T) {
	for name, x := range map[string]want{
		"spin":             {detector: "runaway-cpu", severity: detect.Warning},
		"thread-spin":      {detector: "runaway-cpu", severity: detect.Warning, evidence: map[string]any{"hot_thread": nil}},
		"thread-spin-nice": {detector: "runaway-cpu", severity: detect.Info, evidence: map[string]any{"hot_thread": nil, "nice": int64(19)}},
		"syscall-spin":     {detector: "syscall-spin", severity: detect.Warning, evidence: map[string]any{"system_percent": nil}},
		"threads-contend": {detector: "cpu-contended", severity: detect.Warning, evidence: map[string]any{
			"cpu": int64(runtime.NumCPU() - 1), "wait_percent": nil, "peers": nil,
		}},
		"ping-pong": {detector: "ctx-storm", severity: detect.Warning},
	} {
		t.Run(name, func(t *testing.T) { diagnosed(t, name, 0.03, x) })
	}
	t.Run("burst", func(t *testing.T) { healthy(t, "burst", 0.05, 40) })
}

func TestZombies(t *testing.T) {
	for name, x := range map[string]want{
		"zombie-no-wait": {cause: "no-wait", evidence: map[string]any{
			"exit_statuses": []string{"exit 3"}, "zombies": int64(1), "in_wait": false, "sigchld_ignored": false, "sigchld_caught": false,
			"sigchld_blocked": false, "oldest_dead_seconds": nil,
		}},
		"zombie-sigchld-blocked": {cause: "sigchld-blocked", evidence: map[string]any{"sigchld_blocked": true, "sigchld_pending": true}},
		"zombie-parent-stopped": {cause: "parent-stopped", evidence: map[string]any{
			"parent_state": "T", "parent_stopped_by": "SIGSTOP", "sigchld_pending": true,
		}},
		"zombie-traced":            {cause: "traced", evidence: map[string]any{"tracer_pid": nil}},
		"zombie-ns-init":           {cause: "ns-init", evidence: map[string]any{"parent_is_namespace_1": true, "zombies": int64(2)}},
		"zombie-waits-for-pidfd":   {cause: "waits-for-another", evidence: map[string]any{"waited_for": nil}},
		"zombie-parent-traced":     {cause: "parent-traced", evidence: map[string]any{"parent_state": "t", "tracer_pid": nil}},
		"zombie-in-system":         {cause: "waits-for-another", evidence: map[string]any{"waited_for": nil}},
		"zombie-waits-for-another": {cause: "waits-for-another", evidence: map[string]any{"waited_for": nil}},
		"zombie-exit-signal":       {cause: "exit-signal", evidence: map[string]any{"exit_signals": []string{"nothing"}}},
		"zombie-late-ignore":       {cause: "late-ignore", evidence: map[string]any{"sigchld_ignored": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "zombie-ns-init" {
				sick.NeedRoot(t, "a pid namespace")
			}
			x.detector, x.severity, x.confidence = "zombie", detect.Warning, detect.Proved
			if name == "zombie-ns-init" {
				x.confidence = detect.Likely // who made them was not seen
			}
			diagnosed(t, name, 0.03, x)
		})
	}
	t.Run("frozen parent", func(t *testing.T) {
		t.Parallel()
		w := admit(t, "zombie-no-wait", 0.03)
		w.name = "zombie-parent-frozen"
		if !w.c.Freeze() {
			sick.Missing(t, "needs root and a writable cgroup hierarchy of version 2")
		}
		w.diagnosed(want{
			detector: "zombie", cause: "parent-frozen", severity: detect.Warning, confidence: detect.Proved,
			evidence: map[string]any{"parent_frozen": true},
		})
	})
	t.Run("zombie-leader-exited", func(t *testing.T) {
		t.Parallel()
		diagnosed(t, "zombie-leader-exited", 0.03, want{
			detector: "zombie", cause: "leader-exited", severity: detect.Info, evidence: map[string]any{"live_threads": int64(3)},
		})
	})
	t.Run("zombie-in-vfork", func(t *testing.T) {
		t.Parallel()
		diagnosed(t, "zombie-in-vfork", 0.03, want{
			detector: "zombie", cause: "parent-in-vfork", severity: detect.Info, confidence: detect.Proved, evidence: map[string]any{"parent_wchan": "kernel_clone"},
		})
	})
	t.Run("zombie-lazy", func(t *testing.T) {
		t.Parallel()
		diagnosed(t, "zombie-lazy", 0.03, want{
			detector: "zombie", cause: "lazy-reaper", severity: detect.Info, evidence: map[string]any{"most_at_once": nil, "reaping_seen": true},
		})
	})
	t.Run("zombie-growing", func(t *testing.T) {
		t.Parallel()
		diagnosed(t, "zombie-growing", 0.03, want{
			detector: "zombie", cause: "no-wait", severity: detect.Critical, evidence: map[string]any{"growth_per_min": nil},
		})
	})
	for _, name := range []string{"zombie-transient", "sigchld-ignored"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			healthy(t, name, 0.4, 20) // a zombie is told from two seconds on
		})
	}
}

func TestOrphans(t *testing.T) {
	for name, x := range map[string]want{
		"orphan-job": {severity: detect.Warning, evidence: map[string]any{
			"reasons": says{"session's leader is dead", "nobody reads its output", "ssh login"},
		}},
		"orphan-stopped":   {severity: detect.Warning, evidence: map[string]any{"reasons": says{"it is stopped", "session's leader is dead"}}},
		"orphan-subreaper": {severity: detect.Info, evidence: map[string]any{"reasons": says{"group's leader is dead"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x.detector = "orphan"
			diagnosed(t, name, 0.03, x)
		})
	}
	for _, name := range []string{"daemon", "nohup"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			healthy(t, name, 0.03, 20)
		})
		t.Run(name+" is why it is none", func(t *testing.T) {
			t.Parallel()
			w := admit(t, name, 0.03)
			w.sampler.Follow(pcb.ID{PID: int32(w.c.PID)})
			var s *detect.Standing
			for range 200 { // a probe is bounded in time, which a busy machine can take away
				frame, err := w.sampler.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if s = frame.Standing; s != nil && strings.HasPrefix(s.Verdict, "no orphan: ") && strings.Contains(s.Verdict, "against it: ") && strings.Contains(s.Verdict, name) {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("%+v", s)
		})
	}
}
