package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ptop/internal/column"
	"ptop/internal/sanitize"
	"ptop/pcb"
)

// smaps is what the maps of the process hold, as far as that was asked for.
type smaps struct {
	got     *pcb.Smaps
	problem string // why there is none, of the last time
	reading bool
}

func (a *app) onMemory() bool { return a.detail.page == pageMemory }

// readSmaps reads what each map holds, off the UI goroutine. What it gave stands until it is asked for again.
func (v *detailView) readSmaps() {
	if v.smaps.reading || v.gone {
		return
	}
	v.smaps.reading = true
	id, b := v.id, v.a.b
	v.a.spawn(func(ctx context.Context) func() {
		got, err := b.Smaps(ctx, id)
		return func() { v.tookSmaps(id, got, err) }
	})
	v.write()
}

func (v *detailView) tookSmaps(id pcb.ID, got *pcb.Smaps, err error) {
	if id != v.id {
		return
	}
	v.smaps.reading, v.smaps.problem = false, ""
	if err != nil {
		v.smaps.problem = err.Error()
	} else {
		v.smaps.got = got
	}
	v.write()
}

func (v *detailView) memoryLines(w int) []pageLine {
	var out []pageLine
	m := &v.detail.Maps
	switch {
	case v.unread(pcb.PartMaps):
	case m.Count == 0:
		out = append(out, textLine("it has no memory of its own: a kernel thread, or one that has ended", roleDim))
	default:
		out = append(out, sumLines(m, w)...)
	}
	if v.detail.OOMScore != nil {
		out = append(out, blank, heading("When memory runs out"))
		out = append(out, entries([]entry{{"OOM score", fmt.Sprint(*v.detail.OOMScore)}, {"OOM adjustment", intOrAbsent(v.detail.OOMAdj)}}, w)...)
	}
	if m.Count > 0 || v.unread(pcb.PartMaps) {
		out = append(out, v.smapsLines(w)...)
	}
	if v.smaps.got != nil || len(m.Largest) == 0 {
		return out
	}
	out = append(out, blank, heading("Largest, by virtual size"), textLine(fmt.Sprintf("%9s %5s  %s", "SIZE", "MAPS", "WHAT"), roleTitle))
	for _, x := range m.Largest {
		out = append(out, textLine(fmt.Sprintf("%9s %5d  %s", size(x.Size), x.Maps, pathEnd(x.Name, w-17)), roleText))
	}
	return out
}

// sumLines is what all maps come to.
func sumLines(m *pcb.MapsSummary, w int) []pageLine {
	known := func(b uint64) string {
		if !m.HaveRollup {
			return column.Absence
		}
		return size(b)
	}
	return append([]pageLine{heading("Sums")}, entries([]entry{
		{"maps", fmt.Sprint(m.Count)},
		{"virtual size", size(m.Size)},
		{"resident (RSS)", known(m.RSS)},
		{"its share (PSS)", known(m.PSS)},
		{"swapped out", known(m.Swap)},
		{"heap, virtual", size(m.Heap)},
		{"stacks, virtual", size(m.Stack)},
		{"anonymous, virtual", size(m.Anon)},
		{"files, virtual", size(m.File)},
		{"shared, virtual", size(m.Shared)},
	}, w)...)
}

// smapsCost is what reading smaps costs, told before it is done.
const smapsCost = "the kernel walks every page of the process for it, and holds its memory lock meanwhile, so that it can be held up: some 20 ms for each gigabyte that is resident"

// smapsLines is what each map holds, or how to get it.
func (v *detailView) smapsLines(w int) []pageLine {
	s := v.smaps.got
	out := []pageLine{blank, heading("What each map holds")}
	say := func(text string, r role) {
		for _, part := range wrap(text, w-2, 0) {
			out = append(out, textLine("  "+part, r))
		}
	}
	if v.smaps.problem != "" {
		say(v.smaps.problem, roleWarning)
	}
	switch {
	case v.smaps.reading:
		say("reading…", roleDim)
	case s == nil && !v.gone:
		say("s reads it (smaps): "+smapsCost, roleDim)
	}
	if s == nil {
		return out
	}
	say(fmt.Sprintf("read at %s in %s; it stands until s reads it anew", s.Time.Local().Format("15:04:05"), took(s.Took)), roleDim)
	if s.Problem != "" {
		say(s.Problem, roleWarning)
	}
	head := fmt.Sprintf("%5s %6s %6s %6s %7s %6s %6s %6s  ", "MAPS", "SIZE", "RSS", "PSS", "PRIVATE", "DIRTY", "SWAP", "LOCKED")
	out = append(out, textLine(head+"WHAT", roleTitle), useLine(&s.Total, "all together", roleStrong))
	for i := range s.ByName {
		out = append(out, useLine(&s.ByName[i], pathEnd(s.ByName[i].Name, w-useWidth), roleText))
	}
	if n := s.Names - len(s.ByName); n > 0 {
		out = append(out, textLine(fmt.Sprintf("and %d more", n), roleDim))
	}
	out = append(out, blank, heading("The largest single maps"), textLine(head+"RANGE", roleTitle))
	for i := range s.Largest {
		m := &s.Largest[i]
		out = append(out, useLine(m, fmt.Sprintf("%s %s  %s", m.Address, m.Perms, m.Name), roleText))
	}
	return out
}

// useWidth is what stands before the name in a line of useLine.
const useWidth = 57

func useLine(m *pcb.MappingUse, what string, r role) pageLine {
	return textLine(fmt.Sprintf("%5d %6s %6s %6s %7s %6s %6s %6s  %s", m.Maps, size(m.Size), size(m.RSS), size(m.PSS), size(m.Private),
		size(m.Dirty), size(m.Swap), size(m.Locked), what), r)
}

// took says how long a reading took.
func took(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return column.FormatSeconds(d.Seconds())
}

// pathEnd shortens a path to w cells at its beginning: its end tells more.
func pathEnd(path string, w int) string {
	if path = sanitize.Text(path); !strings.HasPrefix(path, "/") || width(path) <= w {
		return path
	}
	return "…" + skip(path, width(path)-max(1, w-1))
}

func intOrAbsent(n *int) string {
	if n == nil {
		return column.Absence
	}
	return fmt.Sprint(*n)
}
