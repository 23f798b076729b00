package ui

import (
	"slices"
	"strings"

	"ptop/internal/column"
	"ptop/internal/view"
)

// textMax is the widest that a column of texts other than the last becomes.
const textMax = 20

// textLeast is how many cells a text that stands last keeps where chosen columns are too many for the line.
const textLeast = 16

// onlyWhenKnown is the column that nobody chose and that would be empty on most machines: no process is in a container.
const onlyWhenKnown = "container"

// setColumns shows other columns. A text goes last, where it has the rest of the line.
func (t *table) setColumns(cols []*column.Column) {
	t.arrange(cols)
	if last := t.lastText(); t.own && last >= 0 && cols[len(cols)-1].Align == column.Right {
		c := t.cols[last]
		t.cols = append(slices.Delete(slices.Clone(cols), last, last+1), c)
	}
}

// arrange shows columns in just this order. Who only orders the usual ones anew has not chosen any.
func (t *table) arrange(cols []*column.Column) {
	t.cols = cols
	t.own = len(cols) != len(column.Default()) || slices.ContainsFunc(column.Default(), func(c *column.Column) bool { return !slices.Contains(cols, c) })
	t.firstCol, t.scroll = 0, 0
}

// ask has a column be w cells wide, or as wide as its texts when that is none.
func (t *table) ask(c *column.Column, w int) {
	delete(t.widths, c)
	delete(t.asked, c)
	if w > 0 && t.asked == nil {
		t.asked = column.Widths{}
	}
	if w > 0 {
		t.asked[c] = w
	}
}

// lastText is the position of the text column that is wide by nature: the one that usually stands last.
func (t *table) lastText() int {
	usual := column.Default()
	return slices.Index(t.cols, usual[len(usual)-1])
}

// sortColumn is the column ordered by; nil for none.
func (t *table) sortColumn() *column.Column {
	if len(t.q.Sort) == 0 {
		return nil
	}
	return t.q.Sort[0].Column
}

// columns is what there is to show, left to right: the chosen columns, and the one ordered by even when it is not among
// them, so that the order can be seen.
func (t *table) columns() []*column.Column {
	t.shown = append(t.shown[:0], t.cols...)
	if !t.own && !t.contained {
		t.shown = slices.DeleteFunc(t.shown, func(c *column.Column) bool { return c.ID == onlyWhenKnown })
	}
	if c := t.sortColumn(); c != nil && !slices.Contains(t.shown, c) {
		t.shown = slices.Insert(t.shown, max(0, len(t.shown)-1), c)
	}
	return t.shown
}

// hasContainers reports whether some row has a container to show.
func hasContainers(rows []column.Row) bool {
	c, ok := column.ByID(onlyWhenKnown)
	for i := range rows { // by index: a reading can have 30,000 rows, and a Row that is passed on is copied
		if ok && c.Value(&rows[i]).Kind != column.Absent {
			return true
		}
	}
	return false
}

// sortStep orders by the neighbour of the column ordered by.
func (t *table) sortStep(by int) {
	cols := t.columns()
	if len(cols) == 0 {
		return
	}
	i := slices.Index(cols, t.sortColumn())
	t.sortMost(cols[(i+by+len(cols))%len(cols)])
}

// sortMost orders by a column with the most on top, or the first of names and settings.
func (t *table) sortMost(c *column.Column) {
	t.sortBy([]view.SortKey{{Column: c, Desc: c.Descending()}})
}

// sortBy orders anew, and shows what is on top then: that is what was asked for. Who is followed stays in sight.
func (t *table) sortBy(keys []view.SortKey) {
	t.q.Sort = keys
	if !t.follow {
		t.anchored = false
	}
	t.rebuild()
}

// sortOrTurn orders by a column; by the same one again, the other way round.
func (t *table) sortOrTurn(c *column.Column) {
	if t.sortColumn() == c {
		t.invert()
		return
	}
	t.sortMost(c)
}

func (t *table) invert() {
	keys := slices.Clone(t.q.Sort)
	for i := range keys {
		keys[i].Desc = !keys[i].Desc
	}
	t.sortBy(keys)
}

// format fills t.cells with the texts of the rows in sight and lets the widths grow with them, but for those that were asked
// for: there the texts are cut. The last column has the rest of the line in any case.
func (t *table) format(cols []*column.Column, sight []column.Row) {
	t.longest = 0
	for len(t.cells) < len(sight) {
		t.cells = append(t.cells, nil)
	}
	for i := range sight {
		cells := t.cells[i][:0]
		for k, c := range cols {
			text := c.Format(c.Value(&sight[i]))
			if w := t.asked[c]; w > 0 && k < len(cols)-1 {
				text = clip(text, w)
			}
			t.widths[c] = max(t.widths[c], min(width(text), maxWidth(c)))
			if k == len(cols)-1 {
				t.longest = max(t.longest, width(strings.TrimPrefix(text, sight[i].Prefix)))
			}
			cells = append(cells, text)
		}
		t.cells[i] = cells
	}
	for _, c := range cols {
		t.widths[c] = max(t.widths[c], c.Width, width(c.Title)+1)
		if w := t.asked[c]; w > 0 {
			t.widths[c] = w
		}
	}
}

func maxWidth(c *column.Column) int {
	if c.Align == column.Right {
		return 24
	}
	return textMax
}

// fit chooses the columns that there is room for, as positions in cols. The last one takes what the others leave.
// Columns that nobody chose give way until it has enough; chosen ones are scrolled through, between the one ordered by and it.
func (t *table) fit(cols []*column.Column, w int) (kept, widths []int) {
	if len(cols) == 0 {
		return nil, nil
	}
	all := make([]int, len(cols))
	for i, c := range cols {
		all[i] = t.widths[c]
		kept = append(kept, i)
	}
	w-- // the mark
	if !t.own {
		kept = column.Fit(cols, all, w, t.sortColumn())
	}
	rest := func() int {
		n := w
		for _, i := range kept[:len(kept)-1] {
			n -= all[i] + 1
		}
		return n
	}
	t.crowded = rest() < 8
	if !t.crowded {
		t.firstCol = 0
	} else {
		sort := slices.Index(cols, t.sortColumn())
		kept = t.scrolled(kept, sort)
		// A text that stands last is what the rows are known by: those before it are not in sight until they are scrolled to.
		for n := len(kept); n > 2 && kept[n-2] != sort && cols[kept[n-1]].Align == column.Left && rest() < textLeast; n = len(kept) {
			kept = slices.Delete(kept, n-2, n-1)
		}
	}
	for _, i := range kept {
		widths = append(widths, all[i])
	}
	widths[len(kept)-1] = max(0, rest())
	return kept, widths
}

// scrolled leaves out the columns that were scrolled past, and keeps the one ordered by beside the first.
func (t *table) scrolled(kept []int, sort int) []int {
	at := slices.Index(kept, sort)
	pinned := at > 0 && at < len(kept)-1
	if pinned {
		kept = slices.Delete(kept, at, at+1)
	}
	if n := min(t.firstCol, len(kept)-2); n > 0 {
		kept = slices.Delete(kept, 1, 1+n)
	}
	if pinned {
		kept = slices.Insert(kept, 1, sort)
	}
	return kept
}
