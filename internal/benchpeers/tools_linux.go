package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// tools are the programs that it needs, with Debian's packages that have them and how they tell their version.
var tools = []struct {
	name, packages string
	version        []string
}{
	{"tmux", "tmux", []string{"-V"}},
	{"top", "procps", []string{"-V"}},
	{"htop", "htop", []string{"--version"}},
	{"btop", "btop", []string{"--version"}},
	{"ps", "procps", []string{"--version"}},
	{"pstree", "psmisc", []string{"--version"}},
	{"gcc", "gcc libc6-dev", []string{"--version"}},
}

// missing gives the packages of the tools that are not here.
func missing() []string {
	var packages []string
	for _, t := range tools {
		if _, err := exec.LookPath(t.name); err != nil {
			packages = append(packages, strings.Fields(t.packages)...)
		}
	}
	slices.Sort(packages)
	return slices.Compact(packages)
}

// install gets what is missing, where it may.
func install(ctx context.Context) error {
	packages := missing()
	if len(packages) == 0 {
		return nil
	}
	list := strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("these packages are missing: %s (root with apt-get would have them installed)", list)
	}
	progress("installing %s by apt-get", list)
	get := "apt-get install -y -qq --no-install-recommends " + list
	argv := []string{"sh", "-c", get + " || { apt-get update -qq && " + get + "; }"}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return explained(ctx, err, []string{"apt-get install", list}, string(out))
	}
	if packages := missing(); len(packages) > 0 {
		return errors.New("apt-get has installed them, but PATH lacks programs of " + strings.Join(packages, " "))
	}
	return nil
}

// versions tells which versions are compared.
func (b *bench) versions(ctx context.Context) [][]string {
	lines := [][]string{{"ptop", b.version(ctx, b.ptop, "--version")}, {"Go", runtime.Version()}}
	for _, t := range tools {
		lines = append(lines, []string{t.name, b.version(ctx, append([]string{t.name}, t.version...)...)})
	}
	return lines
}

// version is the first line that a program says of itself, on whichever of the two outputs.
func (b *bench) version(ctx context.Context, argv ...string) string {
	out, _ := b.command(ctx, argv...).CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(plain(string(out))), "\n")
	return strings.TrimSpace(line)
}

// machine describes what it runs on. The load before is there to judge the figures by.
func machine() [][]string {
	var u unix.Utsname
	_ = unix.Uname(&u)
	return [][]string{
		{"CPU", fmt.Sprintf("%s, %d of them", fromFile("/proc/cpuinfo", `(?m)^model name\s*: (.*)$`), runtime.NumCPU())},
		{"memory", fromFile("/proc/meminfo", `(?m)^MemTotal:\s*(.*)$`)},
		{"kernel", unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])},
		{"load average before", fromFile("/proc/loadavg", `^(\S+ \S+ \S+)`)},
	}
}

// fromFile gives what a pattern finds in a file, - where it finds nothing.
func fromFile(path, pattern string) string {
	text, _ := os.ReadFile(path)
	if m := regexp.MustCompile(pattern).FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return "-"
}
