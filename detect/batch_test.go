package detect

import "testing"

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
