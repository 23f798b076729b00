package pcb

import (
	"testing"
	"time"
)

func TestToldIs(t *testing.T) {
	id := ID{PID: 7, Start: 1000} // 10 s after the boot
	for _, c := range []struct {
		told Told
		want bool
	}{
		{Told{ID: id}, true},
		{Told{ID: ID{7, 1001}}, false},
		{Told{ID: ID{8, 1000}}, false},
		{Told{ID: ID{PID: 7}}, true}, // there before anything was told
		{Told{ID: ID{PID: 7}, Born: 10*time.Second + 9*time.Millisecond}, true},
		{Told{ID: ID{PID: 7}, Born: 10*time.Second - time.Millisecond}, false}, // born before that one started
		{Told{ID: ID{PID: 7}, Born: 12 * time.Second}, false},
	} {
		if got := c.told.Is(id); got != c.want {
			t.Errorf("%+v is %v: %v", c.told, id, got)
		}
	}
}

func TestForkerOf(t *testing.T) {
	id := ID{PID: 7, Start: 1000}
	e := &Events{Forkers: []Forker{{Told: Told{ID: id}, Ended: true, Forks: 1}, {Told: Told{ID: id}, Forks: 2}}}
	if f := e.Forker(id); f == nil || f.Forks != 2 {
		t.Errorf("%+v", f)
	}
	if f := e.Forker(ID{PID: 8}); f != nil {
		t.Errorf("of another %+v", f)
	}
	if f := (*Events)(nil).Forker(id); f != nil {
		t.Errorf("of none %+v", f)
	}
	if rate := (&Events{Span: 2 * time.Second}).PerSecond(5); rate != 2.5 {
		t.Errorf("5 in 2 s are %v a second", rate)
	}
	if rate := (&Events{}).PerSecond(5); rate == rate {
		t.Errorf("in no time %v a second", rate)
	}
}

func TestBornAndGone(t *testing.T) {
	reading := func(at time.Duration, ids ...ID) *Snapshot {
		s := &Snapshot{Mono: at}
		for _, id := range ids {
			s.Procs = append(s.Procs, Process{ID: id})
		}
		return s
	}
	before := reading(0, ID{1, 1}, ID{5, 50}, ID{6, 60}, ID{9, 90})
	var r RateSet
	r.Compute(before, reading(time.Second, ID{1, 1}, ID{3, 30}, ID{5, 51}, ID{9, 90}, ID{10, 1}))
	if r.Born != 3 || r.Gone != 2 {
		t.Errorf("%d born, %d gone; want 3 and 2", r.Born, r.Gone)
	}
	if r.Compute(nil, before); r.Born != 0 || r.Gone != 0 {
		t.Errorf("on a first reading %d born, %d gone", r.Born, r.Gone)
	}
}
