package pcb

import (
	"fmt"
	"strconv"
	"strings"
)

// ID is the identity of a process: a pid alone is reused, a pid with the time its bearer started is not (within
// one clock tick it can be; whoever sends a signal holds a descriptor, see internal/act).
type ID struct {
	PID int32
	// Start is the start time as the kernel tells it: clock ticks since boot on Linux (stat field 22),
	// milliseconds since 1970 elsewhere.
	Start uint64
}

// String gives the ID as JSON and the command line write it: pid:start.
func (id ID) String() string {
	return strconv.FormatInt(int64(id.PID), 10) + ":" + strconv.FormatUint(id.Start, 10)
}

// IsZero reports whether id names no process.
func (id ID) IsZero() bool { return id == ID{} }

// ParseID reads "pid" or "pid:start". exact tells whether a start time was given.
func ParseID(s string) (id ID, exact bool, err error) {
	pid, start, exact := strings.Cut(s, ":")
	n, err := strconv.ParseInt(pid, 10, 32)
	if err != nil || n <= 0 {
		return ID{}, false, fmt.Errorf("%q is no process: want a pid (1234) or pid:start (1234:66157)", s)
	}
	id.PID = int32(n)
	if exact {
		if id.Start, err = strconv.ParseUint(start, 10, 64); err != nil {
			return ID{}, false, fmt.Errorf("%q is no process: %q is no start time", s, start)
		}
	}
	return id, exact, nil
}
