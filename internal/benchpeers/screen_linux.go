package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// warmUp is how long a screen stands before it is measured; screenLimit is how long it may take to stand there, on a machine
// with other things to do.
const (
	warmUp      = 4 * time.Second
	screenLimit = time.Minute
)

// measureScreens has each program on the screen in turn: its CPU time in milliseconds a second, and its peak RSS in MiB.
func (b *bench) measureScreens(ctx context.Context) ([]*series, error) {
	t, err := b.startTmux(ctx)
	if err != nil {
		return nil, err
	}
	defer t.stop()
	return inTurn(b.screens(), b.rounds, func(p program, s *series) error {
		progress("%s, %d of %d", p.name, len(s.cpu)+1, b.rounds)
		if err := t.measure(ctx, p, s); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		return nil
	})
}

// tmux is a server of our own, which ends with us: not a daemon.
type tmux struct {
	b    *bench
	stop func()
}

func (b *bench) startTmux(ctx context.Context) (*tmux, error) {
	server, cancel := context.WithCancel(ctx)
	cmd := b.command(server, "tmux", "-S", b.socket(), "-f", filepath.Join(b.dir, "tmux.conf"), "-D")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	t := &tmux{b, func() { cancel(); _ = cmd.Wait() }}
	var err error
	for range 50 {
		if _, err = t.do(ctx, "show-options", "-g"); err == nil {
			return t, nil
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			t.stop()
			return nil, err
		}
	}
	t.stop()
	return nil, fmt.Errorf("tmux has to know -D (3.2 and later do): %w: %s", err, strings.TrimSpace(said.String()))
}

func (b *bench) socket() string { return filepath.Join(b.dir, "tmux.socket") }

// do has the server do something.
func (t *tmux) do(ctx context.Context, args ...string) (string, error) {
	return t.b.output(ctx, append([]string{"tmux", "-N", "-S", t.b.socket()}, args...)...)
}

// measure shows a program for a while.
func (t *tmux) measure(ctx context.Context, p program, s *series) error {
	out, err := t.do(ctx, append([]string{"new-session", "-d", "-s", "bench", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows), "-P", "-F", "#{pane_pid}", "--"}, p.argv...)...)
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(out))
	if err != nil {
		return err
	}
	defer t.end(ctx, pid)
	if _, err := t.shown(ctx); err != nil {
		return err
	}
	if err := sleep(ctx, warmUp); err != nil {
		return err
	}
	shown, err := t.shown(ctx)
	if err != nil {
		return err
	}
	if p.own {
		s.source = sourceShown(shown)
	}
	cpu, err := cpuShare(ctx, pid, t.b.each)
	if err != nil {
		return err
	}
	all, own, err := peakRSS(pid)
	s.cpu, s.rss, s.ownRSS = append(s.cpu, cpu), append(s.rss, all), append(s.ownRSS, own)
	return err
}

// shown waits until there are processes on the screen, and gives it.
func (t *tmux) shown(ctx context.Context) (string, error) {
	for until := time.Now().Add(screenLimit); ; {
		shown, err := t.do(ctx, "capture-pane", "-p", "-S", "-", "-t", "bench")
		if err != nil || strings.Contains(strings.ToUpper(shown), "PID") {
			return shown, err
		}
		if strings.Contains(shown, "Pane is dead") || time.Now().After(until) {
			return "", fmt.Errorf("it shows no processes but %.200q", strings.TrimSpace(shown))
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return "", err
		}
	}
}

// ownHeader is where ptop's screen tells of itself: CPU, memory, source.
var ownHeader = regexp.MustCompile(`ptop [\d.]+% \S+ (\w+)`)

// sourceShown is what ptop says it reads, "" if it does not.
func sourceShown(screen string) string {
	if m := ownHeader.FindStringSubmatch(screen); m != nil {
		return m[1]
	}
	return ""
}

// end closes the terminal of a program and returns when its processes are gone.
func (t *tmux) end(ctx context.Context, pid int) {
	all, _ := family(pid)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = t.do(ctx, "kill-session", "-t", "bench")
	for _, pid := range all {
		endProcess(ctx, pid)
	}
}

// cpuShare is the CPU time that a process and its descendants take, in milliseconds a second.
func cpuShare(ctx context.Context, pid int, d time.Duration) (float64, error) {
	before, err := clocks(pid)
	start := time.Now()
	if err != nil {
		return 0, err
	}
	if err := sleep(ctx, d); err != nil {
		return 0, err
	}
	after, err := clocks(pid)
	if err != nil {
		return 0, err
	}
	var used time.Duration
	for pid, cpu := range after {
		used += cpu - before[pid] // of one born since, all
	}
	for pid := range before {
		if _, ok := after[pid]; !ok {
			return 0, errors.New("one of its processes ended while it was measured")
		}
	}
	return ms(used) / time.Since(start).Seconds(), nil
}
