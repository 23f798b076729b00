package ui

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
)

// page is one page of the drill-down, declared once: the tabs, the number keys and the help follow.
type page struct {
	title string
	help  string
	parts []pcb.DetailPart // of the Detail, on which it rests
	reads bool             // it needs a Detail
	dear  pcb.Dear         // of that, what is read only when it is asked for
	bare  bool             // it has something to say while there is none yet
	lines func(v *detailView, w int) []pageLine
}

// pages is the drill-down in the order of its tabs.
func pages() []page {
	return []page{
		{title: "PCB", help: "the process control block in the textbook's groups", lines: (*detailView).pcbLines},
		{title: "Explain", help: "its findings, what started it, how it lives, what it waits for", reads: true, bare: true, lines: (*detailView).explainLines},
		{title: "Tree", help: "its ancestors and descendants", lines: (*detailView).treeLines},
		{title: "Threads", help: "each thread's CPU, wait, switches and what it sleeps in; sorted as the table is", reads: true, parts: []pcb.DetailPart{pcb.PartThreads, pcb.PartSyscall}, lines: (*detailView).threadLines},
		{title: "Files", help: "open files and sockets", reads: true, parts: []pcb.DetailPart{pcb.PartFiles, pcb.PartSockets, pcb.PartCwd}, lines: (*detailView).fileLines},
		{title: "Memory", help: "its maps, summed", reads: true, dear: pcb.Dear{Maps: true}, parts: []pcb.DetailPart{pcb.PartMaps}, lines: (*detailView).memoryLines},
		{title: "Env", help: "its environment, secrets masked", reads: true, parts: []pcb.DetailPart{pcb.PartEnviron}, lines: (*detailView).environLines},
		{title: "Limits", help: "resource limits and what is used of them", reads: true, parts: []pcb.DetailPart{pcb.PartLimits}, lines: (*detailView).limitLines},
		{title: "Cgroup", help: "container, cgroup and namespaces", reads: true, parts: []pcb.DetailPart{pcb.PartCgroup, pcb.PartNamespaces}, lines: (*detailView).cgroupLines},
		{title: "Signals", help: "pending, blocked, ignored and caught ones; where it sleeps", reads: true, parts: []pcb.DetailPart{pcb.PartWChan, pcb.PartSyscall, pcb.PartStack}, lines: (*detailView).signalLines},
		{title: "History", help: "CPU, wait, memory, switches, threads and open descriptors over the session", lines: (*detailView).historyLines},
	}
}

// Positions of the pages that keys lead to.
const (
	pageTree    = 2
	pageThreads = 3
	pageFiles   = 4
	pageMemory  = 5
	pageEnviron = 6
)

// detailView is one process in depth. What has to be read is read off the UI goroutine, again and again while its
// page is shown; the last reading stays when the process has ended.
type detailView struct {
	a        *app
	pages    []page
	page     int
	id       pcb.ID
	frame    *monitor.Frame
	held     *monitor.Frame // the last one that had the process; held
	row      *column.Row    // in that
	gone     bool
	followed pcb.ID // whose Standing the readings tell
	detail   *pcb.Detail
	before   *pcb.Detail // the reading before, for rates
	problem  string      // why there is no Detail
	loading  bool
	loaded   time.Time     // when the last reading came
	took     time.Duration // how long it took
	secrets  bool
	threads  threadTable
	smaps    smaps
	pager    pager
	tabs     []hintSpotPage
	bodyW    int
}

type hintSpotPage struct{ from, to, y, page int }

func newDetailView(a *app) *detailView {
	return &detailView{a: a, pages: pages(), threads: newThreadTable()}
}

func (v *detailView) scope() scope { return inDetail }

// open turns to a process.
func (v *detailView) open(id pcb.ID, pageNo int) {
	if v.id != id {
		v.held.Release()
		*v = detailView{a: v.a, pages: v.pages, id: id, page: v.page, followed: v.followed, threads: v.threads}
	}
	v.follow(id)
	v.a.history.want(id, v.a.now())
	v.update(v.a.frame)
	v.goTo(pageNo)
}

// follow has the readings tell the standing of a process, of none for a zero one.
func (v *detailView) follow(id pcb.ID) {
	if v.followed != id {
		v.followed = id
		v.a.b.Follow(id)
	}
}

func (v *detailView) goTo(pageNo int) {
	if pageNo < 0 || pageNo >= len(v.pages) {
		return
	}
	v.page = pageNo
	v.pager = pager{}
	v.write()
	if pageNo == pageTree {
		v.pager.to(v.id)
	}
	v.read()
}

func (v *detailView) turn(by int) { v.goTo((v.page + by + len(v.pages)) % len(v.pages)) }

func (v *detailView) toggleSecrets() { v.secrets = !v.secrets; v.write() }

// update takes the process out of a new Frame.
func (v *detailView) update(f *monitor.Frame) {
	if v.id.IsZero() || f == nil {
		return
	}
	if !slices.Contains(v.a.views, body(v)) {
		v.follow(pcb.ID{})
	}
	v.frame = f
	row := view.Row(f, v.id)
	v.gone = row.Proc == nil
	if !v.gone {
		v.held.Release()
		v.held, v.row = f.Keep(), &row
	}
	v.write()
	if v.a.body() == body(v) {
		v.read()
	}
}

// readAgain is how old a Detail becomes before its page reads another.
const readAgain = 900 * time.Millisecond

// readShare is how many times as long as a reading took the next one is put off: one of thousands of threads takes long.
const readShare = 9

// due reports whether the Detail is old enough for another one. The second comes as soon as it can, as it gives the rates.
func (v *detailView) due() bool {
	wait := readAgain
	if v.before != nil {
		wait = max(wait, readShare*v.took)
	}
	return v.a.now().Sub(v.loaded) >= wait
}

// read starts a reading when the page needs one, and none is under way.
func (v *detailView) read() {
	page := &v.pages[v.page]
	if !page.reads || v.loading || v.gone && v.detail != nil || !v.due() && !v.lacks(page) {
		return
	}
	v.loading = true
	id, began, b, with := v.id, v.a.now(), v.a.b, page.dear // not by way of v, which another process may have by then
	v.a.spawn(func(ctx context.Context) func() {
		d, err := b.Detail(ctx, id, with)
		return func() { v.take(id, began, d, err) }
	})
}

// lacks reports whether the last reading was without what is dear and the page shows.
func (v *detailView) lacks(p *page) bool {
	return v.detail != nil && p.dear.Maps && !v.detail.With.Maps
}

// take takes a reading that was begun for id.
func (v *detailView) take(id pcb.ID, began time.Time, d *pcb.Detail, err error) {
	if id != v.id {
		return
	}
	v.loading, v.loaded, v.problem = false, v.a.now(), ""
	v.took = v.loaded.Sub(began)
	switch {
	case err != nil:
		v.problem = err.Error()
	case d != nil:
		v.before, v.detail = v.detail, d
	}
	v.write()
}

// write makes the lines of the page.
func (v *detailView) write() {
	w := max(20, v.bodyW)
	p := v.pages[v.page]
	v.pager.head, v.pager.pinned = nil, 0
	var out []pageLine
	if p.reads {
		switch {
		case v.problem != "":
			out = append(out, paragraph(v.problem, w)...)
		case v.gone && v.lacks(&p):
			v.pager.set([]pageLine{textLine("it has ended before this was read", roleDim)})
			return
		case v.detail == nil && !p.bare, v.lacks(&p):
			v.pager.set([]pageLine{textLine("reading…", roleDim)})
			return
		}
		if v.detail != nil {
			for _, part := range p.parts {
				if why := v.detail.Problems[part]; why != "" {
					out = append(out, paragraph(fmt.Sprintf("%s: %s", part, why), w)...)
				}
			}
		}
	}
	if !p.reads || p.bare || v.detail != nil && !v.lacks(&p) {
		lines := p.lines(v, w)
		if v.pager.head != nil {
			v.pager.head, out = append(out, v.pager.head...), nil
		}
		out = append(out, lines...)
	}
	v.pager.set(out)
}

// paragraph is what went wrong, to its end: what to do about it stands there.
func paragraph(text string, w int) (out []pageLine) {
	for _, l := range wrap(text, w, 2) {
		out = append(out, textLine(l, roleWarning))
	}
	return out
}

// proc is the process as it was read last, by the Frame; nil when no Frame has had it.
func (v *detailView) proc() *pcb.Process {
	if v.row == nil {
		return nil
	}
	return v.row.Proc
}

func (v *detailView) move(m motion) { v.pager.move(m) }

func (v *detailView) click(x, y int) {
	for _, t := range v.tabs {
		if y == t.y && x >= t.from && x < t.to {
			v.goTo(t.page)
			return
		}
	}
	switch y -= v.tabsEnd(); {
	case y >= 0 && y < len(v.pager.head):
		v.clickHead(v.pager.at(x - 1))
	case y >= 0:
		v.pager.click(y)
	}
}

// tabsEnd is the first line below the tabs.
func (v *detailView) tabsEnd() int {
	if len(v.tabs) == 0 {
		return 1
	}
	return v.tabs[len(v.tabs)-1].y + 1
}

func (v *detailView) draw(p painter) {
	if p.h < 1 {
		return
	}
	p.fill(0, 0, p.th.of(roleHead))
	p.role(1, 0, clip(v.title(), p.w-2), roleHead)
	v.drawTabs(p)
	if v.bodyW != p.w-2 {
		v.bodyW = p.w - 2
		v.write()
	}
	v.pager.draw(p.sub(1, v.tabsEnd(), p.w-2, p.h-v.tabsEnd()))
}

// name is the process as it is spoken of.
func (v *detailView) name() string {
	if p := v.proc(); p != nil {
		return fmt.Sprintf("%s (%d)", p.Name(), v.id.PID)
	}
	return fmt.Sprintf("process %d", v.id.PID)
}

func (v *detailView) title() string {
	text := fmt.Sprintf("%d", v.id.PID)
	if p := v.proc(); p != nil {
		text += " " + p.Name()
		if p.User != "" {
			text += " of " + p.User
		}
		text += ", " + pcb.StateName(p.State)
	}
	if v.gone {
		text += " (has ended; this is what was read last)"
	}
	return text
}

// drawTabs draws the names of the pages, with the keys that lead to them.
func (v *detailView) drawTabs(p painter) {
	v.tabs = v.tabs[:0]
	x, y := 1, 1
	for i, page := range v.pages {
		key := ""
		if i < 10 {
			key = fmt.Sprint((i + 1) % 10)
		}
		w := width(key) + width(page.title) + 1
		if x > 1 && x+w > p.w {
			x, y = 1, y+1
		}
		if y >= p.h {
			return
		}
		from := x
		r := roleText
		if i == v.page {
			r = roleCursor
		}
		x = p.role(x, y, key, roleKey)
		x = p.role(x, y, page.title, r) + 1
		v.tabs = append(v.tabs, hintSpotPage{from, x, y, i})
	}
}
