package main

import (
	"bytes"
	"context"
	"time"
)

// shotRuns is how often each one-shot program runs, and shotLimit how long it may: some of them wait for a process that
// the kernel does not let them read.
const (
	shotRuns  = 11
	shotLimit = 5 * time.Minute
)

// measureShots runs the one-shot programs in turn, and takes the CPU time that wait4 tells of each and the time to its
// end, both in milliseconds.
func (b *bench) measureShots(ctx context.Context) ([]*series, error) {
	return inTurn(b.shots(), shotRuns, func(p program, s *series) error {
		limited, cancel := context.WithTimeout(ctx, shotLimit)
		defer cancel()
		cmd := b.command(limited, p.argv...)
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		start := time.Now()
		err := cmd.Run()
		wall := time.Since(start)
		if err != nil {
			return explained(limited, err, p.argv, complaint.String())
		}
		s.cpu = append(s.cpu, ms(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()))
		s.wall = append(s.wall, ms(wall))
		return nil
	})
}

// inTurn measures each program once in each of some rounds; every round begins with another one.
func inTurn(programs []program, rounds int, once func(program, *series) error) ([]*series, error) {
	all := make([]*series, len(programs))
	for i, p := range programs {
		all[i] = &series{name: p.name, own: p.own}
	}
	for round := range rounds {
		for i := range programs {
			i = (i + round) % len(programs)
			if err := once(programs[i], all[i]); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
