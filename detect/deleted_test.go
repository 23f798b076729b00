package detect

import (
	"slices"
	"testing"
	"time"

	"ptop/pcb"
)

func running(exe string) change { return func(p *pcb.Process) { p.Exe = exe } }

const oldExe = "/usr/sbin/httpd (deleted)"

func replaced(n int32, ago time.Duration) *pcb.Probe {
	return &pcb.Probe{ID: pcb.ID{PID: n, Start: uint64(n) * 10}, Have: pcb.ProbeExeFile, ExeReplaced: epoch.Add(-ago)}
}

func TestDeletedExe(t *testing.T) {
	server := proc(10, 1, "httpd", running(oldExe), func(p *pcb.Process) { p.Container = &pcb.Container{Unit: "httpd.service"} })
	worker := proc(11, 10, "httpd", running(oldExe))
	other := proc(12, 10, "cgi", running("/usr/bin/cgi (deleted)"))
	l := newLab(t)
	probes := []*pcb.Probe{replaced(10, time.Minute), replaced(11, time.Minute), {ID: other.ID, Have: pcb.ProbeExeFile}}
	findings, _ := l.look(0, probes, proc(1, 0, "init"), server, worker, other)
	f := one(t, findings, "deleted-exe")
	if f == nil || f.Cause != "program" || f.Count != 2 || len(f.Members) != 2 || f.Subject.PID != 10 || !f.Since.Equal(epoch.Add(-time.Minute)) ||
		f.Remedies[0].Command != "systemctl restart httpd.service" || f.fact("exe_deleted") != "/usr/sbin/httpd" {
		t.Fatalf("%+v", f)
	}
	if l.look(30*time.Second, nil, proc(1, 0, "init"), server, worker, other); len(l.asked) > 0 {
		t.Errorf("asked again at once: %+v", l.asked)
	}
	if l.look(61*time.Second, nil, proc(1, 0, "init"), server, worker, other); len(l.asked) != 3 {
		t.Errorf("asked after a minute: %+v", l.asked)
	}
	restarted := with(server, running("/usr/sbin/httpd"))
	if findings, _ := l.look(62*time.Second, nil, proc(1, 0, "init"), restarted); len(findings) > 0 {
		t.Errorf("it has called exec: %s", findings[0].Summary)
	}
}

func TestDeletedExeGuards(t *testing.T) {
	for name, p := range map[string]pcb.Process{
		"there":           proc(10, 1, "a", running("/bin/a")),
		"memfd":           proc(10, 1, "a", running("/memfd:a (deleted)")),
		"a kernel thread": proc(10, 1, "a", running(oldExe), func(p *pcb.Process) { p.KFlags = pcb.PFKernelThread }),
	} {
		l := newLab(t)
		if l.sees(0, p); len(l.asked) > 0 {
			t.Errorf("%s: asked for %+v", name, l.asked)
		}
	}
	l := newLab(t)
	for s := range 20 {
		probe := &pcb.Probe{ID: pcb.ID{PID: 10, Start: 100}, Have: pcb.ProbeExeFile}
		if findings, _ := l.look(time.Duration(s)*time.Second, []*pcb.Probe{probe}, proc(10, 1, "a", running(oldExe))); len(findings) > 0 {
			t.Fatalf("without a successor: %s", findings[0].Summary)
		}
	}
	if findings, _ := newLab(t).look(0, []*pcb.Probe{replaced(10, time.Second)}, proc(10, 1, "a", running(oldExe))); len(findings) > 0 {
		t.Errorf("after a second: %s", findings[0].Summary)
	}
}

func TestDeletedLibraries(t *testing.T) {
	l := newLab(t)
	probe := &pcb.Probe{
		ID: pcb.ID{PID: 10, Start: 100}, Have: pcb.ProbeLibraries, LibrariesChanged: epoch.Add(-time.Hour),
		Libraries: []string{"/usr/lib/libcrypto.so.3", "/usr/lib/libssl.so.3"},
	}
	findings, _ := l.look(0, []*pcb.Probe{probe}, proc(10, 1, "nginx", running("/usr/sbin/nginx"), started(2*time.Hour)))
	f := one(t, findings, "deleted-exe")
	if f == nil || f.Cause != "libraries" || !slices.Equal(f.fact("deleted_libraries").([]string), probe.Libraries) || f.fact("replaced_seconds") != time.Hour ||
		f.So != "what the new version mends is not mended in it; a security update of such a library takes effect with its restart alone" {
		t.Fatalf("%+v", f)
	}
	if findings, _ = l.look(time.Second, nil, proc(10, 1, "nginx", running("/usr/sbin/nginx"))); one(t, findings, "deleted-exe") == nil {
		t.Error("forgotten where it was not its turn")
	}
	probe.Libraries = nil
	if findings, _ = l.look(2*time.Second, []*pcb.Probe{probe}, proc(10, 1, "nginx", running("/usr/sbin/nginx"))); len(findings) > 0 {
		t.Errorf("it has loaded the new ones: %s", findings[0].Summary)
	}
}
