// Package blast tells what an action would reach before it is done: whom beside those who were named, which ports go
// away, who starts what is ended again, whether a signal does anything at all. It is pure: it computes over a Snapshot and
// what was read for it.
package blast

import (
	"cmp"
	"slices"

	"ptop/pcb"
	"ptop/tree"
)

// Deed is what is to be done.
type Deed struct {
	Signal   pcb.Signal      // 0 for a setting
	Graceful bool            // SIGTERM, and SIGKILL for those who are left
	Set      pcb.SettingKind // 0 for a signal
}

// ends reports whether the deed is meant to end processes; stops, whether to stop them.
func (d Deed) ends() bool  { return d.Signal.Ends() }
func (d Deed) stops() bool { return d.Signal.Stops() }

// sparesPtop reports whether ptop is left out: it may be told to go before, or after, the others, and nothing else.
func (d Deed) sparesPtop() bool { return d.Signal != 0 || d.Set != 0 && d.Set != pcb.SetNice }

// Plan is a deed and whom it is meant for.
type Plan struct {
	Snap   *pcb.Snapshot
	Forest *tree.Forest
	IDs    []pcb.ID // those who are named; a start of 0 takes any bearer of the pid
	Scope  pcb.Scope
	Deed   Deed
	Barred []pcb.ID // those who are known to be out of reach: it is not permitted, say
}

// Evidence is what was read for a Plan.
type Evidence struct {
	Probes  map[pcb.ID]*pcb.Probe
	Restart map[string]string // Restart= of systemd units, as far as their files could be read
}

// Weight is how much a Point matters.
type Weight uint8

// The weights. Danger is what nobody may overlook, Caution what may make the action useless or dear, Note what follows.
const (
	Note Weight = iota
	Caution
	Danger
)

func (w Weight) String() string { return [...]string{"note", "caution", "danger"}[w] }

// Point is one thing to know before the action.
type Point struct {
	Kind   string // snake case: pid_1, listening, restart …
	Weight Weight
	ID     pcb.ID // the process that it is about; zero for several
	Text   string
}

// Radius is what an action would reach, the gravest first.
type Radius struct {
	Reached []pcb.ID
	Points  []Point
}

// meant gives the positions in the Snapshot of those that the action is meant for: those who are named, as far as they are
// there, and the living ones in their scope.
func (p *Plan) meant() []int32 {
	in := map[int32]bool{}
	var out []int32
	add := func(i int32) {
		if !in[i] {
			in[i] = true
			out = append(out, i)
		}
	}
	for _, i := range p.named() {
		add(i)
	}
	for _, i := range p.named() {
		switch p.Scope {
		case pcb.Subtree:
			for _, k := range p.Forest.Descendants(i) {
				if p.living(k) {
					add(k)
				}
			}
		case pcb.Group:
			for k := range p.Snap.Procs {
				q := &p.Snap.Procs[k]
				if group := p.Snap.Procs[i].PGID; group != 0 && q.Have.Has(pcb.FieldTask) && q.PGID == group && p.living(int32(k)) {
					add(int32(k))
				}
			}
		}
	}
	return out
}

// reached gives those of them that it goes to.
func (p *Plan) reached() []int32 {
	return slices.DeleteFunc(p.meant(), func(i int32) bool {
		q := &p.Snap.Procs[i]
		return p.barred(q.ID) || Beyond(q) || p.Deed.sparesPtop() && q.PID == p.Snap.Self.PID || p.Deed.Graceful && q.PID == 1
	})
}

// Nobody reports whether there is nobody to whom it goes.
func (p *Plan) Nobody() bool { return len(p.reached()) == 0 }

func (p *Plan) barred(id pcb.ID) bool {
	return slices.ContainsFunc(p.Barred, func(b pcb.ID) bool { return b.PID == id.PID && (b.Start == 0 || b.Start == id.Start) })
}

// named gives the positions of those who are named.
func (p *Plan) named() []int32 {
	var out []int32
	for _, id := range p.IDs {
		if p.Snap.Lookup(id) != nil {
			out = append(out, int32(p.Snap.Index(id.PID)))
		}
	}
	return out
}

// living reports whether something can be done to a process that is only in scope.
func (p *Plan) living(i int32) bool {
	q := &p.Snap.Procs[i]
	return !dead(q) && !q.KernelThread()
}

func dead(q *pcb.Process) bool { return q.Zombie() && !q.LeaderExited() }

// caveatsMost is how many different caveats are told.
const caveatsMost = 8

// Ask says what has to be read for the Radius: whose sockets, and which units.
func (p *Plan) Ask() (probes []pcb.ProbeRequest, units []string) {
	reached := p.reached()
	if p.Deed.ends() || p.Deed.stops() {
		for _, i := range append(reached, p.left(reached)...) {
			if p.living(i) {
				probes = append(probes, pcb.ProbeRequest{ID: p.Snap.Procs[i].ID, Kinds: pcb.ProbeFiles})
			}
		}
	}
	for _, i := range reached {
		if unit := p.service(i); p.Deed.ends() && unit != "" && !slices.Contains(units, unit) {
			units = append(units, unit)
		}
	}
	return probes, units
}

// left gives the living descendants that are not reached.
func (p *Plan) left(reached []int32) []int32 {
	known := setOf(reached)
	var out []int32
	for _, i := range reached {
		for _, k := range p.Forest.Descendants(i) {
			if p.living(k) && !known[k] {
				known[k] = true
				out = append(out, k)
			}
		}
	}
	return out
}

func setOf(list []int32) map[int32]bool {
	set := make(map[int32]bool, len(list))
	for _, i := range list {
		set[i] = true
	}
	return set
}

// Radius tells what the action would reach. Without evidence, nil, it tells what the Snapshot alone does.
func (p *Plan) Radius(e *Evidence) Radius {
	v := &view{Plan: p, e: e, meant: p.meant(), reached: p.reached()}
	v.hit, v.spared = setOf(v.reached), p.left(v.reached)
	for _, i := range v.reached {
		v.out.Reached = append(v.out.Reached, p.Snap.Procs[i].ID)
	}
	v.vital()
	if p.Deed.ends() || p.Deed.stops() {
		v.own()
		v.containers()
		v.sessions()
		v.ports()
	}
	v.caveats()
	if p.Deed.ends() {
		v.restarts()
		v.offspring()
		v.manners()
	}
	slices.SortStableFunc(v.out.Points, func(a, b Point) int { return cmp.Compare(b.Weight, a.Weight) })
	return v.out
}

// view is one Radius being made.
type view struct {
	*Plan
	e       *Evidence
	meant   []int32
	reached []int32
	hit     map[int32]bool // those who are reached
	spared  []int32        // living descendants that are not reached
	out     Radius
}

func (v *view) point(kind string, w Weight, id pcb.ID, text string) {
	v.out.Points = append(v.out.Points, Point{kind, w, id, text})
}

func (v *view) proc(i int32) *pcb.Process { return &v.Snap.Procs[i] }
