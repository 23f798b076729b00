package cli

import (
	"fmt"
	"slices"
	"strconv"

	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/view"
)

// query is the selection and the order that the flags ask for; an error is bad input. kernel tells whether kernel
// threads are shown where no flag says so.
func (p *program) query(kernel bool) (*view.Query, error) {
	o := &p.opt
	if p.flags.all.Changed("kernel-threads") {
		kernel = o.kernel
	}
	q := &view.Query{
		PIDs: o.pids, Descendants: o.descendants, User: o.user, Container: o.container, Unit: o.unit,
		Namespace: o.namespace, HideKernel: !kernel, Threads: o.threads, Tree: o.tree, ASCII: p.ascii(), Limit: o.limit,
	}
	var err error
	if q.Filter, err = o.savedFilters.Compile(o.filter); err != nil {
		return nil, usage(err)
	}
	if o.sort != "" {
		if q.Sort, err = view.ParseSort(o.sort); err != nil {
			return nil, usagef("--sort: %w", err)
		}
	}
	q.GroupBy, _ = column.ByID(o.groupBy)
	return q, nil
}

// answerable refuses a question to which an answer would look like one about nothing: about processes that are not there,
// or with a filter that can't be computed of any.
func (p *program) answerable(f *monitor.Frame, q *view.Query) error {
	wanted := q.PIDs
	if q.Namespace != 0 {
		wanted = append(slices.Clone(wanted), q.Namespace)
	}
	for _, pid := range wanted {
		if f.Snap.Index(pid) < 0 {
			return noProcess(strconv.Itoa(int(pid)))
		}
	}
	q.Select(f)
	faults := q.Filter.Faults()
	if faults.Failed > 0 && faults.Computed == 0 {
		return usagef("%w; so it is with all %d processes", faults.First, faults.Failed)
	}
	if faults.Failed > 0 {
		fmt.Fprintf(p.stderr, "ptop: %s; so it is with %d of %d processes, which are left out\n",
			oneLine(faults.First), faults.Failed, faults.Failed+faults.Computed)
	}
	return nil
}

func noProcess(name string) error {
	return usagef("no process %s here: it has ended, never was, or is hidden", name)
}

// columns are those that were asked for, nil when none were, and how wide.
func (p *program) columns() ([]*column.Column, column.Widths, error) {
	if p.opt.columns == "" {
		return nil, nil, nil
	}
	list, widths, err := column.ParseSized(p.opt.columns)
	if err != nil {
		return nil, nil, usagef("--columns: %w", err)
	}
	return list, widths, nil
}

// ascii reports whether only ASCII may be drawn.
func (p *program) ascii() bool { return p.opt.ascii || !p.env.utf8() }
