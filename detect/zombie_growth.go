package detect

import "time"

// growth is how the number of one parent's zombies changes.
type growth struct {
	perMinute float64       // net
	span      time.Duration // over which
	critical  bool          // it has lasted long enough at that rate
	reaping   bool          // some were seen to be reaped
	flat      bool          // watched for long enough to say that it does not grow
}

// growth judges the two rates that are critical: a slow one that lasts, and a fast one that has lasted a tenth as long.
func (p *Pass) growth(b *brood) growth {
	r := p.History.of(b.culprit).reaper
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
	g.perMinute = max(0, r.net(g.span))
	g.flat = g.span >= p.Duration("warn_age")/2 && g.perMinute == 0
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
		return r.net(span), true
	}
	return float64(thirds[0]+thirds[1]+thirds[2]) / span.Minutes(), true
}

// tell adds what is known of the growth to the evidence.
func (g *growth) tell(f *Finding) {
	if g.perMinute > 0 {
		f.know("growth_per_min", g.perMinute, "/proc/*/stat, over "+seconds(g.span))
	}
	if g.reaping {
		f.know("reaping_seen", true, "/proc, zombies of it that went")
	}
}
