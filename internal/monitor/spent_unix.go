//go:build unix

package monitor

import (
	"time"

	"golang.org/x/sys/unix"
)

// spent is the CPU time that ptop and the children that it has waited for have used; false where that is not known.
func spent() (time.Duration, bool) {
	var sum int64
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var use unix.Rusage
		if unix.Getrusage(who, &use) != nil {
			return 0, false
		}
		sum += use.Utime.Nano() + use.Stime.Nano()
	}
	return time.Duration(sum), true
}
