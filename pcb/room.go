package pcb

// Room gives a slice, with what it holds, that has room for n in all and a little more, and not for many more: what is as long
// as the machine has processes keeps its memory from reading to reading, and what a machine had once that has fewer now is let
// go.
func Room[T any](s []T, n int) []T {
	if cap(s) < n || cap(s) > 2*n+1024 {
		s = append(make([]T, 0, max(n+n/16+16, len(s))), s...)
	}
	return s
}
