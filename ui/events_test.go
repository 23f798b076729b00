package ui

import (
	"testing"
	"time"

	"ptop/pcb"
)

// What lived between two readings is told in the header where there is room, and on the tree page of who makes it.
func TestShortLivedAreTold(t *testing.T) {
	f := machine(4)
	f.Snap.Events = &pcb.Events{
		Span: 2 * time.Second, Forks: 1300, ShortLived: 1224, Lost: 7,
		Forkers: []pcb.Forker{{
			Told: pcb.Told{ID: pcb.ID{PID: pidAgent, Start: pidAgent * 10}, Name: "checkout-agent"}, Forks: 1300, ShortLived: 1224,
			Statuses: []pcb.ExitCount{{Status: 0, Count: 1200}, {Status: 256, Count: 24}}, Names: []string{hostile},
		}},
	}
	d := newBench(t, 160, 40, Options{})
	d.show(f)
	d.wants("forks 12/s", "short-lived 612/s", "7 events lost")
	d.keys("Enter 2")
	d.lacks("short-lived children")
	d = newBench(t, 160, 40, Options{})
	d.show(f)
	d.keys("Down Enter 2 End")
	d.wants("forks      612 short-lived children a second: exit 0 ×1200, exit 1 ×24; among them ev")
	d = newBench(t, 80, 24, Options{})
	d.show(f)
	d.wants("forks 12/s")
	f.Snap.Events = nil
	d.show(f)
	d.lacks("short-lived", "events lost")
}
