package view

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/pcb"
	"ptop/tree"
)

// work is the scratch memory of one call of Rows. It is pooled, so that a screen which asks every second does not
// allocate for every process.
type work struct {
	q *Query
	f *monitor.Frame

	findings map[int32][]*detect.Finding // by index in Procs
	inside   []bool                      // in PIDs and their descendants, and not hidden: what ancestors are kept from
	match    []bool                      // what the query is after
	below    []bool                      // not that, but below it
	chosen   []int32                     // the indices of match and below, then in order
	keys     []column.Value              // of the sort, len(q.Sort) for each process in ordered
	places   []place
	spare    []column.Row
	pen      pen
	row      column.Row // the row that filters and sort keys look at
}

type place struct{ item, key int32 }

var workPool = sync.Pool{New: func() any { return &work{findings: map[int32][]*detect.Finding{}} }}

func (w *work) release() {
	clear(w.findings)
	clear(w.keys[:cap(w.keys)])
	clear(w.spare[:cap(w.spare)])
	w.row = column.Row{}
	w.q, w.f = nil, nil
	workPool.Put(w)
}

func (w *work) begin(q *Query, f *monitor.Frame) {
	w.q, w.f = q, f
	w.row = column.Row{Snap: f.Snap, Forest: f.Forest, RateSet: f.Rates}
	for i := range f.Findings {
		finding := &f.Findings[i]
		w.mark(finding.Subject.ID, finding)
		if finding.Culprit != nil && finding.Culprit.ID != finding.Subject.ID {
			w.mark(finding.Culprit.ID, finding)
		}
		for _, id := range finding.Members {
			if id != finding.Subject.ID && (finding.Culprit == nil || id != finding.Culprit.ID) {
				w.mark(id, finding)
			}
		}
	}
}

func (w *work) mark(id pcb.ID, finding *detect.Finding) {
	i := int32(w.f.Snap.Index(id.PID))
	if i >= 0 && w.f.Snap.Procs[i].ID == id {
		w.findings[i] = append(w.findings[i], finding)
	}
}

// fill makes r the row of a process.
func (w *work) fill(r *column.Row, i int32) {
	*r = column.Row{
		Snap: w.f.Snap, Index: i, Proc: &w.f.Snap.Procs[i], RateSet: w.f.Rates, Forest: w.f.Forest,
	}
	if len(w.findings) > 0 {
		r.Findings = w.findings[i]
	}
	if w.f.Rates != nil && int(i) < len(w.f.Rates.Procs) {
		r.Rates = &w.f.Rates.Procs[i]
	}
}

// choose sets inside, match and chosen.
func (w *work) choose() {
	n := len(w.f.Snap.Procs)
	w.inside = resized(w.inside, n)
	w.match = resized(w.match, n)
	w.chosen = w.chosen[:0]
	w.choosePIDs()
	members := w.namespaceMembers()
	plain := w.q.User == "" && w.q.Container == "" && w.q.Unit == ""
	for i := range w.f.Snap.Procs {
		p := &w.f.Snap.Procs[i]
		if !w.inside[i] || w.q.HideKernel && p.KernelThread() {
			w.inside[i] = false
			continue
		}
		if members != nil && !members[i] || !plain && !w.q.owns(p) {
			continue
		}
		if w.q.Filter != nil {
			w.fill(&w.row, int32(i))
			if !w.q.Filter.Match(&w.row) {
				continue
			}
		}
		w.match[i] = true
		w.chosen = append(w.chosen, int32(i))
	}
	if w.q.Below {
		w.addBelow()
	}
}

// addBelow chooses, for their context, the descendants of what matches.
func (w *work) addBelow() {
	w.below = resized(w.below, len(w.match))
	for _, i := range slices.Clone(w.chosen) {
		for _, k := range w.f.Forest.Descendants(i) {
			if w.inside[k] && !w.match[k] && !w.below[k] {
				w.below[k] = true
				w.chosen = append(w.chosen, k)
			}
		}
	}
	slices.Sort(w.chosen)
}

// resized gives a slice of n zero values in s's memory when it is large enough.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	s = s[:n]
	clear(s)
	return s
}

func (w *work) choosePIDs() {
	if len(w.q.PIDs) == 0 {
		for i := range w.inside {
			w.inside[i] = true
		}
		return
	}
	for _, pid := range w.q.PIDs {
		i := w.f.Snap.Index(pid)
		if i < 0 {
			continue
		}
		w.inside[i] = true
		if w.q.Descendants && w.f.Forest != nil {
			for _, below := range w.f.Forest.Descendants(int32(i)) {
				w.inside[below] = true
			}
		}
	}
}

func (q *Query) owns(p *pcb.Process) bool {
	if q.User != "" && (!p.Have.Has(pcb.FieldCreds) || p.User != q.User && strconv.FormatUint(uint64(p.EUID), 10) != q.User) {
		return false
	}
	c := p.Container
	if q.Container != "" && (c == nil || c.Name != q.Container && (c.ID == "" || !strings.HasPrefix(c.ID, q.Container))) {
		return false
	}
	return q.Unit == "" || c != nil && c.Unit != "" && (c.Unit == q.Unit || strings.TrimSuffix(c.Unit, ".service") == q.Unit)
}

// namespaceMembers tells who lives in the pid namespace of the init q.Namespace: it, and those of its descendants
// that are numbered at least as deep. A Snapshot does not hold the namespaces themselves; whoever entered one from
// outside (setns) is missed. nil for no restriction.
func (w *work) namespaceMembers() []bool {
	if w.q.Namespace == 0 {
		return nil
	}
	members := make([]bool, len(w.f.Snap.Procs))
	i := w.f.Snap.Index(w.q.Namespace)
	if i < 0 || w.f.Forest == nil {
		return members
	}
	depth := len(w.f.Snap.Procs[i].NSPIDs)
	members[i] = true
	for _, below := range w.f.Forest.Descendants(int32(i)) {
		members[below] = len(w.f.Snap.Procs[below].NSPIDs) >= depth
	}
	return members
}

// order sorts items, indices of processes, by the query's keys; equal ones keep their order.
func (w *work) order(items []int32) {
	if len(w.q.Sort) == 0 {
		return
	}
	w.keys, w.places = w.keys[:0], w.places[:0]
	for n, i := range items {
		w.fill(&w.row, i)
		w.addKeys(&w.row)
		w.places = append(w.places, place{i, int32(n)})
	}
	w.sortPlaces()
	for n := range w.places {
		items[n] = w.places[n].item
	}
}

func (w *work) addKeys(r *column.Row) {
	for _, key := range w.q.Sort {
		w.keys = append(w.keys, key.Column.Value(r))
	}
}

func (w *work) sortPlaces() {
	sort, keys, n := w.q.Sort, w.keys, int32(len(w.q.Sort))
	slices.SortFunc(w.places, func(a, b place) int {
		for k := range sort {
			if c := column.Compare(keys[a.key*n+int32(k)], keys[b.key*n+int32(k)], sort[k].Desc); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.key, b.key)
	})
}

func (w *work) flat(dst []column.Row) []column.Row {
	w.order(w.chosen)
	if w.q.Limit > 0 {
		w.chosen = w.chosen[:min(w.q.Limit, len(w.chosen))]
	}
	dst = slices.Grow(dst, len(w.chosen))
	for _, i := range w.chosen {
		dst = append(dst, column.Row{})
		w.fill(&dst[len(dst)-1], i)
		dst[len(dst)-1].Context = !w.match[i]
		if w.q.Threads {
			dst = w.threads(dst, "  ", "  ")
		}
	}
	return dst
}

// threads appends the rows of the threads of dst's last row, a process, in the query's order. A process whose one
// thread says no more than itself has none.
func (w *work) threads(dst []column.Row, prefix, last string) []column.Row {
	process := dst[len(dst)-1]
	p := process.Proc
	if p.ThreadCount == 0 || p.ThreadCount == 1 && w.f.Snap.Threads[p.FirstThread].TID == p.PID {
		return dst
	}
	from := len(dst)
	for t := p.FirstThread; t < p.FirstThread+p.ThreadCount; t++ {
		r := process
		r.Thread, r.Findings, r.Prefix, r.Depth = &w.f.Snap.Threads[t], nil, prefix, process.Depth+1
		if w.f.Rates != nil && int(t) < len(w.f.Rates.Threads) {
			r.ThreadRates = &w.f.Rates.Threads[t]
		}
		dst = append(dst, r)
	}
	w.orderRows(dst[from:])
	dst[len(dst)-1].Prefix = last
	return dst
}

// orderRows sorts rows that are made already.
func (w *work) orderRows(rows []column.Row) {
	if len(w.q.Sort) == 0 {
		return
	}
	w.keys, w.places = w.keys[:0], w.places[:0]
	for n := range rows {
		w.addKeys(&rows[n])
		w.places = append(w.places, place{int32(n), int32(n)})
	}
	w.sortPlaces()
	w.spare = append(w.spare[:0], rows...)
	for n, p := range w.places {
		rows[n] = w.spare[p.item]
	}
}

// groups appends one row for each value of the column grouped by.
func (w *work) groups(dst []column.Row) []column.Row {
	from := len(dst)
	by := w.q.GroupBy
	known := map[string]*column.Group{}
	for _, i := range w.chosen {
		w.fill(&w.row, i)
		v := by.Value(&w.row)
		name := by.Format(v)
		g := known[name]
		if g == nil {
			g = &column.Group{By: by.ID, Name: name, Value: v}
			known[name] = g
			dst = append(dst, column.Row{Snap: w.f.Snap, Index: -1, RateSet: w.f.Rates, Forest: w.f.Forest, Group: g})
		}
		g.Count++
		g.Members = append(g.Members, i)
	}
	for n := from; n < len(dst); n++ {
		dst[n].Findings = w.findingsOf(dst[n].Group.Members)
	}
	w.orderRows(dst[from:])
	return dst
}

// findingsOf gives what was found about any of the members, in the Frame's order: the most severe first.
func (w *work) findingsOf(members []int32) []*detect.Finding {
	var list []*detect.Finding
	if len(w.findings) == 0 {
		return nil
	}
	about := map[*detect.Finding]bool{}
	for _, i := range members {
		for _, finding := range w.findings[i] {
			about[finding] = true
		}
	}
	for i := range w.f.Findings {
		if about[&w.f.Findings[i]] {
			list = append(list, &w.f.Findings[i])
		}
	}
	return list
}

// parentInside gives the nearest ancestor that is inside, or tree.None.
func (w *work) parentInside(i int32) int32 {
	for i = w.f.Forest.Parent(i); i != tree.None; i = w.f.Forest.Parent(i) {
		if w.inside[i] {
			return i
		}
	}
	return tree.None
}
