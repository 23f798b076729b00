package detect_test

import (
	"testing"

	"ptop/detect"
	"ptop/internal/sick"
)

// The causes of zombies that need a namespace, a file system or another program.
func TestZombieCatalogue(t *testing.T) {
	for name, x := range map[string]want{
		"zombie-foreign-ns": {cause: "foreign-ns", confidence: detect.Proved, evidence: map[string]any{"exit_statuses": []string{"exit 4"}}},
		"zombie-teardown-stuck": {cause: "teardown-stuck", confidence: detect.Proved, evidence: map[string]any{
			"namespace_init_dying": nil, "pid_namespace": nil, "namespace_init_wchan": "zap_pid_ns_processes",
		}},
		"zombie-parent-in-D": {cause: "parent-in-D", confidence: detect.Proved, evidence: map[string]any{
			"parent_state": "D", "parent_wchan": nil, "sigchld_pending": true,
		}},
		"zombie-inherited-by-exec": {cause: "inherited-by-exec", confidence: detect.Proved, evidence: map[string]any{
			"imports_wait": false, "imports_fork": false,
		}},
		"zombie-handler-misses": {cause: "handler-misses", confidence: detect.Likely, evidence: map[string]any{
			"zombies": int64(4), "sigchld_caught": true, "sigchld_pending": false,
		}},
		"zombie-go-no-wait": {cause: "no-wait", confidence: detect.Likely, evidence: map[string]any{"go_binary": true, "in_wait": false}},
		"zombie-reads-pipe": {cause: "reads-pipe", confidence: detect.Likely, evidence: map[string]any{"reads_from": nil, "pipe_held_by": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			switch name {
			case "zombie-foreign-ns", "zombie-teardown-stuck":
				sick.NeedRoot(t, "a pid namespace")
			case "zombie-parent-in-D":
				sick.NeedFUSE(t)
			}
			x.detector, x.severity = "zombie", detect.Warning
			diagnosed(t, name, 0.03, x)
		})
	}
}

// What makes a process an orphan, and what makes it none, one by one.
func TestOrphanGuards(t *testing.T) {
	for name, x := range map[string]want{
		"orphan-terminal-gone":    {severity: detect.Warning, evidence: map[string]any{"reasons": says{"its terminal is gone", "session's leader is dead"}}},
		"orphan-of-build":         {severity: detect.Warning, evidence: map[string]any{"reasons": says{"a build made it (BUILD_ID, GITHUB_RUN_ID)"}}},
		"orphan-sighup-inherited": {severity: detect.Warning, evidence: map[string]any{"reasons": says{"nobody reads its output"}}},
		"orphan-cwd-deleted":      {severity: detect.Info, evidence: map[string]any{"reasons": says{"its working directory is deleted"}}},
		"orphan-of-build-setsid":  {severity: detect.Info, evidence: map[string]any{"reasons": says{"a build made it (BUILD_ID, JENKINS_NODE_COOKIE)"}}},
		"orphan-in-container":     {severity: detect.Warning, evidence: map[string]any{"reasons": says{"a container's PID 1 adopted it"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "orphan-in-container" {
				sick.NeedRoot(t, "a pid namespace")
			}
			x.detector = "orphan"
			diagnosed(t, name, 0.03, x)
		})
	}
	for _, name := range []string{"multiplexer", "listener", "own-session"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			healthy(t, name, 0.03, 20)
		})
	}
}
