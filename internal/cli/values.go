package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// seconds is a flag value for a time: a number of seconds, as top takes it, or a Go duration.
type seconds time.Duration

const longest = 365 * 24 * time.Hour

func (s *seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if f, ferr := strconv.ParseFloat(text, 64); ferr == nil && !math.IsNaN(f) {
		d, err = time.Duration(min(max(f, -1), longest.Seconds()+1)*float64(time.Second)), nil
	}
	if err != nil {
		return fmt.Errorf("want seconds (2, 0.5) or a duration (500ms)")
	}
	if d < 0 || d > longest {
		return fmt.Errorf("want a time from 0 to a year")
	}
	*s = seconds(d)
	return nil
}

func (s *seconds) String() string { return time.Duration(*s).String() }

// Type is how --help calls the value.
func (s *seconds) Type() string { return "time" }

// pidList is a flag value for pids separated by commas; the flag may be given several times.
type pidList []int32

func (l *pidList) Set(text string) error {
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32)
		if err != nil || n <= 0 {
			return fmt.Errorf("%q is no pid", part)
		}
		*l = append(*l, int32(n))
	}
	return nil
}

func (l *pidList) String() string {
	var b strings.Builder
	for i, pid := range *l {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(pid)))
	}
	return b.String()
}

// Type is how --help calls the value.
func (l *pidList) Type() string { return "pids" }
