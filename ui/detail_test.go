package ui

import (
	"testing"

	"ptop/detect"
	"ptop/pcb"
)

// What could not be read is said to be so, and is no zero beside that.
func TestDeniedIsNotZero(t *testing.T) {
	for page, lacks := range map[string][]string{
		"7": {"0 variables", "masked", "m shows"},
		"6": {"virtual size", "maps "},
		"5": {"0 open files", "TARGET"},
		"4": {"0 threads", "WAIT%"},
		"8": {"LIMIT"},
		"9": {"Namespaces"},
	} {
		d := newBench(t, 120, 30, Options{})
		d.b.bend = func(x *pcb.Detail) {
			*x = pcb.Detail{ID: x.ID, Time: x.Time, Process: x.Process, Problems: map[pcb.DetailPart]string{}}
			for _, p := range d.detail.pages {
				for _, part := range p.parts {
					x.Problems[part] = "not permitted"
				}
			}
		}
		d.keys("m m m Enter " + page)
		d.wants("not permitted")
		d.lacks(lacks...)
	}
}

// Of a process that has no environment any more there is nothing to unmask.
func TestEnvironmentOfTheDead(t *testing.T) {
	d := newBench(t, 120, 30, Options{})
	d.b.bend = func(x *pcb.Detail) {
		x.Environ, x.Problems = nil, map[pcb.DetailPart]string{pcb.PartEnviron: "the process has none any more"}
	}
	d.keys("e")
	d.wants("environ: the process has none any more")
	d.lacks("variables", "masked")
}

// The readings tell the standing of the process that is looked at, and of none when nobody looks any more.
func TestStandingIsAskedFor(t *testing.T) {
	d := newBench(t, 120, 40, Options{})
	d.keys("Enter 2")
	if d.b.followed.PID != pidBurner {
		t.Errorf("followed is %v", d.b.followed)
	}
	f := machine(2)
	f.Findings = nil
	f.Standing = &detect.Standing{ID: d.b.followed, Role: "main process of report.service", Verdict: "no orphan: main process of report.service", Reason: "main process of report.service"}
	d.show(f)
	d.wants("nothing was found about it; no orphan: main process of report.service")
	d.keys("Esc")
	d.show(machine(3))
	if !d.b.followed.IsZero() {
		t.Errorf("still followed is %v", d.b.followed)
	}
}
