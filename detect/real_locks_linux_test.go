package detect_test

import (
	"testing"
	"time"

	"ptop/detect"
	"ptop/internal/sick"
)

func TestDeadlocks(t *testing.T) {
	for name, x := range map[string]want{
		"deadlock-abba": {cause: "cycle", evidence: map[string]any{
			"lock_cycle": says{"(worker-1) waits for the lock at 0x", "(worker-2) holds", "(worker-2) waits", "(worker-1) holds"}, "threads_queued": int64(1),
		}},
		"deadlock-three": {cause: "cycle", evidence: map[string]any{
			"lock_cycle": says{"(worker-1) holds", "(worker-2) holds", "(worker-3) holds"}, "threads_queued": int64(1), "lock_wait_seconds": nil,
		}},
		"deadlock-relock":       {cause: "relock", evidence: map[string]any{"lock_cycle": says{"(relocker) waits for the lock at 0x", "which it holds itself"}}},
		"deadlock-in-namespace": {cause: "relock", culprit: "init", evidence: map[string]any{"lock_cycle": says{"which it holds itself"}}},
		"deadlock-across":       {cause: "cycle", evidence: map[string]any{"lock_cycle": says{"deadlock-across) holds"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "deadlock-in-namespace" {
				sick.NeedRoot(t, "a pid namespace")
			}
			x.detector, x.severity, x.confidence = "deadlock", detect.Critical, detect.Proved
			diagnosed(t, name, 0.1, x)
		})
	}
	t.Run("lock-convoy", func(t *testing.T) {
		t.Parallel()
		never(t, "lock-convoy", 0.001, 40, "deadlock", "priority-inversion")
	})
	for _, name := range []string{"lock-other-waits", "lock-kept", "lock-timed"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			healthy(t, name, 0.03, 20)
		})
	}
}

// These keep a processor busy: one at a time.
func TestInversions(t *testing.T) {
	for name, x := range map[string]want{
		"inversion": {evidence: map[string]any{
			"lock_waiter": says{"(urgent)"}, "lock_owner": says{"(lowly)"}, "owner_priority": says{"SCHED_IDLE"}, "runs_instead": says{"inversion"}, "cpu": int64(0),
		}},
		"inversion-within": {evidence: map[string]any{
			"lock_waiter": says{"(urgent)"}, "lock_owner": says{"(lowly)"}, "owner_priority": says{"nice 19"}, "runs_instead": says{"(hog)"}, "cpu": int64(0),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			x.detector, x.cause, x.severity, x.confidence = "priority-inversion", "low-priority", detect.Warning, detect.Proved
			diagnosed(t, name, 0.1, x)
		})
	}
	t.Run("lock-busy-owner", func(t *testing.T) {
		never(t, "lock-busy-owner", 0.1, 20, "priority-inversion", "deadlock")
	})
}

// never watches for a while, in which these detectors may tell nothing.
func never(t *testing.T, name string, scale float64, readings int, detectors ...string) {
	t.Helper()
	w := admit(t, name, scale)
	for range readings {
		for _, f := range w.look() {
			for _, d := range detectors {
				if f.Detector == d {
					t.Fatalf("%s: said was:\n%s", name, told([]detect.Finding{f}))
				}
			}
		}
		time.Sleep(150 * time.Millisecond)
	}
}

func TestHung(t *testing.T) {
	for name, x := range map[string]want{
		"hung-unkillable": {evidence: map[string]any{"sigkill_pending": true, "hung_file_system": "fuse sick", "hung_call": "read", "kernel_stack": says{"fuse_"}}},
		"hung-thread":     {evidence: map[string]any{"sigkill_pending": false, "hung_on": says{"/mount/file"}, "hung_in": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sick.NeedFUSE(t)
			x.detector, x.cause, x.severity, x.confidence, x.culprit = "hung-task", "fuse", detect.Warning, detect.Proved, "stuck"
			diagnosed(t, name, 0.03, x)
		})
	}
	t.Run("critical", func(t *testing.T) {
		t.Parallel()
		sick.NeedFUSE(t)
		diagnosed(t, "hung-unkillable", 0.01, want{detector: "hung-task", cause: "fuse", severity: detect.Critical, culprit: "stuck"})
	})
	t.Run("vfork", func(t *testing.T) {
		t.Parallel()
		never(t, "zombie-in-vfork", 0.01, 20, "hung-task")
	})
}

func TestDeletedFiles(t *testing.T) {
	for name, x := range map[string]want{
		"exe-replaced":     {cause: "program", culprit: "old", evidence: map[string]any{"exe_deleted": says{"/old"}}},
		"library-replaced": {cause: "libraries", evidence: map[string]any{"deleted_libraries": says{"/libsick.so.1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x.detector, x.severity, x.confidence = "deleted-exe", detect.Info, detect.Proved
			diagnosed(t, name, 0.03, x)
		})
	}
	for _, name := range []string{"exe-gone", "exe-other", "exe-memfd", "library-gone"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			never(t, name, 0.03, 30, "deleted-exe")
		})
	}
}

func TestFirstProcesses(t *testing.T) {
	for name, ignored := range map[string]bool{"init-deaf": false, "init-ignores": true, "init-int": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sick.NeedRoot(t, "a pid namespace")
			diagnosed(t, name, 0.03, want{
				detector: "pid1-no-term", severity: detect.Info, confidence: detect.Proved, culprit: "init",
				evidence: map[string]any{"namespace_pid": int64(1), "sigterm_caught": false, "sigterm_ignored": ignored},
			})
		})
	}
	for _, name := range []string{"init-handles", "init-blocks"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sick.NeedRoot(t, "a pid namespace")
			never(t, name, 0.03, 20, "pid1-no-term", "term-ignored")
		})
	}
}
