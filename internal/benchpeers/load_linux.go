package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// busy is how many processes spin beside the idle ones.
const busy = 3

// load is the processes among which everything is measured.
type load struct {
	cmd *exec.Cmd
	in  io.Closer // its end is theirs
}

// zombies says how many of n processes are dead and not waited for: one in a hundred.
func zombies(n int) int { return n / 100 }

// startLoad makes n processes, and returns when all of them are there.
func (b *bench) startLoad(ctx context.Context, n int) (*load, error) {
	dead := zombies(n)
	cmd := b.command(ctx, b.path("load"), strconv.Itoa(n-dead), strconv.Itoa(dead), strconv.Itoa(busy))
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	l := &load{cmd, in}
	said, _ := bufio.NewReader(out).ReadString('\n')
	if said == "ready\n" {
		return l, nil
	}
	_ = l.stop(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("they can't be made: %s (limits are pid_max, RLIMIT_NPROC and the cgroup's pids.max)", strings.TrimSpace(said))
}

// stop ends the processes and waits until the last one is gone.
func (l *load) stop(ctx context.Context) error {
	_ = l.in.Close()
	if err := l.cmd.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the idle processes: %w", err)
	}
	return nil
}

// processes counts what /proc lists.
func processes() int {
	entries, _ := os.ReadDir("/proc")
	n := 0
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err == nil {
			n++
		}
	}
	return n
}

// floorRuns is how often the floor is measured; what it reads takes turns.
const floorRuns = 7

// measureFloor gives the CPU time, in microseconds a process, of a C program that reads and does not look.
func (b *bench) measureFloor(ctx context.Context) ([]*series, error) {
	out, err := b.output(ctx, b.path("floor"), strconv.Itoa(floorRuns))
	if err != nil {
		return nil, err
	}
	return parseFloor(out)
}

// parseFloor reads what floor prints: what was read and microseconds, a line for each run.
func parseFloor(out string) ([]*series, error) {
	var all []*series
	for line := range strings.Lines(out) {
		name, figure, _ := strings.Cut(strings.TrimSpace(line), "\t")
		us, err := strconv.ParseFloat(figure, 64)
		if err != nil {
			return nil, fmt.Errorf("floor: %w", err)
		}
		s := named(all, name)
		if s == nil {
			s = &series{name: name}
			all = append(all, s)
		}
		s.cpu = append(s.cpu, us)
	}
	return all, nil
}
