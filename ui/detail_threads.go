package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ptop/internal/column"
	"ptop/pcb"
)

// threadRow is a thread with what two readings tell of it, and what it does in the kernel.
type threadRow struct {
	t     *pcb.Thread
	rates pcb.ThreadRates
	call  *pcb.ThreadProbe // nil where it was not read
}

// threadColumn is a column of the threads page: one of the table's, or with a value of its own where no table has it.
type threadColumn struct {
	*column.Column
	own func(*threadRow) column.Value
}

func (c *threadColumn) value(r *threadRow) column.Value {
	if c.own != nil {
		return c.own(r)
	}
	return c.Value(&column.Row{Thread: r.t, ThreadRates: &r.rates})
}

// threadColumns are the columns of the threads page, the most telling ones first: what does not fit at the right is scrolled to.
func threadColumns() []threadColumn {
	var cols []threadColumn
	of := func(ids string) {
		for id := range strings.SplitSeq(ids, ",") {
			if c, ok := column.ByID(id); ok {
				cols = append(cols, threadColumn{Column: c})
			}
		}
	}
	text := func(id, title string, w int, get func(*pcb.ThreadProbe) string) {
		cols = append(cols, threadColumn{&column.Column{ID: id, Title: title, Kind: column.Text, Width: w}, func(r *threadRow) column.Value {
			if r.call == nil || r.t.State == 'R' || get(r.call) == "" { // one that runs sleeps nowhere: it was read at another moment
				return column.Value{}
			}
			return column.Value{Kind: column.Text, Text: get(r.call)}
		}})
	}
	of("tid,name,state,cpu_percent,wait_percent,ctx_voluntary_per_s,ctx_involuntary_per_s,cpu_time_seconds")
	text("wchan", "WCHAN", 20, func(t *pcb.ThreadProbe) string { return t.WChan })
	text("call", "CALL", 16, callName)
	of("priority,nice,processor,policy")
	return cols
}

// callName names the system call that a thread is in; empty when it is in none, or that is unknown.
func callName(t *pcb.ThreadProbe) string {
	switch {
	case !t.SyscallKnown || t.Syscall < 0:
		return ""
	case t.SyscallName == "":
		return fmt.Sprintf("call %d", t.Syscall)
	}
	return t.SyscallName
}

// threadTable is how the threads page is ordered, and where its headings were drawn.
type threadTable struct {
	cols  []threadColumn
	by    int // of cols
	desc  bool
	heads []headSpot
}

func newThreadTable() threadTable {
	t := threadTable{cols: threadColumns()}
	t.sortBy("cpu_percent")
	return t
}

// sortBy orders by a column, the most on top, or the first of names and numbers.
func (t *threadTable) sortBy(id string) {
	if i := slices.IndexFunc(t.cols, func(c threadColumn) bool { return c.ID == id }); i >= 0 {
		t.by, t.desc = i, t.cols[i].Descending()
	}
}

// rows compares the threads of two readings and puts them in order; those alike in it stand by thread.
func (t *threadTable) rows(now, before *pcb.Detail) []threadRow {
	old := map[int32]*pcb.Thread{}
	if before != nil {
		for i := range before.ThreadList {
			old[before.ThreadList[i].TID] = &before.ThreadList[i]
		}
	}
	calls := make(map[int32]*pcb.ThreadProbe, len(now.Calls))
	for _, c := range now.Calls {
		c.SyscallKnown = c.SyscallKnown && !now.Process.KernelThread() // whose registers look like one
		calls[c.TID] = &c
	}
	type keyed struct {
		row threadRow
		key column.Value
	}
	list := make([]keyed, len(now.ThreadList))
	for i := range now.ThreadList {
		n := &now.ThreadList[i]
		list[i].row = threadRow{t: n, rates: threadRates(n, old[n.TID]), call: calls[n.TID]}
		list[i].key = t.cols[t.by].value(&list[i].row)
	}
	slices.SortFunc(list, func(a, b keyed) int {
		if n := column.Compare(a.key, b.key, t.desc); n != 0 {
			return n
		}
		return int(a.row.t.TID) - int(b.row.t.TID)
	})
	rows := make([]threadRow, len(list))
	for i := range list {
		rows[i] = list[i].row
	}
	return rows
}

// threadRates is what two readings of a thread tell; all unknown without the earlier one, or where that was another thread.
func threadRates(t, o *pcb.Thread) pcb.ThreadRates {
	nan := math.NaN()
	r := pcb.ThreadRates{CPU: nan, Wait: nan, Waiting: nan, Voluntary: nan, Involuntary: nan}
	if o == nil || t.At <= o.At || t.Started != o.Started {
		return r
	}
	seconds := (t.At - o.At).Seconds()
	perSecond := func(group pcb.Fields, now, before float64) float64 {
		if !(t.Have & o.Have).Has(group) || now < before {
			return nan
		}
		return (now - before) / seconds
	}
	r.CPU = 100 * perSecond(pcb.FieldSched, t.RunTime.Seconds(), o.RunTime.Seconds())
	if math.IsNaN(r.CPU) {
		r.CPU = 100 * perSecond(pcb.FieldStat, (t.UTime+t.STime).Seconds(), (o.UTime+o.STime).Seconds())
	}
	r.Wait = 100 * perSecond(pcb.FieldSched, t.RunDelay.Seconds(), o.RunDelay.Seconds())
	r.Voluntary = perSecond(pcb.FieldSwitches, float64(t.Voluntary), float64(o.Voluntary))
	r.Involuntary = perSecond(pcb.FieldSwitches, float64(t.Involuntary), float64(o.Involuntary))
	return r
}

// threadLines is a line for each thread, made when it comes into sight: there can be thousands.
func (v *detailView) threadLines(int) []pageLine {
	t := &v.threads
	rows := t.rows(v.detail, v.before)
	if len(rows) == 0 && v.unread(pcb.PartThreads) {
		return nil
	}
	count := plural(len(rows), "thread", "threads")
	if n := len(v.detail.Calls); n > 0 && n < len(rows) {
		count += fmt.Sprintf("; what they sleep in was read of %d", n)
	}
	v.pager.head = []pageLine{textLine(count, roleDim), {line: t.heading(v.a.gl)}}
	v.pager.pinned = t.heads[1].to // the thread and its name
	out := make([]pageLine, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = pageLine{link: threadID(r.t), late: func() line { return t.line(r) }}
	}
	return out
}

// threadID is the identity of a thread: like a process's it has a number and a start.
func threadID(t *pcb.Thread) pcb.ID { return pcb.ID{PID: t.TID, Start: uint64(t.Started / pcb.Tick)} }

// heading is the names of the columns, with the direction behind the one ordered by.
func (t *threadTable) heading(gl *glyphs) line {
	var l line
	t.heads = t.heads[:0]
	x := 0
	for i := range t.cols {
		c := &t.cols[i]
		title, r := c.Title, roleTitle
		if i == t.by {
			r = roleHeadSort
			if t.desc {
				title += gl.down
			} else {
				title += gl.up
			}
		}
		w := c.cells()
		l = append(l, c.fit(title, r)...)
		t.heads = append(t.heads, headSpot{x, x + w + 1, c.Column})
		x += w + 1
	}
	return l
}

// cells is the width of a column: that of a thread's values, and room for the heading with its arrow.
func (c *threadColumn) cells() int { return max(c.Width, width(c.Title)+1) }

// fit puts a text into the column, and a blank behind it.
func (c *threadColumn) fit(text string, r role) line {
	text = clip(text, c.cells())
	blanks := strings.Repeat(" ", max(0, c.cells()-width(text)))
	if c.Align == column.Right {
		return line{{blanks, roleText}, {text, r}, {" ", roleText}}
	}
	return line{{text, r}, {blanks + " ", roleText}}
}

// line is the line of one thread.
func (t *threadTable) line(r *threadRow) line {
	var l line
	row := column.Row{Proc: &pcb.Process{}, Thread: r.t, ThreadRates: &r.rates}
	for i := range t.cols {
		c := &t.cols[i]
		v := c.value(r)
		look := roleStrong
		switch {
		case v.Kind == column.Absent:
			look = roleDim
		case c.own != nil:
			look = roleText
		case c.ID != "name":
			look = cellRole(c.Column, &row)
		}
		l = append(l, c.fit(c.Format(v), look)...)
	}
	return l
}

// What the keys do on the threads page.

func (a *app) onThreads() bool { return a.detail.page == pageThreads }

func (v *detailView) sortThreads(id string) {
	v.threads.sortBy(id)
	v.reorder()
}

// sortThreadsStep orders by the neighbour of the column ordered by.
func (v *detailView) sortThreadsStep(by int) {
	n := len(v.threads.cols)
	v.sortThreads(v.threads.cols[(v.threads.by+by+n)%n].ID)
}

func (v *detailView) invertThreads() {
	v.threads.desc = !v.threads.desc
	v.reorder()
}

// reorder shows what stands on top now, and the column that it is ordered by.
func (v *detailView) reorder() {
	v.pager.reset()
	v.write()
	if len(v.threads.heads) > v.threads.by {
		spot := v.threads.heads[v.threads.by]
		v.pager.reveal(spot.from, spot.to, v.bodyW)
	}
}

// clickHead orders by the heading at a cell; by the same one again, the other way round.
func (v *detailView) clickHead(x int) {
	if v.page != pageThreads {
		return
	}
	for i, h := range v.threads.heads {
		if x < h.from || x >= h.to {
			continue
		}
		if i == v.threads.by {
			v.invertThreads()
		} else {
			v.sortThreads(h.col.ID)
		}
		return
	}
}
