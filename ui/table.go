package ui

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
)

// rowKey is the identity of a row over time: a process, a thread of it, or a group.
type rowKey struct {
	id    pcb.ID
	tid   int32
	group string
}

func keyOf(r *column.Row) rowKey {
	if r.Proc == nil {
		return rowKey{group: r.Group.Name}
	}
	k := rowKey{id: r.Proc.ID}
	if r.Thread != nil {
		k.tid = r.Thread.TID
	}
	return k
}

// table is the list or tree of processes. It draws only the rows in sight. Its selection is an identity, not a
// position: whatever the order becomes, the cursor stays on the same process.
type table struct {
	frame *monitor.Frame
	q     view.Query
	cols  []*column.Column
	asked column.Widths // of columns of which a width was asked for
	own   bool          // the columns were chosen by the user: none is left out for want of room

	ownUID    int64            // whose processes are the user's own; -1 where that says nothing
	shown     []*column.Column // scratch of columns
	contained bool             // a row has a container to show

	rows     []column.Row
	dead     []deadRow // among them, for a moment
	selected int
	key      rowKey
	name     string // of the selected process, for when it is gone
	anchored bool   // the user has moved to this row; else the cursor stands at the top, whoever is there
	follow   bool
	top      int // first row in sight
	height   int // rows in sight when drawn last
	scroll   int // cells by which the last column is scrolled
	longest  int // text of that column among those in sight
	firstCol int // columns left out at the left, after the first
	crowded  bool
	touched  time.Time // last key or mouse action

	folded      map[pcb.ID]bool // as the user set it
	foldedAll   bool            // what holds for the others
	bunches     bunches
	tags        map[pcb.ID]bool
	opened      *column.Group // the group whose members are shown
	openedBy    *column.Column
	widths      map[*column.Column]int
	heads       []headSpot
	cells       [][]string     // scratch of draw
	order       map[rowKey]int // the places of the rows when they were noted
	placeBefore *column.Column // orders by them
}

// headSpot is where the heading of a column was drawn.
type headSpot struct {
	from, to int
	col      *column.Column
}

// busiestFirst is the order where no other was asked for.
func busiestFirst() []view.SortKey {
	cpu, _ := column.ByID("cpu_percent")
	return []view.SortKey{{Column: cpu, Desc: true}}
}

// newTable makes the table that the options describe.
func newTable(o Options) *table {
	t := &table{
		folded: map[pcb.ID]bool{}, tags: map[pcb.ID]bool{}, widths: map[*column.Column]int{},
		bunches: bunches{open: map[pcb.ID]bool{}}, order: map[rowKey]int{},
		q: o.Query, asked: maps.Clone(o.Widths),
	}
	t.arrange(column.Default())
	if o.Columns != nil {
		t.arrange(o.Columns)
	}
	if t.q.Sort == nil {
		t.q.Sort = busiestFirst()
	}
	t.placeBefore = &column.Column{Value: t.placeNoted}
	t.q.ASCII, t.q.Folded = o.ASCII, t.isFolded
	return t
}

func (t *table) scope() scope { return inTable }

// holdOrder is how long after a key or mouse action a new reading leaves the order of the rows alone.
const holdOrder = 1200 * time.Millisecond

// update shows a new reading. It gives a sentence when the process that was followed has ended.
func (t *table) update(f *monitor.Frame) string {
	hold := f.Snap.Time.Sub(t.touched) < holdOrder && len(t.rows) > 0
	if hold {
		t.noteOrder()
	}
	t.bury(f)
	t.frame = f
	t.ownUID = ownUID(f)
	if sort := t.q.Sort; hold {
		t.q.Sort = slices.Insert(slices.Clone(sort), 0, view.SortKey{Column: t.placeBefore})
		t.collect()
		t.q.Sort = sort
	} else {
		t.collect()
	}
	t.addDead()
	gone := ""
	if t.follow && t.key.group == "" && f.Snap.Lookup(t.key.id) == nil {
		gone = fmt.Sprintf("%s (%d), which was followed, has ended", t.name, t.key.id.PID)
		t.follow = false
	}
	for id := range t.tags {
		if f.Snap.Lookup(id) == nil {
			delete(t.tags, id)
		}
	}
	t.reselect()
	return gone
}

// noteOrder notes the places that the rows have now. The zombies of one parent that stand in one row have its place.
func (t *table) noteOrder() {
	clear(t.order)
	for i := range t.rows {
		r := &t.rows[i]
		t.order[keyOf(r)] = i
		if t.bunches.stands(r) > 1 {
			t.order[bunchKey(r)] = i
		}
	}
}

// placeNoted is the place that a row had when the order was noted, as a value to order by; absent of one that was not there.
func (t *table) placeNoted(r *column.Row) column.Value {
	i, ok := t.order[keyOf(r)]
	if !ok && t.q.Tree && r.Proc != nil && r.Proc.Zombie() {
		i, ok = t.order[bunchKey(r)]
	}
	if !ok {
		return column.Value{}
	}
	return column.Value{Kind: column.Int, Int: int64(i)}
}

// bunchKey stands for the zombies of the row's parent.
func bunchKey(r *column.Row) rowKey {
	return rowKey{id: pcb.ID{PID: r.Proc.PPID}, group: "zombies"}
}

// rebuild selects and orders the rows anew after the query has changed.
func (t *table) rebuild() {
	if t.frame != nil {
		t.dead = nil
		t.collect()
		t.reselect()
	}
}

func (t *table) collect() {
	t.rows = t.q.Rows(t.rows[:0], t.frame)
	if t.opened != nil {
		t.rows = slices.DeleteFunc(t.rows, func(r column.Row) bool {
			return column.Compare(t.openedBy.Value(&r), t.opened.Value, false) != 0
		})
	}
	if t.q.Tree {
		t.rows = t.bunches.gather(t.rows)
	}
	t.contained = hasContainers(t.rows)
}

// reselect finds the selected row again. When it is gone the cursor stays where it is in the list.
func (t *table) reselect() {
	place := t.selected - t.top
	t.selected = max(0, min(t.selected, len(t.rows)-1))
	if !t.anchored { // on what was asked for, not on who stands above it for its sake
		t.selected, t.top = max(0, slices.IndexFunc(t.rows, func(r column.Row) bool { return !r.Context })), 0
	} else if i := slices.IndexFunc(t.rows, func(r column.Row) bool { return keyOf(&r) == t.key }); i >= 0 {
		t.selected = i
		if t.follow {
			t.top = t.selected - place
		}
	}
	t.remember()
	t.reveal()
}

// remember takes the selected row's identity.
func (t *table) remember() {
	r := t.row()
	if r == nil {
		return
	}
	t.key = keyOf(r)
	if r.Proc != nil {
		t.name = r.Proc.Name()
	}
}

// reveal scrolls as little as brings the selected row into sight.
func (t *table) reveal() {
	h := max(1, t.height)
	t.top = max(min(t.top, t.selected, len(t.rows)-h), t.selected-h+1, 0)
}

// row is the selected row, or nil when there is none.
func (t *table) row() *column.Row {
	if t.selected < 0 || t.selected >= len(t.rows) {
		return nil
	}
	return &t.rows[t.selected]
}

// select moves the cursor.
func (t *table) selectRow(i int) {
	t.selected = max(0, min(i, len(t.rows)-1))
	t.anchored = true
	t.remember()
	t.reveal()
}

// selectID moves the cursor to a process, and tells whether it is in the table.
func (t *table) selectID(id pcb.ID) bool {
	for i := range t.rows {
		r := &t.rows[i]
		if r.Proc != nil && r.Thread == nil && r.Proc.PID == id.PID && (id.Start == 0 || r.Proc.Start == id.Start) {
			t.selectRow(i)
			t.top = t.selected - t.height/2
			t.reveal()
			return true
		}
	}
	return false
}

func (t *table) move(m motion) {
	page := max(1, t.height-1)
	switch m {
	case moveUp:
		t.selectRow(t.selected - 1)
	case moveDown:
		t.selectRow(t.selected + 1)
	case movePageUp:
		t.selectRow(t.selected - page)
	case movePageDown:
		t.selectRow(t.selected + page)
	case moveTop:
		t.selectRow(0)
		t.anchored = false // who is at the top stays selected only by being there
	case moveEnd:
		t.selectRow(len(t.rows) - 1)
	case moveLeft:
		t.left()
	case moveRight:
		t.right()
	}
}

// click selects a row, or sorts by the heading that was pressed.
func (t *table) click(x, y int) {
	if y > 0 {
		if t.top+y-1 < len(t.rows) {
			t.selectRow(t.top + y - 1)
		}
		return
	}
	for _, h := range t.heads {
		if x >= h.from && x < h.to {
			t.sortOrTurn(h.col)
			return
		}
	}
}

// watch names the processes whose histories are worth keeping: those in sight.
func (t *table) watch() []pcb.ID {
	var ids []pcb.ID
	for i := t.top; i < min(t.top+max(t.height, 20), len(t.rows)); i++ {
		if p := t.rows[i].Proc; p != nil {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// status says what limits the table, and what that leaves; empty when nothing does.
func (t *table) status() string {
	limits := t.limits()
	if limits == "" {
		return ""
	}
	return limits + "   " + plural(len(t.rows)-len(t.dead), "row", "rows") + "   (Esc clears)"
}

// limits says what limits the table; empty when nothing does.
func (t *table) limits() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, strings.TrimSpace(name+" "+value))
		}
	}
	add("filter", t.q.Filter.String())
	add("user", t.q.User)
	add("container", t.q.Container)
	add("unit", t.q.Unit)
	if n := len(t.q.PIDs); n > 0 {
		add("only", plural(n, "pid", "pids"))
	}
	if t.q.Namespace != 0 {
		add("namespace", strconv.Itoa(int(t.q.Namespace)))
	}
	if t.q.Below && len(parts) > 0 { // without anything chosen it limits nothing
		add("with what is below", " ")
	}
	if t.q.Limit > 0 {
		add("limit", strconv.Itoa(t.q.Limit))
	}
	if t.opened != nil {
		add(t.openedBy.Title, groupName(t.opened))
	}
	if t.q.GroupBy != nil {
		add("grouped by", t.q.GroupBy.Title)
	}
	if len(t.tags) > 0 {
		add("tagged", strconv.Itoa(len(t.tags)))
	}
	if t.follow {
		add("following", t.name)
	}
	return strings.Join(parts, "   ")
}

// ownUID is the effective user that ptop runs as; -1 for root, who owns most of what runs, and where it is unknown.
func ownUID(f *monitor.Frame) int64 {
	i := f.Snap.Index(f.Snap.Self.PID)
	if i < 0 || !f.Snap.Procs[i].Have.Has(pcb.FieldCreds) || f.Snap.Procs[i].EUID == 0 {
		return -1
	}
	return int64(f.Snap.Procs[i].EUID)
}

func groupName(g *column.Group) string {
	if g.Value.Kind == column.Absent {
		return "none"
	}
	return g.Name
}

// targets are the processes that an action goes to: the tagged ones, or else those of the selected row.
func (t *table) targets() []pcb.ID {
	var ids []pcb.ID
	for id := range t.tags {
		ids = append(ids, id)
	}
	if len(ids) > 0 {
		slices.SortFunc(ids, func(a, b pcb.ID) int { return int(a.PID) - int(b.PID) })
		return ids
	}
	r := t.row()
	switch {
	case r == nil:
		return nil
	case r.Proc != nil:
		return []pcb.ID{r.Proc.ID}
	}
	for _, i := range r.Group.Members {
		ids = append(ids, r.Snap.Procs[i].ID)
	}
	return ids
}

// markText is what a row says of the findings about it.
func markText(r *column.Row, gl *glyphs) (string, detect.Severity) {
	if len(r.Findings) == 0 {
		return "", 0
	}
	f := r.Findings[0]
	text := gl.mark[min(f.Severity, detect.Critical)] + f.Detector
	if f.Count > 1 && f.Culprit != nil && r.Proc != nil && f.Culprit.ID == r.Proc.ID {
		text += " " + strconv.Itoa(f.Count)
	}
	if len(r.Findings) > 1 {
		text += " +" + strconv.Itoa(len(r.Findings)-1)
	}
	return text, f.Severity
}
