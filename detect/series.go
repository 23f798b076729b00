package detect

import "time"

// series is readings of something over time, thinned out so that there are about as many as slots however fast they follow each other.
type series[T any] struct{ points []reading[T] }

type reading[T any] struct {
	at    time.Duration // Mono
	value T
}

// add enters a reading. span is how far back the series has to reach.
func (s *series[T]) add(at, span time.Duration, value T) {
	n := len(s.points)
	if n >= 2 && at-s.points[n-2].at < span/slots || n > 0 && s.points[n-1].at == at {
		s.points[n-1] = reading[T]{at, value}
		return
	}
	if s.points == nil {
		s.points = make([]reading[T], 0, slots+4)
	}
	drop := 0
	for drop+1 < n && at-s.points[drop+1].at >= span {
		drop++
	}
	s.points = append(s.points[:copy(s.points, s.points[drop:])], reading[T]{at, value})
}

// last is the newest value.
func (s *series[T]) last() (value T, ok bool) {
	if n := len(s.points); n > 0 {
		return s.points[n-1].value, true
	}
	return value, false
}

// over gives the newest value and the one before it that is a span older or, where it does not reach back so far, the oldest;
// and how much time is between the two.
func (s *series[T]) over(span time.Duration) (from, to T, lasted time.Duration) {
	n := len(s.points)
	if n == 0 {
		return from, to, 0
	}
	end := s.points[n-1]
	k := n - 1
	for k > 0 && end.at-s.points[k].at < span {
		k--
	}
	return s.points[k].value, end.value, end.at - s.points[k].at
}
