package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/filter"
)

// value is a flag's value that is refused where it is given, so that a fault in the configuration has its line there.
type value[T any] struct {
	at    *T
	parse func(string) (T, error)
	kind  string
}

var errNoValue = errors.New("needs a value")

func (v value[T]) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errNoValue
	}
	parsed, err := v.parse(text)
	if err == nil {
		*v.at = parsed
	}
	return err
}

func (v value[T]) String() string { return fmt.Sprint(*v.at) }

// Type is how --help calls the value.
func (v value[T]) Type() string { return v.kind }

// text is a text that check, which may be nil, does not refuse.
func text(at *string, check func(string) error) value[string] {
	return value[string]{at, func(text string) (string, error) {
		if check == nil {
			return text, nil
		}
		return text, check(text)
	}, "string"}
}

// oneOf is a text that is one of names.
func oneOf(at *string, names []string) value[string] {
	return text(at, func(text string) error {
		if !slices.Contains(names, text) {
			return errors.New("want " + strings.Join(names, ", "))
		}
		return nil
	})
}

// whole is a number from least to most; want says so in words.
func whole(at *int, least, most int, want string) value[int] {
	return value[int]{at, func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return 0, errors.New(want)
		}
		return n, nil
	}, "int"}
}

// factor is a number that the time scale may be.
func factor(at *float64) value[float64] {
	return value[float64]{at, func(text string) (float64, error) {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || !(f > 0 && f <= 1000) { // NaN is neither
			return 0, errors.New("want more than 0, at most 1000")
		}
		return f, nil
	}, "float"}
}

// share is a number of percent of one CPU.
func share(at *float64) value[float64] {
	return value[float64]{at, func(text string) (float64, error) {
		f, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
		if err != nil || !(f >= 0 && f <= 100) { // NaN is neither
			return 0, errors.New("want 0 (no bound) to 100")
		}
		return f, nil
	}, "float"}
}

// list is the value of a flag that may be given several times: each is added to those before.
type list[T any] struct{ value[T] }

func (l list[T]) clear() {
	var none T
	*l.at = none
}

// assignments is a flag value that may be given several times, each DETECTOR.PARAM=VALUE.
func assignments(at *[]string) list[[]string] {
	return list[[]string]{value[[]string]{at, func(text string) ([]string, error) {
		return append(*at, text), detect.NewSettings().Set(text)
	}, "stringArray"}}
}

// savedFilters is a flag value that may be given several times, each NAME=EXPR.
func savedFilters(at *filter.Saved) list[filter.Saved] {
	return list[filter.Saved]{value[filter.Saved]{at, func(text string) (filter.Saved, error) { return at.With(text) }, "stringArray"}}
}

// seconds is a flag value for a time: a number of seconds, as top takes it, or a Go duration.
type seconds time.Duration

const longest = 365 * 24 * time.Hour

func (s *seconds) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errNoValue
	}
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
	if strings.TrimSpace(text) == "" {
		return errNoValue
	}
	for _, part := range strings.Split(text, ",") {
		pid, err := parsePID(part)
		if err != nil {
			return err
		}
		*l = append(*l, pid)
	}
	return nil
}

func (l *pidList) clear() { *l = nil }

func parsePID(text string) (int32, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is no pid", text)
	}
	return int32(n), nil
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
