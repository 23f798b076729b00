package ui

import (
	"fmt"
	"slices"
	"strings"

	"ptop/internal/column"
	"ptop/internal/life"
	"ptop/pcb"
)

// What the keys do that change what is shown.

func (a *app) stop()    { a.quit() }
func (a *app) suspend() { a.stopJob() }
func (a *app) redraw()  { a.sync() }

func (a *app) say(r role, text string) { a.log.say(a.now(), r, text) }

// giveUp takes back one limit of the table at a time.
func (a *app) giveUp() {
	t := a.table
	switch {
	case a.search != "":
		a.search = ""
	case t.opened != nil:
		t.closeGroup()
	case t.q.GroupBy != nil:
		t.q.GroupBy = nil
		t.rebuild()
	case t.follow:
		t.follow = false
	case len(t.tags) > 0:
		t.untag()
	case t.q.Filter.String() != "":
		a.setFilter("")
	case t.q.User != "":
		t.q.User = ""
		t.rebuild()
	case t.q.Container != "" || t.q.Unit != "" || len(t.q.PIDs) > 0:
		t.q.Container, t.q.Unit, t.q.PIDs = "", "", nil
		t.rebuild()
	case t.q.Namespace != 0 || t.q.Limit > 0:
		t.q.Namespace, t.q.Limit = 0, 0
		t.rebuild()
	}
}

func (a *app) toggleTree() {
	t := a.table
	t.q.Tree = !t.q.Tree
	if t.q.Tree && (t.q.GroupBy != nil || t.opened != nil) {
		t.q.GroupBy, t.opened, t.openedBy = nil, nil, nil
	}
	t.rebuild()
}

func (a *app) toggleThreads() {
	a.table.q.Threads = !a.table.q.Threads
	a.b.ReadThreads(a.table.q.Threads)
	a.b.Refresh()
	a.say(roleInfo, "threads "+onOff(a.table.q.Threads))
	a.table.rebuild()
}

func (a *app) toggleKernel() {
	a.table.q.HideKernel = !a.table.q.HideKernel
	a.say(roleInfo, "kernel threads "+onOff(!a.table.q.HideKernel))
	a.table.rebuild()
}

func (a *app) toggleBelow() {
	t := a.table
	t.q.Below = !t.q.Below
	a.say(roleInfo, "descendants of what matches "+onOff(t.q.Below))
	t.rebuild()
}

func onOff(on bool) string {
	if on {
		return "shown"
	}
	return "hidden"
}

func (a *app) toggleFollow() {
	t := a.table
	t.follow = !t.follow && t.row() != nil
	if t.follow {
		t.selectRow(t.selected)
	}
}

func (a *app) togglePause() {
	a.paused = !a.paused
	if !a.paused && a.newest != nil {
		a.adopt(a.newest)
	}
}

func (a *app) sortBy(id string) {
	if c, ok := column.ByID(id); ok {
		a.table.sortMost(c)
	}
}

func (a *app) openSort() {
	m := &menu{title: "sort by"}
	cols := slices.Clone(a.table.cols)
	for _, c := range column.All {
		if !slices.Contains(cols, c) {
			cols = append(cols, c)
		}
	}
	for i, c := range cols {
		m.items = append(m.items, menuItem{text: pad(c.Title, 12), name: c.ID, help: c.Help})
		if a.table.sortColumn() == c {
			m.at = i
		}
	}
	m.choose = func(i int) { a.table.sortMost(cols[i]) }
	a.open(m)
}

func (a *app) openUsers() {
	if a.frame == nil {
		return
	}
	count := map[string]int{}
	for i := range a.frame.Snap.Procs {
		p := &a.frame.Snap.Procs[i]
		switch {
		case p.User != "":
			count[p.User]++
		case p.Have.Has(pcb.FieldCreds):
			count[fmt.Sprint(p.EUID)]++
		}
	}
	m := &menu{title: "whose processes", items: []menuItem{{text: "everybody's"}}}
	names := []string{""}
	for name := range count {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names[1:] {
		m.items = append(m.items, menuItem{text: name, help: plural(count[name], "process", "processes")})
		if name == a.table.q.User {
			m.at = i + 1
		}
	}
	m.choose = func(i int) { a.showUser(names[i]) }
	a.open(m)
}

// groupings are the columns that the table can be grouped by.
var groupings = []string{"container", "unit", "user", "name", "state"}

func (a *app) openGroups() {
	m := &menu{title: "group by", items: []menuItem{{text: "nothing"}}}
	cols := []*column.Column{nil}
	for _, id := range groupings {
		if c, ok := column.ByID(id); ok {
			cols = append(cols, c)
			m.items = append(m.items, menuItem{text: pad(id, 10), help: c.Help})
			if c == a.table.q.GroupBy {
				m.at = len(m.items) - 1
			}
		}
	}
	m.choose = func(i int) { a.groupBy(cols[i]) }
	a.open(m)
}

func (a *app) groupBy(c *column.Column) {
	t := a.table
	t.opened, t.openedBy = nil, nil
	t.q.GroupBy = c
	if c != nil {
		t.q.Tree = false
	}
	t.rebuild()
}

func (a *app) openCommandLine() {
	r := a.table.row()
	if r == nil || r.Proc == nil {
		return
	}
	text := strings.TrimRight(strings.ReplaceAll(r.Proc.Cmdline, "\x00", " "), " ")
	if text == "" {
		text = "[" + r.Proc.Comm + "]"
	}
	a.open(&textBox{title: fmt.Sprintf("command line of %d", r.Proc.PID), text: text})
}

func (a *app) openSelected() {
	if a.table.openGroup() {
		return
	}
	if r := a.table.row(); r != nil && r.Proc != nil {
		a.openDetail(r.Proc.ID, 0)
	}
}

func (a *app) openDetail(id pcb.ID, page int) {
	a.show(a.detail)
	a.detail.open(id, page)
}

func (a *app) openPage(page int) {
	if a.scope() == inDetail {
		a.detail.goTo(page)
	} else if r := a.table.row(); r != nil && r.Proc != nil {
		a.openDetail(r.Proc.ID, page)
	}
}

func (a *app) openEnviron() { a.openPage(pageEnviron) }
func (a *app) openFiles()   { a.openPage(pageFiles) }

// openLinked opens the process under the cursor of the tree page.
func (a *app) openLinked() {
	if id := a.detail.pager.link(); !id.IsZero() && id != a.detail.id {
		a.detail.open(id, pageTree)
	}
}

// toParent goes from a process to its parent.
func (a *app) toParent() {
	id := a.detail.id
	if a.scope() == inTable {
		r := a.table.row()
		if r == nil || r.Proc == nil {
			return
		}
		id = r.Proc.ID
	}
	i := a.frame.Snap.Index(id.PID)
	if i < 0 || a.frame.Forest.Parent(int32(i)) < 0 {
		a.say(roleInfo, "it has no parent here")
		return
	}
	parent := &a.frame.Snap.Procs[a.frame.Forest.Parent(int32(i))]
	if a.scope() == inDetail {
		a.detail.open(parent.ID, a.detail.page)
		return
	}
	a.goTo(parent.ID)
}

// goTo moves the table's cursor to a process, and lifts the limits that hide it.
func (a *app) goTo(id pcb.ID) bool {
	a.views = a.views[:1]
	t := a.table
	if t.selectID(id) {
		return true
	}
	if a.frame == nil {
		return false
	}
	p := a.frame.Snap.Lookup(id)
	if p == nil {
		return false
	}
	_ = a.setFilter("") // the empty one always compiles
	t.q.User, t.q.Container, t.q.Unit, t.q.PIDs, t.q.GroupBy, t.opened = "", "", "", nil, nil, nil
	t.q.Namespace, t.q.Limit = 0, 0
	t.q.HideKernel = t.q.HideKernel && !p.KernelThread()
	clear(t.folded)
	t.foldedAll = false
	t.rebuild()
	if t.selectID(id) {
		a.say(roleInfo, "filters and folds that hid it were lifted")
		return true
	}
	return t.selectBunch(id)
}

func (a *app) openFindings() {
	id := a.table.key.id
	if a.scope() == inDetail {
		id = a.detail.id
	}
	a.show(a.findings)
	a.findings.inPane = false
	if !id.IsZero() && a.table.anchored {
		a.findings.selectAbout(id)
	}
}

// findingJump goes to the process that the finding is about: the one that causes it, when it lives.
func (a *app) findingJump() {
	f := a.findings.finding()
	if f == nil {
		return
	}
	if f.Culprit != nil && a.goTo(f.Culprit.ID) || a.goTo(f.Subject.ID) {
		return
	}
	a.say(roleWarning, life.Subject(&f.Subject)+" is gone")
}
