package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed src
var source embed.FS

// bench is a directory and an environment for all that is started, so that nothing of the user's is read or written.
type bench struct {
	options
	dir string
	env []string
}

// The configuration of those that can't be told everything on the command line.
var configuration = map[string]string{
	"config/btop/btop.conf": "update_ms = 1000\n",
	"tmux.conf":             "set -g default-terminal screen-256color\nset -g remain-on-exit on\nset -g status off\n",
}

func newBench(ctx context.Context, o options) (*bench, error) {
	dir, err := os.MkdirTemp("", "bench-peers")
	if err != nil {
		return nil, err
	}
	b := &bench{options: o, dir: dir, env: []string{
		"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "SHELL=/bin/sh", "TERM=xterm-256color",
		"HOME=" + filepath.Join(dir, "home"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_STATE_HOME=" + filepath.Join(dir, "state"),
		"XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "XDG_DATA_HOME=" + filepath.Join(dir, "data"),
	}}
	if err := b.prepare(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// prepare fills the directory, and tries every variant of ptop: better now than in ten minutes.
func (b *bench) prepare(ctx context.Context) error {
	if err := os.Mkdir(filepath.Join(b.dir, "home"), 0o700); err != nil {
		return err
	}
	for name, text := range configuration {
		path := filepath.Join(b.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	if err := os.CopyFS(b.dir, source); err != nil {
		return err
	}
	for _, name := range []string{"load", "floor"} {
		if _, err := b.output(ctx, "gcc", "-O2", "-Wall", "-o", b.path(name), filepath.Join(b.dir, "src", name+".c")); err != nil {
			return err
		}
	}
	for _, p := range b.ptops("--json", "--delay", "0", "--limit", "1") {
		if _, err := b.output(ctx, p.argv...); err != nil {
			return err
		}
	}
	return nil
}

// path is where a program of ours is.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) close() { _ = os.RemoveAll(b.dir) }

// command makes a program ready to be started, whose group ends with ctx, and itself with this program.
func (b *bench) command(ctx context.Context, argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = b.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// output runs a program and gives what it prints. An error has the end of what it complained of.
func (b *bench) output(ctx context.Context, argv ...string) (string, error) {
	cmd := b.command(ctx, argv...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	return string(out), explained(ctx, err, argv, complaint.String())
}

// explained makes one line of an error and of what the program said.
func explained(ctx context.Context, err error, argv []string, said string) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", strings.Join(argv, " "), ctx.Err())
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, lines[len(lines)-1])
}

// sleep waits, or gives ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// program is one of those compared.
type program struct {
	name string
	argv []string
	own  bool // it is ptop
}

// ptops gives ptop with some arguments, once for each source that it shall read.
func (b *bench) ptops(args ...string) []program {
	var all []program
	for _, source := range b.variants {
		p := program{name: "ptop", argv: []string{b.ptop}, own: true}
		if source != "auto" {
			p.name += " --source " + source
			p.argv = append(p.argv, "--source", source)
		}
		p.argv = append(p.argv, args...)
		all = append(all, p)
	}
	return all
}

// peer is a program that is not ptop; its name is its command line.
func peer(argv ...string) program { return program{name: strings.Join(argv, " "), argv: argv} }

// screens are the programs that show a screen, each at a delay of one second: ptop is kept from reading more seldom by itself.
func (b *bench) screens() []program {
	return append(b.ptops("-d", "1", "--budget", "0"), peer("top", "-d", "1"), peer("htop", "-d", "10"), peer("btop"))
}

// shots are those that print a list and end.
func (b *bench) shots() []program {
	return append(b.ptops("--json", "--delay", "0"), peer("ps", "-eo", "pid,ppid,stat,comm,args"), peer("top", "-b", "-n1"), peer("pstree", "-p"))
}

// frames are those whose first picture is waited for.
func (b *bench) frames() []program { return append(b.ptops("-d", "1"), peer("top", "-d", "1")) }

// measure goes through the sizes, and prints each one's tables as soon as they are there.
func (b *bench) measure(ctx context.Context) (*report, error) {
	r := &report{options: b.options, machine: machine(), versions: b.versions(ctx)}
	for _, n := range b.sizes {
		s, err := b.size(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("%d processes: %w", n, err)
		}
		fmt.Print(s.tables())
		r.sizes = append(r.sizes, s)
	}
	return r, nil
}

// size measures everything beside one number of idle processes.
func (b *bench) size(ctx context.Context, n int) (s size, err error) {
	progress("%d processes", n)
	load, err := b.startLoad(ctx, n)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, load.stop(ctx)) }()
	s.idle, s.processes = n, processes()
	if s.frames, err = b.measureFrames(ctx); err != nil {
		return s, err
	}
	if s.shots, err = b.measureShots(ctx); err != nil {
		return s, err
	}
	if s.floor, err = b.measureFloor(ctx); err != nil {
		return s, err
	}
	s.screens, err = b.measureScreens(ctx)
	return s, err
}
