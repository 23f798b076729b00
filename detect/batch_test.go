package detect

import (
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

func TestBatchJobs(t *testing.T) {
	for _, c := range []struct {
		comm, cmdline string
		build, batch  bool
	}{
		{"cc1plus", "", true, true},
		{"make", "make\x00-j8", true, true},
		{"x86_64-linux-gn", "/usr/bin/x86_64-linux-gnu-g++-13\x00a.cc", true, true},
		{"clang-17", "", true, true},
		{"ld.gold", "", true, true},
		{"compile", "/usr/lib/go/pkg/tool/linux_amd64/compile\x00-o\x00x", true, true},
		{"compile", "/srv/bin/compile", false, false}, // somebody's own
		{"compile", "", true, true},                   // in its exit
		{"ffmpeg", "", false, true},
		{"xz", "", false, true},
		{"7z", "", false, true},
		{"java", "java\x00-jar\x00app.jar", false, false},
		{"nginx", "", false, false},
		{"python3.12", "", false, false},
		{"", "", false, false},
	} {
		q := proc(10, 1, c.comm)
		q.Cmdline = c.cmdline
		if build, batch := buildTool(&q), batchJob(&q); build != c.build || batch != c.batch {
			t.Errorf("%s %q: build tool %v, batch job %v; want %v, %v", c.comm, c.cmdline, build, batch, c.build, c.batch)
		}
	}
}

// What is meant to compute is told as info; and beside what was watched stands whether it has always been so.
func TestSpinOfABatchJob(t *testing.T) {
	for _, c := range []struct {
		name     string
		env      map[string]string
		severity Severity
		evidence string
	}{
		{"worker", nil, Warning, ""},
		{"ffmpeg", nil, Info, "batch_program"},
		{"worker", map[string]string{"CI_JOB_ID": "7"}, Info, "ci_markers"},
		{"worker", map[string]string{"SSH_TTY": "/dev/pts/1"}, Warning, ""},
		{"refused", nil, Warning, ""},
		{"linter", nil, Info, "run_by"},
	} {
		l := newLab(t)
		w := newWorker(10, started(time.Hour), func(p *pcb.Process) { p.Comm = c.name })
		probe := &pcb.Probe{ID: w.ID, Have: pcb.ProbeEnv, Env: c.env}
		if c.name == "refused" {
			probe.Have, probe.Denied = 0, pcb.ProbeEnv
		}
		parent := proc(1, 0, "init")
		if c.name == "linter" {
			parent.Comm = "make"
		}
		var found []Finding
		for at := time.Duration(0); at <= 90*time.Second; at += time.Second {
			found, _ = l.look(at, []*pcb.Probe{probe}, parent, w.Process)
			w.does(time.Second, 1, 0, 0)
		}
		f := one(t, found, "runaway-cpu")
		if f == nil || f.Severity != c.severity || c.evidence != "" && f.fact(c.evidence) == nil {
			t.Errorf("%s with %v: %+v", c.name, c.env, f)
			continue
		}
		if share, ok := f.fact("lifetime_demand_percent").(float64); !ok || share > 3 || f.fact("watched_seconds") == nil {
			t.Errorf("an hour old, busy for 90 s: %v %% over its life, watched %v", f.fact("lifetime_demand_percent"), f.fact("watched_seconds"))
		}
		if refused := c.name == "refused"; refused != (len(f.Missing) == 1 && strings.Contains(f.Missing[0], "environ: not permitted")) {
			t.Errorf("%s: missing %q", c.name, f.Missing)
		}
		if asked := len(l.asked) > 0; asked == (c.name == "ffmpeg") {
			t.Errorf("%s: asked %v; want its environment only where the name does not tell", c.name, l.asked)
		}
	}
}
