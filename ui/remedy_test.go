package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/internal/blast"
	"ptop/internal/ladder"
	"ptop/internal/monitor"
	"ptop/pcb"
	"ptop/tree"
)

// without is a reading in which these have gone, and the findings are as they are told then.
func without(f *monitor.Frame, gone func(*pcb.Process) bool, findings ...detect.Finding) *monitor.Frame {
	procs, rates := f.Snap.Procs, f.Rates.Procs
	f.Snap.Procs, f.Rates.Procs = nil, nil
	for i := range procs {
		if !gone(&procs[i]) {
			f.Snap.Procs, f.Rates.Procs = append(f.Snap.Procs, procs[i]), append(f.Rates.Procs, rates[i])
		}
	}
	f.Forest = tree.Build(f.Snap, nil)
	f.Findings = findings
	return f
}

func nobody(*pcb.Process) bool    { return false }
func deadOne(p *pcb.Process) bool { return p.PID == pidFirstZombie }
func allDead(p *pcb.Process) bool { return p.Zombie() }
func sentTo(d *bench, n int) bool { return len(d.b.signals) == n }

func TestDialogTellsWhatItWouldReach(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.b.known = blast.Evidence{Probes: map[pcb.ID]*pcb.Probe{idOf(pidAgent): {Have: pcb.ProbeFiles, Listening: []string{"tcp 0.0.0.0:80"}}}}
	d.keys("Down k Enter")
	d.wants("send SIGTERM?", "nobody listens any more at tcp 0.0.0.0:80", "1 descendant is left alone, with another parent: ev", "5 dead children go to PID 1",
		"checkout-agent (400) has no handler for SIGTERM", "to: this process alone (s: with the subtree)", "[ y ] yes, send SIGTERM")
	d.keys("s")
	d.wants("to: with the whole subtree, 2 processes (s: the process group)", "it goes to 1 other in the subtree")
	d.lacks("left alone")
	if d.b.scope != pcb.Subtree {
		t.Errorf("bound with scope %d", d.b.scope)
	}
	d.keys("s s")
	d.wants("to: this process alone")
	d.keys("n")
	if len(d.b.bound) != 4 || d.b.closed != 4 || len(d.b.signals) != 0 {
		t.Errorf("bound %d times, let go %d times, signalled %v", len(d.b.bound), d.b.closed, d.b.signals)
	}
}

// What is grave is above what is not, however low the screen, and the rest can be scrolled to.
func TestGraveFirstOnALowScreen(t *testing.T) {
	d := newBench(t, 80, 10, Options{})
	d.keys("N g k Enter") // by pid: the first is PID 1
	d.table.selectID(idOf(pidInit))
	d.keys("Esc k Enter")
	d.wants("PID 1 is what holds the system", "below (Down)", "[ y ]")
	d.lacks("Enter chooses")
	for range 40 {
		d.keys("Down")
	}
	d.lacks("PID 1 is what holds")
}

func TestGracefulStop(t *testing.T) {
	for _, c := range []struct {
		name   string
		deadly pcb.Signal
		want   []string
		sent   int
		said   string
	}{
		{"ends when asked", pcb.SIGTERM, []string{"SIGTERM sent to p (400)", "p (400) ended after"}, 1, "graceful stop of checkout-agent (400): 1 ended"},
		{"has to be killed", pcb.SIGKILL, []string{"p (400) lives on after", "SIGKILL sent to p (400)", "p (400) ended after"}, 2, "graceful stop of checkout-agent (400): 1 ended, 1 of them by SIGKILL"},
	} {
		d := newBench(t, 80, 24, Options{Grace: time.Millisecond})
		d.b.deadly, d.climbLook = c.deadly, time.Millisecond/10
		d.keys("Down k Home Enter")
		d.wants("stop gracefully?", "SIGTERM, SIGCONT where stopped, and SIGKILL for who is left after 1ms", "checkout-agent")
		if !sentTo(d, 0) {
			t.Fatalf("%s: before the confirmation: %v", c.name, d.b.signals)
		}
		d.keys("y")
		d.receive()
		d.wants(append(c.want, "graceful stop of checkout-agent (400)", "Esc closes")...)
		if !sentTo(d, c.sent) || d.b.closed != 1 {
			t.Errorf("%s: signalled %v, let go %d times", c.name, d.b.signals, d.b.closed)
		}
		d.keys("Esc")
		if d.top() != nil {
			t.Errorf("%s: Esc does not close it", c.name)
		}
		d.wants(c.said)
	}
}

func TestGraceIsChosen(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("k Home Enter")
	d.wants("after 10s")
	d.keys("+")
	d.wants("after 30s")
	d.keys("- - -")
	d.wants("after 2s")
}

// Esc during the grace leaves those alone that have not ended.
func TestGracefulStopGivenUp(t *testing.T) {
	d := newBench(t, 80, 24, Options{Grace: time.Hour})
	d.keys("Down k Home Enter")
	d.hold = true
	d.keys("y")
	climb := d.waiting[0]
	d.waiting = nil
	done := make(chan bool)
	go func() { climb(context.Background()); close(done) }()
	for !strings.Contains(d.text(), "waiting for p (400)") {
		d.receive()
		time.Sleep(time.Millisecond)
	}
	d.keys("Esc")
	<-done
	d.hold = false
	d.receive()
	d.wants("given up before SIGKILL: 1 is left: p (400)", "Esc closes")
	if len(d.b.signals) != 1 || d.b.closed != 1 {
		t.Errorf("signalled %v, let go %d times", d.b.signals, d.b.closed)
	}
}

// Who leaves while somebody is stopped gracefully is told what has been done, and that it goes no further.
func TestPartingDuringAGracefulStop(t *testing.T) {
	sent := func(sig pcb.Signal, to string) ladder.Step {
		return ladder.Step{Sent: sig, Text: sig.String() + " sent to " + to}
	}
	term, kill := sent(pcb.SIGTERM, "p (400); it ignores that signal"), sent(pcb.SIGKILL, "p (400)")
	const want = "SIGTERM was sent to p (400); no SIGKILL follows"
	for name, c := range map[string]struct {
		box  climbBox
		want string
	}{
		"under way":           {climbBox{steps: []ladder.Step{term}}, want},
		"cut by the end":      {climbBox{steps: []ladder.Step{term}, over: true, cut: true}, want},
		"given up before":     {climbBox{steps: []ladder.Step{term}, over: true, cut: true, given: true}, ""},
		"over":                {climbBox{steps: []ladder.Step{term}, over: true}, ""},
		"nothing sent so far": {climbBox{}, ""},
		"killed":              {climbBox{steps: []ladder.Step{term, kill}}, ""},
	} {
		d := newBench(t, 80, 24, Options{})
		c.box.a, c.box.cancel = d.app, func() {}
		d.open(&c.box)
		if got := d.parting(); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	if got := newBench(t, 80, 24, Options{}).parting(); got != "" {
		t.Errorf("without one: %q", got)
	}
}

// What has become of all of them is told in one, and who was not reached stands first.
func TestGracefulStopOfSomeIsSummedUp(t *testing.T) {
	d := newBench(t, 200, 30, Options{})
	box := &climbBox{a: d.app, title: "graceful stop of 3 processes", cancel: func() {}}
	d.open(box)
	box.add(ladder.Step{Text: "SIGTERM sent to 2 processes"})
	box.add(ladder.Step{At: time.Second, Text: "1 is left all the same: a (5)"})
	refused := []pcb.Outcome{{ID: idOf(pidFirstZombie), Name: "sh", Err: errors.New("it is a zombie")}}
	box.end(&ladder.Result{Ended: 2, Killed: 1, Left: []pcb.Outcome{{Name: "a"}}, Refused: refused}, nil)
	d.wants("graceful stop of 3 processes: 2 ended, 1 of them by SIGKILL; 1 is left all the same: a (5); not reached: sh (1000): it is a zombie")
	text := d.text()
	if first, then := strings.Index(text, "not reached"), strings.Index(text, "SIGTERM sent"); first < 0 || first > then {
		t.Errorf("who was not reached does not stand first:\n%s", text)
	}
	late := &climbBox{a: d.app, title: "graceful stop of p (400)", cancel: func() {}}
	late.missed = []pcb.Outcome{{ID: idOf(pidAgent), Name: "p", Err: errors.New("the process has ended")}}
	late.end(&ladder.Result{}, nil)
	d.wants("graceful stop of p (400): not reached: p (400): the process has ended")
	d.lacks("0 ended")
}

// Nothing is sent to a zombie: the dialog explains, and offers what helps.
func TestZombieIsExplainedInsteadOfSignalled(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.table.selectID(idOf(pidFirstZombie))
	d.keys("k")
	d.wants("no signal reaches this", "sh (1000) is dead already: only its parent checkout-agent (400)", "nothing is sent", "It has not called wait since it", "restart checkout-agent")
	if len(d.b.bound) != 0 {
		t.Errorf("bound: %v", d.b.bound)
	}
	d.keys("Enter")
	d.wants("send SIGTERM?", "restart checkout-agent", "risk: its connections drop")
	d.keys("y")
	if want := "sent SIGTERM " + idOf(pidAgent).String(); len(d.b.signals) != 1 || d.b.signals[0] != want {
		t.Errorf("signalled: %v, not %s", d.b.signals, want)
	}
}

// Of a remedy and its risk nothing is cut, on a usual screen either, and what stands above it ends as sentences do.
func TestRemediesAreToldWhole(t *testing.T) {
	sick := findingsOf(machine(1).Snap)[:1]
	sick[0].Why = "it has a handler for SIGCHLD and sits in a loop that never waits, and the signal is not pending"
	words := func(what string) string { return strings.Repeat(what+" ", 30) + "end-of-" + what }
	sick[0].Remedies = []detect.Remedy{
		{Do: words("first"), Risk: words("danger"), Act: &detect.Action{Signal: pcb.SIGCHLD, Target: idOf(pidAgent)}},
		{Do: words("second"), Risk: words("loss"), Act: &detect.Action{Signal: pcb.SIGTERM, Target: idOf(pidAgent)}},
	}
	for _, keys := range []string{"k", "f x"} {
		d := newBench(t, 80, 24, Options{})
		d.show(without(machine(2), nobody, sick...))
		d.table.selectID(idOf(pidFirstZombie))
		d.keys(keys)
		if keys == "k" {
			d.wants("signal is not pending. ")
			d.keys("PgDn")
		}
		d.wants("end-of-first", "risk: danger", "end-of-danger")
		d.keys("Down")
		d.wants("end-of-second", "end-of-loss")
		d.keys("Enter")
		d.wants("send SIGTERM?")
	}
}

func TestKernelThreadIsExplained(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("K")
	d.table.selectID(idOf(pidKernel))
	d.keys("k")
	d.wants("kthreadd (2) is a kernel thread: these ignore signals", "Nothing is sent", "Esc leaves")
	d.keys("Enter")
	if d.top() != nil || len(d.b.bound) != 0 {
		t.Error("Enter does something")
	}
}

// What a remedy has done is told by what becomes of its finding.
func TestRemedyIsWatched(t *testing.T) {
	for _, c := range []struct {
		name string
		gone func(*pcb.Process) bool
		left []detect.Finding
		late bool
		want string
	}{
		{"all gone", allDead, nil, false, "5 of 5 zombies gone after 2.0 s"},
		{"all gone, with others in their place", allDead, []detect.Finding{func() detect.Finding {
			f := findingsOf(machine(1).Snap)[0]
			f.Members = []pcb.ID{{PID: 2000, Start: 1}}
			return f
		}()}, false, "5 of 5 zombies gone after 2.0 s; 1 more has come since"},
		{"cleared, and they may go yet", deadOne, nil, false, "sent SIGTERM"},
		{"cleared", deadOne, nil, true, "the finding has cleared after 12.0 s"},
		{"not yet", deadOne, findingsOf(machine(1).Snap), false, "sent SIGTERM"},
		{"not at all", deadOne, findingsOf(machine(1).Snap), true, "still there after 12.0 s: 1 of 5 zombies gone"},
		{"less grave", deadOne, []detect.Finding{func() detect.Finding { f := findingsOf(machine(1).Snap)[0]; f.Severity = detect.Info; return f }()}, true, "still there after 12.0 s"},
	} {
		d := newBench(t, 80, 24, Options{})
		d.keys("f x y")
		d.show(without(machine(3), c.gone, c.left...))
		if c.late {
			d.show(without(machine(8), c.gone, c.left...))
		}
		if d.text(); !strings.Contains(d.log.entries[len(d.log.entries)-1].text, c.want) {
			t.Errorf("%s: it says %q, not %q", c.name, d.log.entries[len(d.log.entries)-1].text, c.want)
		}
		if watched := c.want == "sent SIGTERM"; len(d.cures) == 1 != watched || (d.b.closed == 1) == watched {
			t.Errorf("%s: %d are watched, let go %d times", c.name, len(d.cures), d.b.closed)
		}
	}
}

// A reading from before the remedy says nothing about it.
func TestOlderReadingSaysNothing(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.clock = d.clock.Add(time.Second)
	d.keys("f x y")
	f := without(machine(2), allDead)
	d.mail.mail.frame = f
	d.receive()
	if len(d.cures) != 1 {
		t.Errorf("it says %q", d.log.entries[len(d.log.entries)-1].text)
	}
}

// A remedy that works one by one is repeated as long as it helps, and not longer.
func TestRemedyIsRepeated(t *testing.T) {
	sick := findingsOf(machine(1).Snap)[:1]
	sick[0].Remedies = []detect.Remedy{{Do: "poke it", Act: &detect.Action{Signal: pcb.SIGCHLD, UntilGone: true, Target: idOf(pidAgent)}}}
	d := newBench(t, 80, 24, Options{})
	d.show(without(machine(2), nobody, sick...))
	d.keys("f x")
	d.wants("send SIGCHLD again and again?")
	d.keys("y")
	if !sentTo(d, 1) {
		t.Fatalf("signalled: %v", d.b.signals)
	}
	d.show(without(machine(3), deadOne, sick...))
	if !sentTo(d, 1+4) {
		t.Errorf("with 4 left it was signalled %d times more, not 4", len(d.b.signals)-1)
	}
	for range 4 { // no progress any more
		d.show(without(machine(3), deadOne, sick...))
	}
	if !sentTo(d, 1+3*4) {
		t.Errorf("without progress it was signalled %d times more, not 12", len(d.b.signals)-1)
	}
	d.show(without(machine(4), allDead))
	d.wants("5 of 5 zombies gone after 4.0 s")
}

func TestRemedyByOtherMeans(t *testing.T) {
	sick := findingsOf(machine(1).Snap)[1:]
	sick[0].Members = []pcb.ID{idOf(pidBurner)}
	sick[0].Remedies = []detect.Remedy{
		{Do: "let others go first", Risk: "it takes longer", Act: &detect.Action{Kind: detect.ActRenice, Nice: 10, Target: idOf(pidBurner)}},
		{Do: "end it", Act: &detect.Action{Kind: detect.ActStop, Signal: pcb.SIGTERM, Target: idOf(pidBurner)}},
	}
	d := newBench(t, 80, 24, Options{Grace: time.Millisecond})
	d.b.deadly = pcb.SIGTERM
	d.show(without(machine(2), nobody, sick...))
	d.table.selectID(idOf(pidBurner))
	d.keys("Enter 2 x") // from the process itself
	d.wants("which remedy", "let others go first", "end it")
	d.keys("Enter")
	d.wants("renice to 10?", "risk: it takes longer")
	d.keys("y")
	sick[0].Severity = detect.Info
	d.show(without(machine(3), nobody, sick...))
	d.wants("it is info now after 2.0 s")
	d.keys("x Down Enter")
	d.wants("stop gracefully?", "end it: SIGTERM")
	d.lacks("(s: ") // a remedy is for whom it is
	d.keys("y")
	d.receive()
	if want := []string{"reniced to 10 500:5000", "sent SIGTERM 500:5000"}; !slices.Equal(d.b.signals, want) {
		t.Errorf("%v, not %v", d.b.signals, want)
	}
	d.keys("Esc")
	d.show(without(machine(4), func(p *pcb.Process) bool { return p.PID == pidBurner }))
	d.wants("it has ended after 2.0 s")
}

// The finding, or whom it is about, may go while somebody reads the dialog.
func TestFindingClearsUnderTheDialog(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("f x")
	d.show(without(machine(3), func(p *pcb.Process) bool { return p.PID == pidAgent || p.Zombie() }))
	d.wants("the finding has cleared meanwhile", "400 has ended meanwhile")
	d.keys("y")
	d.show(without(machine(4), func(p *pcb.Process) bool { return p.PID == pidAgent || p.Zombie() }))
	d.keys("x")
	d.wants("nothing is found about it")
}

func TestNoRemedyWhereActionsAreOff(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.b.off = "--read-only"
	d.table.selectID(idOf(pidFirstZombie))
	for _, keys := range []string{"k", "Enter x", "f x"} {
		d.keys(keys)
		d.wants("no action is possible: --read-only")
		if d.top() != nil {
			t.Errorf("%s opened a dialog", keys)
		}
	}
}
