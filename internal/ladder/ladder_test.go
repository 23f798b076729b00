package ladder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// actor is a made-up process and what it does about signals.
type actor struct {
	id     pcb.ID
	state  byte
	gone   bool
	deaf   bool // ignores SIGTERM
	stuck  bool // does not even die of SIGKILL
	denied bool
	found  bool // it is only in scope
	bears  int  // children that it has when it gets SIGTERM
}

// stage is a Target of actors.
type stage struct {
	actors []*actor
	heard  []string
	unborn []*actor // who comes into scope at the next look for newcomers
}

func (s *stage) Signal(sig pcb.Signal, to ...pcb.ID) (out []pcb.Outcome) {
	if len(to) == 0 {
		for _, a := range s.actors {
			to = append(to, a.id)
		}
	}
	for _, id := range to {
		a := s.actors[slices.IndexFunc(s.actors, func(a *actor) bool { return a.id == id })]
		o := pcb.Outcome{ID: a.id, Name: "a", Did: "sent " + sig.String()}
		switch {
		case a.gone:
			o.Did, o.Err = "", errors.New("the process has ended")
		case a.denied:
			o.Did, o.Err = "", errors.New("not permitted")
		default:
			s.heard = append(s.heard, fmt.Sprintf("%s %d", strings.TrimPrefix(sig.String(), "SIG"), a.id.PID))
			s.act(a, sig, &o)
		}
		out = append(out, o)
	}
	return out
}

func (s *stage) act(a *actor, sig pcb.Signal, o *pcb.Outcome) {
	for ; a.bears > 0 && sig == pcb.SIGTERM; a.bears-- {
		s.unborn = append(s.unborn, &actor{id: pcb.ID{PID: a.id.PID*100 + int32(a.bears), Start: 1}, state: 'S', deaf: a.deaf})
	}
	switch {
	case sig == pcb.SIGKILL && !a.stuck:
		a.gone = true
	case sig == pcb.SIGSTOP:
		a.state = 'T'
	case sig == pcb.SIGCONT:
		a.state, a.gone = 'S', !a.deaf
	case sig == pcb.SIGTERM && a.deaf:
		o.Did += "; it ignores that signal"
	case sig == pcb.SIGTERM && a.state != 'T' && !a.stuck:
		a.gone = true
	}
}

func (s *stage) Set(pcb.Setting) []pcb.Outcome { return nil }
func (s *stage) Close()                        {}

func (s *stage) Look() (all pcb.Members) {
	for _, a := range s.actors {
		all = append(all, pcb.Member{ID: a.id, Name: "a", State: a.state, Gone: a.gone, Named: !a.found})
	}
	return all
}

func (s *stage) Extend() (fresh pcb.Members) {
	for _, a := range s.unborn {
		fresh = append(fresh, pcb.Member{ID: a.id, Name: "a", State: a.state})
	}
	s.actors = append(s.actors, s.unborn...)
	s.unborn = nil
	return fresh
}

func TestStop(t *testing.T) {
	one := func(change func(*actor)) *stage {
		a := &actor{id: pcb.ID{PID: 5, Start: 1}, state: 'S'}
		change(a)
		return &stage{actors: []*actor{a}}
	}
	for name, test := range map[string]struct {
		stage *stage
		heard string
		says  []string
		ended int
		left  int
		no    int
	}{
		"ends when asked":  {one(func(*actor) {}), "TERM 5", []string{"SIGTERM sent to a (5)", "a (5) ended after"}, 1, 0, 0},
		"ignores SIGTERM":  {one(func(a *actor) { a.deaf = true }), "TERM 5, KILL 5", []string{"SIGTERM sent to a (5); it ignores that signal", "a (5) lives on", "SIGKILL sent to a (5)", "a (5) ended"}, 1, 0, 0},
		"stopped":          {one(func(a *actor) { a.state = 'T' }), "TERM 5, CONT 5", []string{"SIGCONT sent to a (5), which was stopped", "a (5) ended"}, 1, 0, 0},
		"never ends":       {one(func(a *actor) { a.stuck = true }), "TERM 5, KILL 5", []string{"1 is left all the same: a (5)"}, 0, 1, 0},
		"not permitted":    {one(func(a *actor) { a.denied = true }), "", nil, 0, 0, 1},
		"a zombie":         {one(func(a *actor) { a.gone = true }), "", nil, 0, 0, 1},
		"found dead":       {one(func(a *actor) { a.gone, a.found = true, true }), "", nil, 0, 0, 0},
		"PID 1":            {one(func(a *actor) { a.id.PID = 1 }), "", nil, 0, 0, 1},
		"forks on":         {one(func(a *actor) { a.bears, a.deaf = 2, true }), "TERM 5, TERM 502, TERM 501, STOP 5, STOP 502, STOP 501, KILL 501, KILL 502, KILL 5", []string{"SIGTERM sent to 2 processes born meanwhile", "SIGKILL sent to 3 processes", "all 3 ended"}, 3, 0, 0},
		"of several, some": {&stage{actors: []*actor{{id: pcb.ID{PID: 5}, state: 'S'}, {id: pcb.ID{PID: 6}, state: 'S', deaf: true}}}, "TERM 5, TERM 6, KILL 6", []string{"1 of 2 ended, 1 is left after"}, 2, 0, 0},
	} {
		var said []string
		r := Stop(t.Context(), test.stage, Plan{Grace: time.Millisecond, Kill: time.Millisecond, Look: time.Millisecond / 10}, func(s Step) {
			if _, after, told := strings.Cut(s.Text, " after "); told && after != Seconds(s.At) {
				t.Errorf("%s: at %s it says %q", name, Seconds(s.At), s.Text)
			}
			if !s.Passing {
				said = append(said, s.Text)
			}
		})
		if heard := strings.Join(test.stage.heard, ", "); heard != test.heard {
			t.Errorf("%s: heard %s, not %s", name, heard, test.heard)
		}
		if r.Ended != test.ended || len(r.Left) != test.left || len(r.Refused) != test.no || (r.Err() == nil) != (test.left+test.no == 0) {
			t.Errorf("%s: %+v, %v", name, r, r.Err())
		}
		if killed := strings.Count(test.heard, "KILL") - test.left; r.Killed != killed {
			t.Errorf("%s: %d are told to be killed, not %d", name, r.Killed, killed)
		}
		all := strings.Join(said, "\n")
		for _, words := range test.says {
			if !strings.Contains(all, words) {
				t.Errorf("%s: nobody says %q:\n%s", name, words, all)
			}
		}
	}
}

// Who forks while it is killed is stopped first, so that nobody is born between the look and the signal.
func TestForksWhileKilled(t *testing.T) {
	s := &stage{actors: []*actor{{id: pcb.ID{PID: 5}, state: 'S', deaf: true}}}
	late := &actor{id: pcb.ID{PID: 6}, state: 'S', deaf: true}
	plan := Plan{Grace: time.Millisecond, Look: time.Hour}
	Stop(t.Context(), s, plan, func(step Step) {
		if strings.HasPrefix(step.Text, "a (5) lives on") {
			s.unborn = []*actor{late}
		}
	})
	if heard := strings.Join(s.heard, ", "); heard != "TERM 5, STOP 5, STOP 6, KILL 6, KILL 5" {
		t.Errorf("heard: %s", heard)
	}
}

// Those who are refused get nothing either when the last of the others ends before SIGKILL.
func TestRefusedGetNothing(t *testing.T) {
	s := &stage{actors: []*actor{{id: pcb.ID{PID: 1}, state: 'S'}, {id: pcb.ID{PID: 5}, state: 'S', deaf: true}}}
	r := Stop(t.Context(), s, Plan{Grace: time.Millisecond, Look: time.Hour}, func(step Step) {
		if strings.HasPrefix(step.Text, "a (5) lives on") {
			s.actors[1].gone = true
		}
	})
	if heard := strings.Join(s.heard, ", "); heard != "TERM 5" || len(r.Refused) != 1 || r.Ended != 1 {
		t.Errorf("heard: %s; %+v", heard, r)
	}
}

func TestGivenUp(t *testing.T) {
	s := &stage{actors: []*actor{{id: pcb.ID{PID: 5}, state: 'S', deaf: true}}}
	ctx, cancel := context.WithCancel(t.Context())
	last := ""
	r := Stop(ctx, s, Plan{Grace: time.Hour}, func(step Step) {
		last = step.Text
		if step.Passing {
			cancel()
		}
	})
	if !r.Cut || r.Err() == nil || len(r.Left) != 1 || slices.Contains(s.heard, "KILL 5") || !strings.HasPrefix(last, "given up before SIGKILL: 1 is left: a (5)") {
		t.Errorf("%+v; heard %v; last %q", r, s.heard, last)
	}
}
