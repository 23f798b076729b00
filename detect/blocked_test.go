package detect

import (
	"slices"
	"strings"
	"testing"

	"ptop/pcb"
)

// Evidence that nobody can read without waiting for ever is missing, and that is why.
func TestBlockedEvidenceIsSaid(t *testing.T) {
	says := func(f *Finding) bool {
		return f != nil && slices.ContainsFunc(f.Missing, func(s string) bool { return strings.Contains(s, "the kernel lets whoever reads it wait") })
	}
	b := newSickbed()
	b.probe = &pcb.Probe{ID: b.probe.ID, Blocked: pcb.ProbeThreads | pcb.ProbeExe | pcb.ProbeFreezer}
	if f := b.judge(t); !says(f) || f.Confidence != Unknown {
		t.Errorf("of zombies: %+v", f)
	}
	stopped := stray10(inState('T')) // told although what speaks against it is missing
	probes := []*pcb.Probe{{ID: stopped.ID, Blocked: pcb.ProbeFiles | pcb.ProbeEnv}}
	findings, _ := newLab(t).look(0, probes, proc(1, 0, "init"), stopped)
	if f := one(t, findings, "orphan"); !says(f) || len(f.Missing) != 2 {
		t.Errorf("of an orphan: %+v", f)
	}
}
