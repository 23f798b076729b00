package taskstats

import (
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What asking costs: CPU time of this program alone, as what others do to the clock does not count.
func BenchmarkRead(b *testing.B) {
	for _, n := range []int{300, 3000, 10000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			pids := sleepers(b, n)
			c := open(b)
			qs := make([]Query, n)
			for i, pid := range pids {
				qs[i].PID = pid
			}
			if err := c.Read(qs); err != nil { // makes room
				b.Fatal(err)
			}
			b.ReportAllocs()
			var spent time.Duration
			rounds := 0
			for b.Loop() {
				before := cpuTime(unix.CLOCK_PROCESS_CPUTIME_ID)
				if err := c.Read(qs); err != nil {
					b.Fatal(err)
				}
				spent += cpuTime(unix.CLOCK_PROCESS_CPUTIME_ID) - before
				rounds++
			}
			b.ReportMetric(float64(spent)/float64(rounds*n)/1000, "µs/proc")
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	open(b)
	for b.Loop() {
		c, err := Open()
		if err != nil {
			b.Fatal(err)
		}
		_ = c.Close()
	}
}
