package detect_test

import (
	"strings"
	"testing"

	"ptop/detect"
)

// What leaks is told with its limit; what comes to rest, or goes up and down, is not.
func TestRealLeaks(t *testing.T) {
	for name, x := range map[string]want{
		"leak-memory": {detector: "memory-leak", severity: detect.Warning, evidence: map[string]any{
			"anon_bytes": nil, "anon_from_bytes": nil, "growth_per_min_bytes": nil, "machine_memory_use_percent": nil, "time_to_limit_seconds": nil,
		}},
		"leak-fd": {detector: "fd-leak", severity: detect.Warning, evidence: map[string]any{
			"fds": nil, "growth_per_min": nil, "fd_limit": int64(2000), "fd_use_percent": nil, "newest_fds": says{"/dev/null ×"}, "time_to_limit_seconds": nil,
		}},
		"leak-fd-full": {detector: "fd-leak", severity: detect.Critical, evidence: map[string]any{"fd_use_percent": nil}},
		"leak-thread": {detector: "thread-leak", severity: detect.Warning, evidence: map[string]any{
			"threads": nil, "growth_per_min": nil, "thread_names": says{"leak-thread ×"}, "time_to_limit_seconds": nil,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x.confidence = detect.Likely
			diagnosed(t, name, 0.05, x)
		})
	}
	for _, name := range []string{"saw-tooth", "warm-up", "fd-pool", "thread-pool", "connections", "compiler-grows"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			healthy(t, name, 0.1, 80) // a leak is told after nine seconds
		})
	}
}

// What is meant to compute is told as info, with how that is known.
func TestRealBatchJobs(t *testing.T) {
	for name, evidence := range map[string]map[string]any{
		"compiler-spins": {"batch_program": "cc1plus"},
		"spin-in-build":  {"ci_markers": []string{"CI_JOB_ID"}},
	} {
		t.Run(name, func(t *testing.T) {
			diagnosed(t, name, 0.03, want{detector: "runaway-cpu", severity: detect.Info, evidence: evidence})
		})
	}
}

// What a leak tells reads as an engineer would say it.
func TestRealLeakReads(t *testing.T) {
	w := admit(t, "leak-fd", 0.05)
	w.diagnosed(want{detector: "fd-leak", severity: detect.Warning, evidence: map[string]any{"newest_fds": nil}})
	for _, f := range w.look() {
		if f.Detector != "fd-leak" {
			continue
		}
		if !strings.Contains(f.Summary, " descriptors a second more than it closes: ") || !strings.HasSuffix(f.Summary, " of 2000") {
			t.Errorf("summary %q", f.Summary)
		}
		if !strings.HasPrefix(f.So, "at this rate its limit of 2000 descriptors is reached in ") {
			t.Errorf("so %q", f.So)
		}
		if len(f.Remedies) != 3 || f.Remedies[1].Act == nil || !strings.Contains(f.Remedies[2].Command, "--nofile=4000:") || f.Remedies[2].Risk == "" {
			t.Errorf("remedies %+v", f.Remedies)
		}
		return
	}
	t.Error("it is no more told")
}
