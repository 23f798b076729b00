package life

import (
	"fmt"
	"slices"
	"strings"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/sanitize"
	"ptop/pcb"
	"ptop/tree"
)

// origin says what the process is, what started it and when, and where it belongs.
func (b *builder) origin() {
	b.begin("")
	standing := b.standing()
	b.Origin, b.Orphan = b.originWords(), standing.Verdict
	b.say("command", b.shown("command"))
	if b.p.Have.Has(pcb.FieldCore) {
		age := b.r.Snap.Age(b.p)
		b.say("started", column.Clock(b.r.Snap.StartTime(b.p))+", "+column.FormatDuration(age)+" ago")
		b.know("age_seconds", age.Seconds())
	}
	b.say("origin", b.Origin)
	b.say("parent", b.parentWords())
	b.say("role", standing.Role)
	b.say("orphan", b.Orphan)
	b.say("ancestry", b.ancestryWords())
	b.say("children", b.childrenWords())
	if makes := detect.ShortLived(b.r.Snap, b.p.ID); makes != "" {
		b.say("forks", makes)
		b.know("short_lived", makes)
	}
	b.say("belongs", b.placeWords())
	if standing.Role != "" {
		b.know("role", standing.Role)
	}
	if b.p.Have.Has(pcb.FieldTask) && !b.p.KernelThread() {
		b.know("exec_since_fork", !b.p.ForkedNoExec())
	}
}

// originWords says what made the process.
func (b *builder) originWords() string {
	p := b.p
	switch {
	case !p.Have.Has(pcb.FieldCore):
		return "unknown"
	case p.KernelThread():
		return "made by the kernel"
	case p.PPID == 0:
		return "the first process of its pid namespace"
	}
	origin := b.standing().Origin
	if origin == "" {
		origin = fmt.Sprintf("child of pid %d, which is not visible", p.PPID)
		if up := b.r.Forest.Parent(b.r.Index); up != tree.None {
			origin = "child of " + named(&b.r.Snap.Procs[up])
		}
	}
	if p.ForkedNoExec() {
		return origin + "; runs the same program as what forked it (no exec since)"
	}
	return origin + "; has called exec since its fork"
}

// parentWords is the command line of the parent, and who it belongs to.
func (b *builder) parentWords() string {
	up := b.r.Forest.Parent(b.r.Index)
	if up == tree.None || b.p.KernelThread() {
		return ""
	}
	q := &b.r.Snap.Procs[up]
	words := named(q)
	if q.Cmdline != "" {
		words += ": " + sanitize.Cells(strings.TrimSpace(sanitize.Text(column.Spaced(q.Cmdline))), cmdlineShown)
	}
	if q.User != "" && q.User != b.p.User {
		words += ", of " + q.User
	}
	return words
}

// cmdlineShown is how many cells of a parent's command line are shown.
const cmdlineShown = 200

func (b *builder) ancestryWords() string {
	parts := []string{named(b.p)}
	for _, up := range b.r.Forest.Ancestors(b.r.Index) {
		parts = append(parts, named(&b.r.Snap.Procs[up]))
	}
	slices.Reverse(parts)
	return strings.Join(parts, " > ")
}

// childrenShown bounds a list in words.
const childrenShown = 8

func (b *builder) childrenWords() string {
	kids := b.r.Forest.Children(b.r.Index)
	if len(kids) == 0 {
		return "none"
	}
	var parts []string
	for _, k := range kids[:min(len(kids), childrenShown)] {
		parts = append(parts, named(&b.r.Snap.Procs[k]))
	}
	if len(kids) > childrenShown {
		parts = append(parts, fmt.Sprintf("and %d more", len(kids)-childrenShown))
	}
	below := "1 descendant"
	if n := len(b.r.Forest.Descendants(b.r.Index)); n != 1 {
		below = fmt.Sprintf("%d descendants", n)
	}
	return fmt.Sprintf("%d: %s; %s", len(kids), strings.Join(parts, ", "), below)
}

// placeWords says the container, the unit, the login, the session and the terminal.
func (b *builder) placeWords() string {
	var parts []string
	for _, c := range column.All {
		if c.Group != "container" {
			continue
		}
		if v := c.Value(b.r); v.Kind != column.Absent {
			parts = append(parts, strings.ToLower(strings.ReplaceAll(c.ID, "_", " "))+" "+c.Format(v))
		}
	}
	if parts == nil {
		parts = append(parts, "no container and no unit that could be told")
	}
	if !b.p.Have.Has(pcb.FieldTask) || b.p.KernelThread() {
		return strings.Join(parts, ", ")
	}
	switch leader := b.r.Snap.Lookup(pcb.ID{PID: b.p.SID}); {
	case b.p.SID == b.p.PID:
		parts = append(parts, "leads its session")
	case b.p.SID == 0:
		parts = append(parts, "session 0: none, or one outside this pid namespace")
	case leader == nil:
		parts = append(parts, fmt.Sprintf("session %d, whose leader is gone", b.p.SID))
	default:
		parts = append(parts, "session of "+named(leader))
	}
	if tty := b.shown("tty"); tty != "" {
		parts = append(parts, "terminal "+tty)
	} else {
		parts = append(parts, "no terminal")
	}
	return strings.Join(parts, ", ")
}
