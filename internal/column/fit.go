package column

import "slices"

// lastWanted is the room for the last column, which takes the rest of a line, below which others give way to it.
const lastWanted = 26

// givesWay is the columns that nobody chose in the order in which they are left out for want of room. Those that are
// not in it stay: who it is, how it is and what it takes.
var givesWay = []string{
	"idle_seconds", "ctx_per_s", "nice", "threads", "container", "wait_percent", "cpu_time_seconds", "mem_percent", "user", "rss_bytes",
}

// Fit gives the positions of those of cols, all of which nobody chose, that there is room for on a line of w cells, with
// a blank between them. keep, which may be nil, is the column ordered by: it stays.
func Fit(cols []*Column, widths []int, w int, keep *Column) []int {
	kept := make([]int, len(cols))
	used := 0
	for i := range cols {
		kept[i] = i
		if i < len(cols)-1 {
			used += widths[i] + 1
		}
	}
	for _, id := range givesWay {
		if w-used >= lastWanted {
			break
		}
		kept = slices.DeleteFunc(kept, func(i int) bool {
			goes := cols[i].ID == id && cols[i] != keep && i < len(cols)-1
			if goes {
				used -= widths[i] + 1
			}
			return goes
		})
	}
	return kept
}
