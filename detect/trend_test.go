package detect

import (
	"math"
	"testing"
	"time"
)

// trace enters readings a step apart, of a figure over time in seconds.
func trace(window, lasts, step time.Duration, figure func(at float64) float64) *trend {
	t := &trend{}
	for at := time.Duration(0); at <= lasts; at += step {
		t.enter(time.Hour+at, figure(at.Seconds()), window)
	}
	return t
}

func TestTrend(t *testing.T) {
	const window = time.Minute
	sawTooth := func(period float64) func(float64) float64 {
		return func(at float64) float64 { return 100 + math.Mod(at, period)*10 }
	}
	anything := [2]float64{math.Inf(-1), math.Inf(1)}
	// noise is the same each time: a hash of the second.
	noise := func(at float64) float64 { return float64(uint64(at*10)*2654435761%1000) / 1000 }
	for _, c := range []struct {
		name   string
		figure func(at float64) float64
		steady [2]float64 // least and most, percent
		apart  bool
		late   [2]float64 // percent
		slope  [2]float64
	}{
		{"a leak", func(at float64) float64 { return 50 + 2*at }, [2]float64{100, 100}, true, [2]float64{99, 101}, [2]float64{1.99, 2.01}},
		{"a leak in great steps", func(at float64) float64 { return 50 + 20*math.Floor(at/10) }, [2]float64{100, 100}, true, [2]float64{50, 160}, [2]float64{1.5, 2.5}},
		{"a saw-tooth of some seconds", sawTooth(7), [2]float64{0, 99}, false, anything, anything},
		{"a saw-tooth of half the window", sawTooth(30), [2]float64{0, 99.9}, false, anything, anything},
		{"flat", func(float64) float64 { return 70 }, [2]float64{100, 100}, false, [2]float64{math.NaN(), math.NaN()}, [2]float64{0, 0}},
		{"warm-up, then plateau", func(at float64) float64 { return 10 * min(at, 110) }, [2]float64{100, 100}, true, [2]float64{0, 99}, [2]float64{5, 11}},
		{"it slows down", func(at float64) float64 { return 1000 * (1 - math.Exp(-at/20)) }, [2]float64{100, 100}, true, [2]float64{0, 49}, [2]float64{0, 5}},
		{"noise", func(at float64) float64 { return 100 + 50*noise(at) }, [2]float64{0, 80}, false, anything, [2]float64{-1, 1}},
		{"a leak with one odd figure", func(at float64) float64 {
			if at > 100 && at < 101.1 {
				return 5000
			}
			return 50 + 2*at
		}, [2]float64{90, 99.9}, true, anything, [2]float64{1.9, 2.1}},
	} {
		for _, step := range []time.Duration{100 * time.Millisecond, time.Second, 3 * time.Second} {
			if c.name == "a leak with one odd figure" && step != time.Second || c.name == "noise" && step == 3*time.Second {
				continue
			}
			tr := trace(window, 2*window, step, c.figure)
			r := tr.over(window)
			slope := tr.slope(window)
			if r.seen < window*19/20 || r.seen > window {
				t.Errorf("%s by %v: seen %v", c.name, step, r.seen)
			}
			if r.steady < c.steady[0] || r.steady > c.steady[1] || r.apart != c.apart || r.late < c.late[0] || r.late > c.late[1] ||
				slope < c.slope[0]-1e-9 || slope > c.slope[1] {
				t.Errorf("%s by %v: %+v, slope %v; want steady %v, apart %v, late %v, slope %v", c.name, step, r, slope, c.steady, c.apart, c.late, c.slope)
			}
		}
	}
}

// What was not watched does not count, and a clock that stands still adds nothing.
func TestTrendGaps(t *testing.T) {
	const window = time.Minute
	tr := &trend{}
	leak := func(from, to time.Duration) {
		for at := from; at <= to; at += time.Second {
			tr.enter(at, at.Seconds(), window)
		}
	}
	leak(0, 20*time.Second)
	leak(60*time.Second, 80*time.Second) // after 40 seconds of which nothing is known
	if r := tr.over(window); r.seen < 19*time.Second || r.seen > 21*time.Second {
		t.Errorf("across a gap: seen %v of a minute, of which 20 s were watched", r.seen)
	}
	n, last := tr.n, *tr.last()
	tr.enter(80*time.Second, 7, window)
	tr.enter(79*time.Second, 7, window)
	if tr.n != n || *tr.last() != last {
		t.Errorf("a clock that stands still: %+v, before %+v", *tr.last(), last)
	}
	if r := (&trend{}).over(window); r != (rise{}) {
		t.Errorf("nothing read: %+v", r)
	}
	one := &trend{}
	one.enter(time.Second, 5, window)
	if r := one.over(window); r.seen != 0 || one.slope(window) != 0 {
		t.Errorf("one reading: %+v, slope %v", r, one.slope(window))
	}
}

func TestUntilFull(t *testing.T) {
	for _, c := range []struct {
		used, limit, slope float64
		left               time.Duration
		ok                 bool
	}{
		{100, 200, 10, 10 * time.Second, true},
		{200, 200, 10, 0, true},
		{300, 200, 10, 0, true}, // the limit was lowered
		{100, 200, 0, 0, false},
		{100, 200, -1, 0, false},
		{100, math.Inf(1), 1, 0, false},
		{0, 1 << 60, 1e-9, 0, false},
	} {
		if left, ok := untilFull(c.used, c.limit, c.slope); left != c.left || ok != c.ok {
			t.Errorf("from %v to %v by %v: %v, %v; want %v, %v", c.used, c.limit, c.slope, left, ok, c.left, c.ok)
		}
	}
}
