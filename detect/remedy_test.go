package detect

import (
	"strings"
	"testing"

	"ptop/pcb"
)

// soundRemedies holds what every remedy of every finding must have: what ptop can do itself has the command that does the
// same and says its risk, and what never works is no action.
func soundRemedies(t testing.TB, f *Finding) {
	t.Helper()
	for i := range f.Remedies {
		r := &f.Remedies[i]
		switch {
		case r.Do == "":
			t.Errorf("%s: a remedy does not say what to do: %+v", f.Detector, r)
		case r.Never && (r.Act != nil || r.Command == ""):
			t.Errorf("%s: what never works is %+v", f.Detector, r)
		case r.Act == nil:
		case r.Command == "" || r.Risk == "" || r.Act.Target.IsZero():
			t.Errorf("%s: an action without command, risk or target: %+v", f.Detector, r)
		case r.Act.Kind == ActRenice && (r.Act.Signal != 0 || !strings.HasPrefix(r.Command, "renice ")),
			r.Act.Kind == ActStop && (r.Act.Signal != pcb.SIGTERM || !strings.HasPrefix(r.Command, "kill -TERM ")),
			r.Act.Kind == ActSignal && r.Act.Scope == pcb.Alone && r.Command != "kill -"+strings.TrimPrefix(r.Act.Signal.String(), "SIG")+" "+pid(r.Act.Target.PID),
			r.Act.Scope == pcb.Group && !strings.Contains(r.Command, " -- -"):
			t.Errorf("%s: the action is another one than the command: %+v, %+v", f.Detector, r, r.Act)
		}
	}
}

func TestEndRemedy(t *testing.T) {
	const term = 1 << 14
	for name, c := range map[string]struct {
		change  change
		kind    ActionKind
		signal  pcb.Signal
		command string
	}{
		"usual":               {func(*pcb.Process) {}, ActSignal, pcb.SIGTERM, "kill -TERM 10"},
		"stopped":             {inState('T'), ActStop, pcb.SIGTERM, "kill -TERM 10; kill -CONT 10"},
		"blocks":              {func(q *pcb.Process) { q.SigBlocked = term }, ActStop, pcb.SIGTERM, "kill -TERM 10"},
		"blocks and stopped":  {func(q *pcb.Process) { q.SigBlocked, q.State = term, 'T' }, ActStop, pcb.SIGTERM, "kill -TERM 10; kill -CONT 10"},
		"ignores":             {func(q *pcb.Process) { q.SigIgnored = term }, ActSignal, pcb.SIGKILL, "kill -KILL 10"},
		"ignores and stopped": {func(q *pcb.Process) { q.SigIgnored, q.State = term, 'T' }, ActSignal, pcb.SIGKILL, "kill -KILL 10"},
	} {
		q := proc(10, 1, "worker", c.change)
		r := (&Pass{}).end(&q, "")
		if r.Act.Kind != c.kind || r.Act.Signal != c.signal || r.Act.Target != q.ID || r.Command != c.command {
			t.Errorf("%s: %s, %+v", name, r.Command, r.Act)
		}
		if after := "SIGKILL follows"; strings.Contains(r.Risk, after) != (c.kind == ActStop) {
			t.Errorf("%s: the risk is %q", name, r.Risk)
		}
	}
}

// ptop renices all threads of a process: it offers that where this is what is to be done.
func TestLowerRemedy(t *testing.T) {
	one := proc(10, 1, "worker")
	many := proc(10, 1, "worker", func(q *pcb.Process) { q.Threads = 3 })
	nice := Action{Kind: ActRenice, Nice: 10, Target: one.ID}
	for name, c := range map[string]struct {
		got     []Remedy
		command string
		act     *Action
	}{
		"one thread":        {lowerAll(&one, "x"), "renice -n 10 -p 10", &nice},
		"all threads":       {lowerAll(&many, "x"), "renice -n 10 -p $(ls /proc/10/task)", &nice},
		"a thread of three": {sched{tid: 11, known: true, alone: only(&many)}.lower("x"), "renice -n 10 -p 11", nil},
		"the only thread":   {sched{tid: 10, known: true, alone: only(&one)}.lower("x"), "renice -n 10 -p 10", &nice},
		"a real-time one":   {sched{tid: 10, known: true, policy: schedRR, alone: only(&one)}.lower("x"), "chrt --other -p 0 10", nil},
	} {
		if len(c.got) != 1 || c.got[0].Command != c.command || (c.got[0].Act == nil) != (c.act == nil) || c.act != nil && *c.got[0].Act != *c.act {
			t.Errorf("%s: %+v", name, c.got)
		}
	}
}
