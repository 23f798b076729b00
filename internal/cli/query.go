package cli

import (
	"fmt"
	"os/user"
	"strconv"

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
	if q.GroupBy, err = p.groupBy(); err != nil {
		return nil, usage(err)
	}
	if o.tree && q.GroupBy != nil {
		return nil, usagef("--tree and --group-by do not go together")
	}
	return q, usage(checkUser(o.user))
}

func (p *program) groupBy() (*column.Column, error) {
	if p.opt.groupBy == "" {
		return nil, nil
	}
	c, ok := column.ByID(p.opt.groupBy)
	if !ok {
		return nil, fmt.Errorf("--group-by: %w", column.Unknown(p.opt.groupBy))
	}
	return c, nil
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

// checkUser refuses a name that no user has: it would select nothing, silently. A uid needs no name.
func checkUser(name string) error {
	if name == "" {
		return nil
	}
	if _, err := strconv.ParseUint(name, 10, 32); err == nil {
		return nil
	}
	if _, err := user.Lookup(name); err != nil {
		return fmt.Errorf("--user %q: no such user", name)
	}
	return nil
}

// ascii reports whether only ASCII may be drawn.
func (p *program) ascii() bool { return p.opt.ascii || !p.env.utf8() }
