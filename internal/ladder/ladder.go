// Package ladder ends processes step by step: it asks with SIGTERM, waits, and kills who is left. It does nothing by
// itself: everything goes through a pcb.Target, which reaches those who were meant or nobody.
package ladder

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ptop/pcb"
)

// DefaultGrace is how long those who got SIGTERM have before SIGKILL.
const DefaultGrace = 10 * time.Second

// Plan is how long each rung of the ladder lasts.
type Plan struct {
	Grace time.Duration // from SIGTERM to SIGKILL
	Kill  time.Duration // how long it is watched whether those who got SIGKILL end; 0 for 5 s
	Look  time.Duration // how often it is looked who is left; 0 for every 50 ms
}

// The rest of a Plan, where it is not said.
const (
	usualKill = 5 * time.Second
	usualLook = 50 * time.Millisecond
)

// looksPerSearch is how many looks at those who are bound there are for one at who has been born since, which costs a
// reading of all processes.
const looksPerSearch = 10

// freezePasses bounds how often those who still fork are stopped anew before they are killed.
const freezePasses = 5

// How often, and with what pause, it is looked whether they are.
const (
	freezeLooks = 20
	freezeLook  = 2 * time.Millisecond
)

// Step is one thing that was done, or came of it.
type Step struct {
	At      time.Duration // since the first signal
	Text    string
	Sent    pcb.Signal // what was sent by it; 0 for nothing
	Passing bool       // the wait is under way: the next Step takes its place
}

// Result is what the ladder has come to.
type Result struct {
	Ended   int
	Killed  int           // of those, by SIGKILL, as far as it was sent
	Left    []pcb.Outcome // those who live on; Did says what was done to them last
	Refused []pcb.Outcome // those who could not be, or must not be, signalled
	Cut     bool          // it was given up before SIGKILL
}

// Err says who was not ended; nil when all were.
func (r *Result) Err() error {
	if len(r.Left)+len(r.Refused) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d were not ended", len(r.Left)+len(r.Refused), r.Ended+len(r.Left)+len(r.Refused))
}

// climb is one ladder being climbed.
type climb struct {
	plan    Plan
	target  pcb.Target
	tell    func(Step)
	started time.Time
	last    map[pcb.ID]pcb.Outcome // what was done to each that was reached
	refused map[pcb.ID]pcb.Outcome
	forks   bool // some were born since the climb began
}

// Stop ends the processes of t, each step told as it is made. When ctx ends during the grace, nobody is killed.
func Stop(ctx context.Context, t pcb.Target, plan Plan, tell func(Step)) Result {
	if plan.Kill == 0 {
		plan.Kill = usualKill
	}
	if plan.Look == 0 {
		plan.Look = usualLook
	}
	c := &climb{plan: plan, target: t, tell: tell, started: time.Now(), last: map[pcb.ID]pcb.Outcome{}, refused: map[pcb.ID]pcb.Outcome{}}
	c.refuse(t.Look())
	asked := append(c.ask(c.aims(), ""), c.ask(c.newcomers(), " born meanwhile")...)
	left := c.wait(ctx, plan.Grace, asked, true)
	var killed []pcb.ID
	cut := len(left) > 0 && ctx.Err() != nil
	switch {
	case cut:
		c.say("given up before SIGKILL: " + isOrAre(len(left)) + " left: " + c.names(left))
	case len(left) > 0:
		killed = c.kill()
		left = c.wait(context.WithoutCancel(ctx), plan.Kill, killed, false)
		if len(left) > 0 {
			c.say(isOrAre(len(left)) + " left all the same: " + c.remarks(left))
		}
	}
	r := c.result(left, cut)
	r.Killed = max(0, len(killed)-len(left))
	return r
}

// Refused gives those of all that no ladder is for, and says why.
func Refused(all pcb.Members) []pcb.Outcome {
	var out []pcb.Outcome
	for _, m := range all {
		if m.ID.PID == 1 {
			out = append(out, pcb.Outcome{ID: m.ID, Name: m.Name, Err: fmt.Errorf("PID 1 holds the system, or this container, together: it is not stopped this way")})
		}
	}
	return out
}

// refuse sets those aside that no ladder is for.
func (c *climb) refuse(all pcb.Members) {
	for _, o := range Refused(all) {
		c.refused[o.ID] = o
	}
	for _, m := range all {
		if m.Gone && m.Named { // it says why, and sends nothing
			for _, o := range c.target.Signal(pcb.SIGTERM, m.ID) {
				c.refused[o.ID] = o
			}
		}
	}
}

// aims are those who are neither ended nor refused.
func (c *climb) aims() []pcb.ID {
	return slices.DeleteFunc(c.target.Look().Living(), func(id pcb.ID) bool { _, no := c.refused[id]; return no })
}

// newcomers are those who have come into the target's scope since.
func (c *climb) newcomers() []pcb.ID {
	born := c.target.Extend().Living()
	c.forks = c.forks || len(born) > 0
	return born
}

// ask sends SIGTERM, and SIGCONT to those who are stopped, as they could not act on it. It gives who got it.
func (c *climb) ask(to []pcb.ID, which string) []pcb.ID {
	if len(to) == 0 {
		return nil
	}
	sent := c.send(pcb.SIGTERM, to)
	if len(sent) > 0 {
		c.sent(pcb.SIGTERM, c.whom(sent)+which+c.doubts(sent))
	}
	stopped := slices.DeleteFunc(c.target.Look().Stopped(), func(id pcb.ID) bool { return !slices.Contains(sent, id) })
	if len(stopped) > 0 {
		c.send(pcb.SIGCONT, stopped)
		that := ", which " + wasOrWere(len(stopped)) + " stopped"
		c.sent(pcb.SIGCONT, c.whom(stopped)+that)
	}
	return sent
}

// send signals and gives those who got it. Who has ended meanwhile is no failure.
func (c *climb) send(sig pcb.Signal, to []pcb.ID) []pcb.ID {
	if len(to) == 0 { // a Target would take that for all
		return nil
	}
	outcomes := c.target.Signal(sig, to...)
	gone := c.target.Look().Gone()
	var sent []pcb.ID
	for _, o := range outcomes {
		switch {
		case o.Err == nil:
			sent = append(sent, o.ID)
			c.last[o.ID] = o
		case slices.Contains(gone, o.ID):
			c.last[o.ID] = pcb.Outcome{ID: o.ID, Name: o.Name, Did: "ended"}
		default:
			c.refused[o.ID] = o
		}
	}
	return sent
}

// freeze stops all who are left, and waits shortly until they are: one in the midst of a fork stops after it.
func (c *climb) freeze() {
	c.send(pcb.SIGSTOP, c.aims())
	for range freezeLooks {
		if len(c.target.Look().Stopped()) >= len(c.aims()) {
			return
		}
		time.Sleep(freezeLook)
	}
}

// kill sends SIGKILL to all who are left. Those of a tree that was seen to fork are stopped first, as long as there are new ones: whoever forks between the
// look at the children and the signal would leave one behind. Of those the ones who were bound last come first, which
// are the children: when a process group loses its last parent outside while members of it are stopped, the kernel sends
// SIGHUP to all of it, to others than those who are meant, too. It gives who got it.
func (c *climb) kill() []pcb.ID {
	c.newcomers()
	for n := 0; c.forks && n < freezePasses; n++ {
		c.freeze()
		if len(c.newcomers()) == 0 {
			break
		}
	}
	left := c.aims()
	if c.forks { // else parents come first, and none of them can act on the death of a child
		slices.Reverse(left)
	}
	sent := c.send(pcb.SIGKILL, left)
	if len(sent) > 0 {
		c.sent(pcb.SIGKILL, c.whom(sent))
	}
	return sent
}

// wait watches until all of these have ended, d is over or ctx ends, and gives who is left. With ask, SIGTERM is sent to
// those who are born meanwhile.
func (c *climb) wait(ctx context.Context, d time.Duration, of []pcb.ID, ask bool) []pcb.ID {
	start, before := time.Now(), len(of)
	for look := 1; ; look++ {
		if ask && look%looksPerSearch == 0 {
			of = append(of, c.ask(c.newcomers(), " born meanwhile")...)
		}
		left, spent := c.aims(), time.Since(start)
		if len(left) == 0 || spent >= d || ctx.Err() != nil {
			c.came(of, len(left))
			return left
		}
		if len(left) != before || look%looksPerSearch == 1 {
			before = len(left)
			text := fmt.Sprintf("waiting for %s, %s more", c.names(left), Seconds(d-spent))
			if len(of) > 1 {
				text = fmt.Sprintf("%d of %d ended; %s", len(of)-len(left), len(of), text)
			}
			c.tell(Step{At: time.Since(c.started), Passing: true, Text: text})
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(c.plan.Look, d-spent)):
		}
	}
}

// came says what came of a signal. The time is the Step's own: since the first signal.
func (c *climb) came(of []pcb.ID, left int) {
	at := time.Since(c.started)
	text, after := "", " after "+Seconds(at)
	switch total := len(of); {
	case total == 0:
		return
	case left == 0 && total == 1:
		text = c.names(of) + " ended" + after
	case left == 0:
		text = fmt.Sprintf("all %d ended%s", total, after)
	case total == 1:
		text = c.names(of) + " lives on" + after
	default:
		text = fmt.Sprintf("%d of %d ended, %s left%s", total-left, total, isOrAre(left), after)
	}
	c.tell(Step{At: at, Text: text})
}

func (c *climb) result(left []pcb.ID, cut bool) Result {
	r := Result{Cut: cut, Ended: len(c.last) - len(left)}
	for _, id := range left {
		r.Left = append(r.Left, c.last[id])
	}
	for _, o := range c.refused {
		r.Refused = append(r.Refused, o)
	}
	slices.SortFunc(r.Refused, func(a, b pcb.Outcome) int { return int(a.ID.PID - b.ID.PID) })
	return r
}

func (c *climb) say(text string) { c.tell(Step{At: time.Since(c.started), Text: text}) }

func (c *climb) sent(sig pcb.Signal, to string) {
	c.tell(Step{At: time.Since(c.started), Text: sig.String() + " sent to " + to, Sent: sig})
}

// whom names one process, and counts several.
func (c *climb) whom(ids []pcb.ID) string {
	if len(ids) == 1 {
		return c.names(ids)
	}
	return fmt.Sprintf("%d processes", len(ids))
}

// doubts says of whom a signal that was sent may do nothing; those of whom the same is to be said together.
func (c *climb) doubts(sent []pcb.ID) string {
	alike := map[string][]pcb.ID{}
	var whys []string
	for _, id := range sent {
		if _, why, some := strings.Cut(c.last[id].Did, "; "); some {
			if alike[why] == nil {
				whys = append(whys, why)
			}
			alike[why] = append(alike[why], id)
		}
	}
	text := ""
	for _, why := range whys {
		switch {
		case len(sent) == 1:
			text += "; " + why
		case len(alike[why]) == 1:
			text += "; " + c.names(alike[why]) + ": " + why
		default:
			text += "; " + c.names(alike[why]) + ", each: " + why
		}
	}
	return text
}

// remarks names processes with what was said when they were signalled last.
func (c *climb) remarks(ids []pcb.ID) string {
	var said []string
	for _, id := range ids[:min(len(ids), namedMost)] {
		text := who(c.last[id])
		if _, why, some := strings.Cut(c.last[id].Did, "; "); some {
			text += ", " + why
		}
		said = append(said, text)
	}
	return strings.Join(said, "; ")
}

// namedMost is how many processes a Step names.
const namedMost = 3

func (c *climb) names(ids []pcb.ID) string {
	var said []string
	for _, id := range ids[:min(len(ids), namedMost)] {
		said = append(said, who(c.last[id]))
	}
	if len(ids) > namedMost {
		said = append(said, fmt.Sprintf("%d more", len(ids)-namedMost))
	}
	return strings.Join(said, ", ")
}

func who(o pcb.Outcome) string {
	return strings.TrimSpace(fmt.Sprintf("%s (%d)", o.Name, o.ID.PID))
}

func isOrAre(n int) string {
	if n == 1 {
		return "1 is"
	}
	return fmt.Sprintf("%d are", n)
}

func wasOrWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// Seconds says a time span with a tenth of a second: 0.3 s, 10.0 s.
func Seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
