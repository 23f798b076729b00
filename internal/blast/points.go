package blast

import (
	"fmt"
	"slices"
	"strings"

	"ptop/pcb"
)

// vital tells of what must not be hit: PID 1, and ptop.
func (v *view) vital() {
	for _, i := range v.meant {
		q := v.proc(i)
		switch {
		case q.PID == 1 && v.Deed.Graceful:
			v.point("pid_1", Danger, q.ID, "PID 1 holds the system, or this container, together: it is left out")
		case q.PID == 1:
			v.point("pid_1", Danger, q.ID, "PID 1 is what holds the system, or this container, together")
		case q.PID == v.Snap.Self.PID && v.Deed.Signal != 0:
			v.point("self", Danger, q.ID, "ptop itself is among them: it gets no signal")
		case q.PID == v.Snap.Self.PID && v.Deed.sparesPtop():
			v.point("self", Danger, q.ID, "ptop itself is among them: "+v.Deed.possession()+" is left alone")
		}
	}
}

// own tells when ptop runs below one that is hit.
func (v *view) own() {
	self := v.Snap.Index(v.Snap.Self.PID)
	if self < 0 {
		return
	}
	for _, i := range v.Forest.Ancestors(int32(self)) {
		q := v.proc(i)
		if q.PID == 1 || !v.hit[i] {
			continue
		}
		what := "you would lose this login or terminal"
		if v.Deed.stops() {
			what = "this terminal may hang with it"
		}
		v.point("own_ancestor", Danger, q.ID, "ptop itself runs below "+label(q)+": "+what)
		return
	}
}

// containers tells of the first processes of pid namespaces: everything in one ends with its first.
func (v *view) containers() {
	for _, i := range v.reached {
		q := v.proc(i)
		if !namespaceFirst(q) || !v.Deed.ends() {
			continue
		}
		where, name := "a pid namespace", containerName(q)
		if name != "" {
			where = "container " + name
		}
		text := fmt.Sprintf("%s is PID 1 of %s: everything in it ends with it", label(q), where)
		if n := len(v.Forest.Descendants(i)); n > 0 {
			text += fmt.Sprintf(" (%s)", count(n))
		}
		v.point("container_pid_1", Danger, q.ID, text)
		switch c := q.Container; {
		case c == nil:
		case c.Pod != "":
			v.point("restart", Caution, q.ID, "the kubelet starts it again: delete the pod, or scale down what owns it")
		case c.Runtime == "docker" || c.Runtime == "podman":
			v.point("restart", Caution, q.ID, fmt.Sprintf("%s starts it again if its restart policy says so; %s stop %s stops it", c.Runtime, c.Runtime, name))
		}
	}
}

// sessions tells of session leaders with a terminal, which hangs up when they end.
func (v *view) sessions() {
	for _, i := range v.reached {
		q := v.proc(i)
		if !q.Have.Has(pcb.FieldTask) || q.SID != q.PID || q.TTY == 0 || !v.Deed.ends() {
			continue
		}
		others := 0
		for k := range v.Snap.Procs {
			if o := v.proc(int32(k)); o.SID == q.SID && !v.hit[int32(k)] && v.living(int32(k)) {
				others++
			}
		}
		text := label(q) + " leads the session of a terminal, which hangs up when it ends"
		if others > 0 {
			text += fmt.Sprintf(": SIGHUP may end %s more in it", count(others))
		}
		v.point("session_leader", Caution, q.ID, text)
	}
}

// ports tells where nobody listens any more.
func (v *view) ports() {
	if v.e == nil {
		return
	}
	var gone, others []string
	kept := map[string][]string{} // by who else holds them
	unread := 0
	holders := v.holders()
	for _, i := range v.reached {
		probe := v.e.Probes[v.proc(i).ID]
		if !v.living(i) {
			continue
		}
		if probe == nil || probe.Have&pcb.ProbeFiles == 0 {
			unread++
			continue
		}
		for _, socket := range probe.Listening {
			if holder, other := holders[socket]; other {
				if kept[holder] == nil {
					others = append(others, holder)
				}
				if !slices.Contains(kept[holder], socket) {
					kept[holder] = append(kept[holder], socket)
				}
			} else if !slices.Contains(gone, socket) {
				gone = append(gone, socket)
			}
		}
	}
	after := "nobody listens any more at "
	if v.Deed.stops() {
		after = "nobody answers as long at "
	}
	if len(gone) > 0 {
		v.point("listening", Caution, pcb.ID{}, after+some(gone))
	}
	if len(kept) > 0 {
		var said []string
		for _, holder := range others {
			said = append(said, some(kept[holder])+", held by "+holder+", too")
		}
		v.point("listening_kept", Note, pcb.ID{}, "stays open: "+strings.Join(said[:min(len(said), listed)], "; "))
	}
	if unread > 0 {
		v.point("listening_unread", Note, pcb.ID{}, "where "+plural(unread, "process listens", "processes listen")+" could not be read")
	}
}

// holders says who holds a socket and is not hit, as far as it was read.
func (v *view) holders() map[string]string {
	out := map[string]string{}
	for _, i := range v.spared {
		if probe := v.e.Probes[v.proc(i).ID]; probe != nil {
			for _, socket := range probe.Listening {
				out[socket] = label(v.proc(i))
			}
		}
	}
	return out
}

// caveats tells of those on whom the action would do nothing, or nothing yet; alike ones together.
func (v *view) caveats() {
	alike := map[string][]string{}
	var whys []string
	first := map[string]pcb.ID{}
	for _, i := range v.meant {
		q := v.proc(i)
		why := v.Deed.Caveat(v.Snap, q.ID)
		if why == "" || v.Deed.Graceful && q.PID == 1 {
			continue
		}
		if alike[why] == nil {
			whys = append(whys, why)
			first[why] = q.ID
		}
		alike[why] = append(alike[why], label(q))
	}
	for _, why := range whys[:min(len(whys), caveatsMost)] {
		if who := alike[why]; len(who) == 1 {
			v.point("caveat", Caution, first[why], who[0]+" "+why)
		} else {
			v.point("caveat", Caution, pcb.ID{}, some(who)+": each "+why)
		}
	}
}

// restarts tells which services systemd starts again.
func (v *view) restarts() {
	var told []string
	for _, i := range v.reached {
		unit := v.service(i)
		if unit == "" || slices.Contains(told, unit) {
			continue
		}
		told = append(told, unit)
		policy := ""
		if v.e != nil {
			policy = v.e.Restart[unit]
		}
		stop := "systemctl stop " + unit + " stops it for good"
		if strings.Contains(v.proc(i).Cgroup, "/user@") {
			stop = "systemctl --user stop " + unit + " stops it for good"
		}
		switch policy {
		case "always":
			v.point("restart", Caution, v.proc(i).ID, "systemd starts "+unit+" again (Restart=always); "+stop)
		case "no", "on-watchdog":
			v.point("restart", Note, v.proc(i).ID, "systemd does not start "+unit+" again (Restart="+policy+")")
		case "":
			v.point("restart", Caution, v.proc(i).ID, "systemd may start "+unit+" again; "+stop)
		default:
			v.point("restart", Caution, v.proc(i).ID, "systemd may start "+unit+" again (Restart="+policy+"); "+stop)
		}
	}
}

// service is the systemd service whose topmost process stands at i; empty for one below it, whose end systemd does not
// mind. Services within a container are not the machine's own.
func (p *Plan) service(i int32) string {
	c := p.Snap.Procs[i].Container
	if c == nil || c.ID != "" || !strings.HasSuffix(c.Unit, ".service") {
		return ""
	}
	if j := p.Forest.Parent(i); j >= 0 {
		if above := p.Snap.Procs[j].Container; above != nil && above.Unit == c.Unit {
			return ""
		}
	}
	return c.Unit
}

// offspring tells what becomes of the descendants.
func (v *view) offspring() {
	var in []string
	dying, named := 0, setOf(v.named())
	for _, i := range v.reached {
		for _, k := range v.Forest.Children(i) {
			if dead(v.proc(k)) {
				dying++
			}
		}
		if !named[i] {
			in = append(in, label(v.proc(i)))
		}
	}
	var left []string
	for _, k := range v.spared {
		if !v.endsWithNamespace(k) {
			left = append(left, label(v.proc(k)))
		}
	}
	if len(left) > 0 {
		v.point("descendants_left", Note, pcb.ID{}, plural(len(left), "descendant is", "descendants are")+" left alone, with another parent: "+some(left))
	}
	if len(in) > 0 {
		v.point("in_scope", Note, pcb.ID{}, "it goes to "+plural(len(in), "other", "others")+" in "+scopeWords[v.Scope]+": "+some(in))
	}
	if dying > 0 {
		v.point("zombies", Note, pcb.ID{}, plural(dying, "dead child goes", "dead children go")+" to PID 1, or to a subreaper above it, to be waited for")
	}
}

var scopeWords = [...]string{pcb.Alone: "", pcb.Subtree: "the subtree", pcb.Group: "the process group"}

// endsWithNamespace reports whether a process is below the first one of a pid namespace that is hit.
func (v *view) endsWithNamespace(k int32) bool {
	return slices.ContainsFunc(v.Forest.Ancestors(k), func(i int32) bool { return namespaceFirst(v.proc(i)) && v.hit[i] })
}

// manners tells how those who are hit take the signal.
func (v *view) manners() {
	var catch, bare []string
	sig := v.Deed.Signal
	for _, i := range v.reached {
		q := v.proc(i)
		if !v.living(i) || v.Deed.Caveat(v.Snap, q.ID) != "" || !q.Have.Has(pcb.FieldSignals) {
			continue
		}
		if sig != pcb.SIGKILL && sig.InMask(q.SigCaught) {
			catch = append(catch, label(q))
		} else {
			bare = append(bare, label(q))
		}
	}
	if len(catch) > 0 {
		v.point("catches", Note, pcb.ID{}, some(catch)+verb(catch, " catches ", " catch ")+sig.String()+": what comes then is up to "+verb(catch, "it", "them"))
	}
	switch {
	case len(bare) == 0:
	case sig == pcb.SIGKILL:
		v.point("no_cleanup", Note, pcb.ID{}, "SIGKILL can't be caught: nothing is cleaned up, unsaved work is lost")
	default:
		v.point("no_handler", Note, pcb.ID{}, some(bare)+verb(bare, " has", " have")+" no handler for "+sig.String()+verb(bare, " and ends at once", " and end at once"))
	}
}
