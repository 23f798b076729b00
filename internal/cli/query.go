package cli

import (
	"ptop/internal/column"
	"ptop/internal/filter"
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
	if q.Filter, err = filter.Compile(o.filter); err != nil {
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

// columns are those that were asked for; nil when none were.
func (p *program) columns() ([]*column.Column, error) {
	if p.opt.columns == "" {
		return nil, nil
	}
	list, err := column.Parse(p.opt.columns)
	if err != nil {
		return nil, usagef("--columns: %w", err)
	}
	return list, nil
}

// ascii reports whether only ASCII may be drawn.
func (p *program) ascii() bool { return p.opt.ascii || !p.env.utf8() }
