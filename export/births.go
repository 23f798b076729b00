package export

import (
	"strconv"
	"strings"

	"ptop/internal/monitor"
	"ptop/pcb"
)

// events writes births and ends of processes since the Frame before: all, where the kernel tells of them, else those
// that two readings show.
func (e *encoder) events(f *monitor.Frame) {
	e.object("events")
	told := f.Snap.Events
	if told == nil {
		e.text("source", "proc")
		e.known("reason", f.Snap.EventsOff)
	} else {
		e.text("source", "proc-connector")
		e.seconds("span_seconds", told.Span)
		e.uint("forks", told.Forks)
		e.uint("threads", told.Threads)
		e.uint("execs", told.Execs)
		e.uint("exits", told.Exits)
		e.uint("lost", told.Lost)
		e.uint("short_lived_count", told.ShortLived)
		e.array("short_lived")
		for i := range told.Forkers {
			if told.Forkers[i].ShortLived > 0 {
				e.forker(told, &told.Forkers[i])
			}
		}
		e.close(']')
		e.uint("short_lived_others", told.Rest)
		e.array("lost_parents")
		for i := range told.Ends {
			e.parentEnd(f.Snap, &told.Ends[i])
		}
		e.close(']')
		e.uint("lost_parents_others", told.EndsLeft)
	}
	if f.Rates != nil && f.Rates.Interval > 0 {
		e.int("appeared", int64(f.Rates.Born))
		e.int("vanished", int64(f.Rates.Gone))
	}
	e.close('}')
}

// told names a process of which events tell.
func (e *encoder) told(t *pcb.Told) {
	e.int("pid", int64(t.ID.PID))
	if t.ID.Start != 0 {
		e.key("id")
		e.id(t.ID)
	}
	e.known("name", t.Name)
}

func (e *encoder) forker(events *pcb.Events, f *pcb.Forker) {
	e.open('{')
	e.object("forker")
	e.told(&f.Told)
	e.bool("ended", f.Ended)
	e.close('}')
	e.uint("forks", f.Forks)
	e.uint("count", f.ShortLived)
	e.float("per_s", events.PerSecond(f.ShortLived))
	e.uint("execs", f.Execs)
	e.array("exit_statuses")
	for _, s := range f.Statuses {
		e.open('{')
		e.int("wait_status", int64(s.Status))
		e.text("status", pcb.DescribeExit(s.Status))
		e.uint("count", s.Count)
		e.close('}')
	}
	e.close(']')
	e.uint("other_statuses", f.OtherStatuses)
	if len(f.Names) > 0 {
		e.list("names", strings.Join(f.Names, "\x00"))
	}
	e.close('}')
}

func (e *encoder) parentEnd(s *pcb.Snapshot, end *pcb.ParentEnd) {
	e.open('{')
	e.object("parent")
	e.told(&end.Told)
	e.close('}')
	e.int("wait_status", int64(end.Status))
	e.text("status", pcb.DescribeExit(end.Status))
	e.time("time", s.Time.Add(end.At-s.Boot))
	e.array("children")
	for _, pid := range end.Children {
		e.comma()
		e.b = strconv.AppendInt(e.b, int64(pid), 10)
	}
	e.close(']')
	e.int("children_others", int64(end.Left))
	e.close('}')
}
