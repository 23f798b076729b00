//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withTerminal is a program that has a terminal for its screen.
func withTerminal(t *testing.T, env environment) *program {
	t.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return &program{env: env, stdin: terminal, stdout: terminal}
}

// startOnTerminal reads a command line and the configuration as a start on a terminal does.
func startOnTerminal(t *testing.T, env environment, args ...string) *program {
	t.Helper()
	p := withTerminal(t, env)
	if _, err := p.parse(args); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return p
}

// configured is a home with this configuration.
func configured(t *testing.T, text string) environment {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "ptop"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "ptop", "config.toml"), text)
	return environment{"XDG_CONFIG_HOME=" + dir}
}

// The command line goes before [screen], which goes before the rest of the file, and only on the screen.
func TestScreenTableIsForTheScreen(t *testing.T) {
	env := configured(t, `sort = "pid"
columns = "pid"
delay = 3
set = ["zombie.min_age=3"]
saved-filter = ["hot=cpu_percent > 50", "first=pid == 1"]
pid = [1, 2]
[screen]
sort = "-rss_bytes"
delay = 4
theme = "light"
set = ["zombie.min_age=4"]
saved-filter = ["hot=cpu_percent > 90"]
pid = []
kernel-threads = true
`)
	for _, c := range []struct {
		args   string
		screen bool
		delay  string
	}{
		{"", true, "4s"},
		{"--delay 5", true, "5s"},
		{"--tree", true, "4s"},
		{"--json=false", true, "4s"},
		{"--json", false, "3s"},
		{"--json --delay 5", false, "5s"},
		{"--csv", false, "3s"},
		{"-b", false, "3s"},
		{"--findings", false, "3s"},
		{"--check", false, "3s"},
		{"--explain 1", false, "3s"},
	} {
		o := &startOnTerminal(t, env, strings.Fields(c.args)...).opt
		if o.delay.String() != c.delay {
			t.Errorf("ptop %s: the delay is %s, not %s", c.args, o.delay.String(), c.delay)
		}
		ofScreen := o.sort == "-rss_bytes" && o.theme == "light" && o.kernel && strings.Join(o.set, " ") == "zombie.min_age=4" && len(o.savedFilters) == 1 && len(o.pids) == 0
		ofAll := o.sort == "pid" && o.theme == "default" && !o.kernel && strings.Join(o.set, " ") == "zombie.min_age=3" && len(o.savedFilters) == 2 && len(o.pids) == 2
		if ofScreen != c.screen || ofAll == c.screen || o.columns != "pid" {
			t.Errorf("ptop %s has %+v", c.args, o)
		}
	}
	o := &startOnTerminal(t, configured(t, "json = true\n[screen]\ndelay = 4\n")).opt
	if o.delay.String() != defaultDelay.String() {
		t.Errorf("a configuration that asks for JSON has a delay of %s", o.delay.String())
	}
	p := &program{env: env} // ptop --tree | less
	if _, err := p.parse([]string{"--tree"}); err != nil || p.opt.sort != "pid" {
		t.Errorf("without a terminal: sorted by %s: %v", p.opt.sort, err)
	}
}

// Of two settings that do not go together the nearer one is taken, and of two that are as near none: that is told where
// both are used, and nowhere else.
func TestScreenTableGoesBefore(t *testing.T) {
	for _, c := range []struct {
		text, args string
		tree       bool
		groupBy    string
	}{
		{"group-by = 'user'\n[screen]\ntree = true\n", "", true, ""},
		{"group-by = 'user'\n[screen]\ntree = true\n", "--json", false, "user"},
		{"tree = true\n[screen]\ngroup-by = 'user'\n", "", false, "user"},
		{"[screen]\ngroup-by = 'user'\n", "--tree", true, ""},
		{"[screen]\ntree = true\n", "--group-by user", false, "user"},
		{"tree = true\ngroup-by = 'user'\n[screen]\ntree = false\n", "", false, "user"},
		{"[screen]\ntree = true\ngroup-by = 'user'\n", "--csv", false, ""},
	} {
		if o := &startOnTerminal(t, configured(t, c.text), strings.Fields(c.args)...).opt; o.tree != c.tree || o.groupBy != c.groupBy {
			t.Errorf("%q, ptop %s: tree is %v, grouped by %q", c.text, c.args, o.tree, o.groupBy)
		}
	}
	both := withTerminal(t, configured(t, "[screen]\ntree = true\ngroup-by = 'user'\n"))
	if _, err := both.parse(nil); err == nil || !strings.Contains(err.Error(), "--tree and --group-by do not go together") {
		t.Errorf("the error is %v", err)
	}
}

// What is wrong with a configuration is told with its line in every mode, and nothing of it is quoted.
func TestConfigFaults(t *testing.T) {
	const other = "the only table is [screen]; every other key is a long flag at top level"
	for text, want := range map[string]string{
		"delay = 1\n[screens]\n":                              "line 2: " + other,
		"delay = 1\n\n[[screen]]\n":                           "line 3: " + other,
		"[screen.hunter2]\n":                                  "line 1: " + other,
		"[screen]\ndelay = 1\n[hunter2]\nx = 1\n":             "line 3: " + other,
		"screen = { delay = 1 }\n":                            "line 1: " + other,
		"delay = 1\nset = { zombie = 'hunter2' }\n":           "line 2: " + other,
		"screen.delay = 1\n":                                  "line 1: dotted keys are not known here",
		"[screen]\nset.zombie = 1\n":                          "line 2: dotted keys are not known here",
		"screen = 1\n":                                        "line 1: unknown key",
		"[screen]\n[screen]\n":                                "line 2: [screen] stands there twice",
		"delay = 1\n[screen]\ndelay = 2\n'delay' = 'hunter2'": "line 4: key delay stands there twice",
		"[screen]\ndely = 'hunter2'\n":                        "line 2: unknown key (did you mean \"delay\"?)",
		"[screen]\ndelay = 'hunter2'\n":                       "line 2: delay: want seconds",
		"[screen]\ntheme = 'hunter2'\n":                       "line 2: theme: want default, ",
		"[screen]\ncolumns = ['pid', 'pid:0']\n":              "line 2: columns: column pid: a width is",
		"[screen]\nsaved-filter = ['a=pid', 'a=pid']\n":       "line 2: saved-filter: the name a stands there twice",
		"[screen]\ntheme = hunter2\n":                         "line 2: not TOML",
		"[screen\n":                                           "line 1: not TOML",
	} {
		for _, args := range [][]string{nil, {"--json"}, {"--check"}, {"-d", "1", "-b"}} {
			_, err := (&program{env: configured(t, text)}).parse(args)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q, ptop %v: the error is %v, want %s", text, args, err, want)
			}
		}
	}
	if _, err := (&program{env: configured(t, "[screen]\njso = true\n")}).parse(nil); err == nil || !strings.HasSuffix(err.Error(), "line 2: unknown key") {
		t.Errorf("what can't stand there is suggested: %v", err)
	}
	for _, key := range []string{"json", "csv", "once", "findings", "check", "fail-on", "iterations", "no-headers", "explain", "stop", "config", "help"} {
		_, err := (&program{env: configured(t, "\n[screen]\n"+key+" = 'hunter2'\n")}).parse([]string{"--json"})
		if want := "line 3: " + key + " is no setting of the screen"; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: the error is %v", key, err)
		}
	}
}
