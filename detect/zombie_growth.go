package detect

import "time"

// growth is how the number of one parent's zombies changes.
type growth struct {
	perMinute float64       // net; 0 where it does not grow, or was not watched for long enough to say
	span      time.Duration // over which
	critical  bool          // it has lasted long enough at that rate
	reaping   bool          // some were seen to be reaped
	bounded   bool          // it was watched for long enough to say that their number keeps within bounds
	most      int           // the most at one reading of that span
	more      int           // how many more there are than when watching began, however short that is ago
	reaped    int           // how many were seen to go since then
}

// growing reports whether they become more, as far as that can be said.
func (g *growth) growing() bool { return g.critical || g.perMinute > 0 }

// growth judges the two rates that are critical: a slow one that lasts, and a fast one that has lasted a tenth as long.
// Below those, and of what is bounded, it wants to have watched for half of warn_age: two readings in a row tell nothing.
func (p *Pass) growth(b *brood) growth {
	r := *p.History.of(b.culprit).reaper(b.kind == ofClone)
	g := growth{reaping: r != nil && r.reaped > 0}
	window := p.Duration("growth_window")
	for _, rule := range []struct {
		span time.Duration
		rate float64
	}{{window / 10, p.Param("growth_fast")}, {window, p.Param("growth")}} {
		if rate, lasting := p.grew(b, r, rule.span, rule.rate); lasting && rate >= rule.rate {
			g.perMinute, g.span, g.critical = rate, rule.span, true
			return g
		}
	}
	g.span = min(r.watched(), window)
	g.more, _ = r.net(g.span)
	if r != nil {
		g.reaped = r.reaped
	}
	if g.span <= 0 || g.span < p.Duration("warn_age")/2 {
		return g
	}
	if g.reaping && r.bounded(g.span) {
		g.bounded, g.most = true, r.most(g.span)
	} else if n, rate := r.net(g.span); n > 1 {
		g.perMinute = rate
	}
	return g
}

// grew gives the net growth over a span, in zombies a minute, and whether each third of it had its part. Counts that
// were watched tell it; before those reach as far back, the ages of the dead do, as long as nothing was seen reaped:
// of a parent that reaps now and then, not all would be left.
func (p *Pass) grew(b *brood, r *reaper, span time.Duration, rate float64) (perMinute float64, lasting bool) {
	var thirds [3]int
	if r.watched() >= span {
		now := r.at(r.n - 1).count
		for k := range thirds {
			then := r.before(span * time.Duration(k+1) / 3).count
			thirds[k], now = now-then, then
		}
	} else {
		if r != nil && r.reaped > 0 || b.oldest < span {
			return 0, false
		}
		for _, c := range b.members {
			if k := int(3 * c.dead / span); k < 3 {
				thirds[k]++
			}
		}
	}
	least := max(1, rate*span.Minutes()/3/2) // half of its part: the thirds need not be even
	for _, n := range thirds {
		if float64(n) < least {
			return 0, false
		}
	}
	if r.watched() >= span {
		_, perMinute = r.net(span)
		return perMinute, true
	}
	return float64(thirds[0]+thirds[1]+thirds[2]) / span.Minutes(), true
}

// tell adds what is known of the growth to the evidence.
func (g *growth) tell(f *Finding) {
	over := ", over " + seconds(g.span)
	if g.growing() {
		f.know("growth_per_min", g.perMinute, "/proc/*/stat"+over)
	}
	if g.reaping {
		f.know("reaping_seen", true, "/proc, zombies of it that went")
	}
	if g.bounded {
		f.know("most_at_once", int64(g.most), "/proc/*/stat"+over)
	}
}
