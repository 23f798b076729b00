package detect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"ptop/internal/near"
)

// Settings is the detectors' parameters as the user set them.
type Settings struct {
	values    map[paramKey]float64
	TimeScale float64 // multiplies every parameter in seconds; 0 means 1
}

type paramKey struct{ detector, param string }

// NewSettings gives every parameter its default.
func NewSettings() *Settings {
	s := &Settings{values: map[paramKey]float64{}}
	for _, d := range All {
		for _, p := range d.Params {
			s.values[paramKey{d.ID, p.Name}] = p.Default
		}
	}
	return s
}

// Set reads an assignment such as "zombie.min_age=5". Its error is one line and names what exists.
func (s *Settings) Set(assignment string) error {
	name, text, ok := strings.Cut(assignment, "=")
	if !ok {
		return fmt.Errorf("%q is no assignment: want DETECTOR.PARAMETER=VALUE", assignment)
	}
	id, param, _ := strings.Cut(strings.TrimSpace(name), ".")
	d, err := byID(id)
	if err != nil {
		return err
	}
	if _, known := s.values[paramKey{id, param}]; !known {
		return fmt.Errorf("detector %s has no parameter %q%s", id, param, hint(param, d.paramNames()))
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
		return fmt.Errorf("%s.%s=%s: want a number that is not negative", id, param, text)
	}
	s.values[paramKey{id, param}] = value
	return nil
}

// byID finds a detector by its ID.
func byID(id string) (*Detector, error) {
	ids := make([]string, len(All))
	for i, d := range All {
		if d.ID == id {
			return d, nil
		}
		ids[i] = d.ID
	}
	return nil, fmt.Errorf("unknown detector %q%s", id, hint(id, ids))
}

func (d *Detector) paramNames() []string {
	names := make([]string, len(d.Params))
	for i, p := range d.Params {
		names[i] = p.Name
	}
	return names
}

// hint gives the name that was probably meant, or all there are.
func hint(typed string, known []string) string {
	if name := near.Name(typed, known); name != "" {
		return fmt.Sprintf(" (did you mean %s?)", name)
	}
	return ": want " + strings.Join(known, ", ")
}

// param gives a parameter's value. An undeclared name is a mistake in the detector, and told as loudly as one.
func (s *Settings) param(d *Detector, name string) float64 {
	v, ok := s.values[paramKey{d.ID, name}]
	if !ok {
		panic("detect: " + d.ID + " declares no parameter " + name)
	}
	return v
}

// duration gives a parameter in seconds, scaled.
func (s *Settings) duration(d *Detector, name string) time.Duration {
	return s.scaled(time.Duration(s.param(d, name) * float64(time.Second)))
}

// scaled gives a time as TimeScale has it.
func (s *Settings) scaled(d time.Duration) time.Duration {
	if s.TimeScale == 0 {
		return d
	}
	return time.Duration(float64(d) * s.TimeScale)
}

// optional gives a duration that a detector may leave undeclared, 0 then.
func (s *Settings) optional(d *Detector, name string) time.Duration {
	if _, ok := s.values[paramKey{d.ID, name}]; !ok {
		return 0
	}
	return s.duration(d, name)
}
