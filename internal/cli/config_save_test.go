//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ptop/internal/view"
	"ptop/ui"
)

// chosen are settings as the screen gives them.
var chosen = []ui.Setting{
	{Key: "columns", Value: "pid,user:12,command"},
	{Key: "sort", Value: "-rss_bytes"},
	{Key: "tree", Value: "false", Usual: true},
	{Key: "kernel-threads", Value: "true"},
	{Key: "meters", Value: "normal", Usual: true},
	{Key: "delay", Value: "1.5"},
	{Key: "theme", Value: "light"},
	{Key: "colors", Value: "auto", Usual: true},
}

const lines = `columns = "pid,user:12,command"
sort = "-rss_bytes"
kernel-threads = true
delay = 1.5
theme = "light"
`

const added = "[screen]\n" + lines

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Values that stand in [screen] are replaced where they stand, the others follow, and no other byte changes: least of all
// what holds for every mode.
func TestSaveConfigKeepsTheRest(t *testing.T) {
	crlf := func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }
	for name, c := range map[string]struct{ before, after string }{
		"empty":               {"", added},
		"nothing of it":       {"# mine\n\nascii = true  # no boxes\n", "# mine\n\nascii = true  # no boxes\n\n" + added},
		"no trailing newline": {"ascii = true", "ascii = true\n\n" + added},
		"a line left empty":   {"ascii = true\n\n", "ascii = true\n\n" + added},
		"for every mode": {
			"delay = 3\ntheme = \"16\"\ncolumns = [\"pid\"]\nkernel-threads=false",
			"delay = 3\ntheme = \"16\"\ncolumns = [\"pid\"]\nkernel-threads=false\n\n" + added,
		},
		"usual, and not so in every mode": {
			"tree = true\nmeters = \"wide\" # as on the wall\n",
			"tree = true\nmeters = \"wide\" # as on the wall\n\n" + strings.NewReplacer("kernel", "tree = false\nkernel", "delay", "meters = \"normal\"\ndelay").Replace(added),
		},
		"usual, and there": {
			"[screen]\ntree = true\nmeters = \"wide\" # as on the wall\ncolors = \"16\"\n",
			"[screen]\ntree = false\nmeters = \"normal\" # as on the wall\ncolors = \"auto\"\n" + lines,
		},
		"replaced": {
			"sort = \"pid\"\n [ 'screen' ] # top\n  theme\t=\t'contrast'   # why\nascii = true\ndelay=2\ncolumns = \"pid\"\n\n\"sort\" = \"pid\"#x\nkernel-threads = false\n# end\n",
			"sort = \"pid\"\n [ 'screen' ] # top\n  theme\t=\t\"light\"   # why\nascii = true\ndelay=1.5\ncolumns = \"pid,user:12,command\"\n\n\"sort\" = \"-rss_bytes\"#x\nkernel-threads = true\n# end\n",
		},
		"header alone":                  {"ascii = true\n[screen] # mine\n\n# end\n", "ascii = true\n[screen] # mine\n" + lines + "\n# end\n"},
		"header that ends the file":     {"[screen] # ]", "[screen] # ]\n" + lines},
		"behind the last key":           {"[screen]\nvim-keys = true # hjkl\n\n# end\n", "[screen]\nvim-keys = true # hjkl\n" + lines + "\n# end\n"},
		"behind one that ends the file": {"[screen]\ndelay = 2", "[screen]\ndelay = 1.5\n" + strings.Replace(lines, "delay = 1.5\n", "", 1)},
		"array": {
			"[screen]\ncolumns = [ # a = b\n  \"pid\", # x = \"]\"\n  \"user,pid\",\n] # end\nset = [\"zombie.min_age=3\"]\n",
			"[screen]\ncolumns = \"pid,user:12,command\" # end\nset = [\"zombie.min_age=3\"]\n" + strings.TrimPrefix(lines, "columns = \"pid,user:12,command\"\n"),
		},
		"multi-line text": {
			"[screen]\ntheme = \"\"\"\nlight\"\"\"\ndelay = '''2'''\n",
			"[screen]\ntheme = \"\"\"\nlight\"\"\"\ndelay = 1.5\ncolumns = \"pid,user:12,command\"\nsort = \"-rss_bytes\"\nkernel-threads = true\n",
		},
		"CRLF":             {crlf("# mine\ndelay = \"2s\" # two\n"), crlf("# mine\ndelay = \"2s\" # two\n\n" + added)},
		"CRLF and there":   {crlf("[screen]\ndelay = \"2s\" # two\n# end\n"), crlf("[screen]\ndelay = 1.5 # two\n" + strings.Replace(lines, "delay = 1.5\n", "", 1) + "# end\n")},
		"the same already": {"delay = 3\n" + added + "# kept\n", "delay = 3\n" + added + "# kept\n"},
	} {
		path := filepath.Join(t.TempDir(), "config.toml")
		write(t, path, c.before)
		if err := saveConfig(path, chosen); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := read(t, path); got != c.after {
			t.Errorf("%s: the file is\n%q, want\n%q", name, got, c.after)
		}
	}
}

// What can't be read is left alone, byte for byte, and the error says where the fault is and does not quote it.
func TestSaveConfigLeavesFaultsAlone(t *testing.T) {
	for before, want := range map[string]string{
		"theme = hunter2":                     "line 1: not TOML",
		"# x\n[zombie]\nmin_age = 3\n":        "line 2: the only table is [screen]",
		"[screen]\ndelay = \"hunter2\"\n":     "line 2: delay: want seconds",
		"[screen]\ndelay = 1\njson = true\n":  "line 3: json is no setting of the screen",
		"nope = \"hunter2\"\n":                "line 1: unknown key",
		"delay = 1\ndelay = 2\n":              "line 2: key delay stands there twice",
		"delay = \"hunter2\"\n":               "line 1: delay: want seconds",
		"\x00\xff\xfe":                        "line 1: not TOML",
		strings.Repeat("#", maxConfig+1):      "larger than 1 MiB",
		"saved-filter = [\"hot=state ==\"]\n": "line 1: saved-filter: hot: filter: column 8",
	} {
		path := filepath.Join(t.TempDir(), "config.toml")
		write(t, path, before)
		err := saveConfig(path, chosen)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.40q: the error is %v, want %s", before, err, want)
		}
		if read(t, path) != before {
			t.Errorf("%.40q was changed", before)
		}
	}
}

// What would not be read again is not written: here two settings that do not go together, and a value that is none.
func TestSaveConfigIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	const before = "[screen]\ngroup-by = \"user\"\n"
	write(t, path, before)
	err := saveConfig(path, []ui.Setting{{Key: "tree", Value: "true"}})
	if err == nil || !strings.Contains(err.Error(), "--tree and --group-by do not go together") {
		t.Errorf("the error is %v", err)
	}
	if err := saveConfig(path, []ui.Setting{{Key: "columns", Value: "pid:0"}}); err == nil || !strings.Contains(err.Error(), "a width is a number") {
		t.Errorf("the error is %v", err)
	}
	if read(t, path) != before {
		t.Error("the file was changed")
	}
}

// Where everything is as usual there is nothing to be written: no file is made, and one that is there is not touched.
func TestSaveConfigOfTheUsual(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ptop", "config.toml")
	usual := []ui.Setting{{Key: "tree", Value: "false", Usual: true}, {Key: "theme", Value: "default", Usual: true}}
	if said, err := (&program{env: environment{"XDG_CONFIG_HOME=" + dir}}).saveSettings(usual); err != nil || said != "" {
		t.Fatalf("saved in %q: %v", said, err)
	}
	if _, err := os.Lstat(filepath.Dir(path)); !os.IsNotExist(err) {
		t.Errorf("the directory was made: %v", err)
	}
}

// What is saved is what the next start has.
func TestSavedConfigIsTheNextStart(t *testing.T) {
	dir := t.TempDir()
	p := &program{env: environment{"XDG_CONFIG_HOME=" + dir}}
	path, err := p.saveSettings(chosen)
	if err != nil || path != filepath.Join(dir, "ptop", "config.toml") {
		t.Fatalf("saved in %q: %v", path, err)
	}
	next := startOnTerminal(t, p.env)
	o := &next.opt
	if o.columns != "pid,user:12,command" || o.sort != "-rss_bytes" || o.tree || !o.kernel || o.meters != "normal" || o.delay.String() != "1.5s" || o.theme != "light" || o.colors != "auto" {
		t.Errorf("the next start has %+v", o)
	}
	screen, err := next.screenOptions(&view.Query{})
	if err != nil || len(screen.Columns) != 3 || screen.Widths[screen.Columns[1]] != 12 || screen.Meters != "normal" {
		t.Errorf("the screen has %+v: %v", screen, err)
	}
	// And the other way round: everything as it usually is.
	usual := make([]ui.Setting, len(chosen))
	for i, s := range chosen {
		usual[i] = ui.Setting{Key: s.Key, Value: next.flags.all.Lookup(s.Key).DefValue, Usual: true}
	}
	usual[0].Value, usual[1].Value = "pid,command", "-cpu_percent" // these have no text for what is usual
	if _, err := p.saveSettings(usual); err != nil {
		t.Fatal(err)
	}
	last := startOnTerminal(t, p.env)
	if last.opt.theme != "default" || last.opt.kernel || last.opt.sort != "-cpu_percent" || last.opt.delay.String() != defaultDelay.String() {
		t.Errorf("the start after has %+v", last.opt)
	}
}

// A link stays one, and what it leads to is written; a file keeps its mode and its owner; what is new is for its owner alone.
func TestSaveConfigKeepsLinksModesAndOwners(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real.toml"), filepath.Join(dir, "config.toml")
	write(t, file, "ascii = true\n")
	if err := os.Chmod(file, 0o604); err != nil {
		t.Fatal(err)
	}
	root := os.Geteuid() == 0
	if root {
		if err := os.Chown(file, 1234, 2345); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("real.toml", link); err != nil {
		t.Fatal(err)
	}
	if err := saveConfig(link, chosen); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != "real.toml" {
		t.Errorf("the link leads to %q: %v", to, err)
	}
	if got := read(t, file); got != "ascii = true\n\n"+added {
		t.Errorf("the file is %q", got)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o604 {
		t.Errorf("the mode is %v: %v", info.Mode(), err)
	}
	if own := info.Sys().(*syscall.Stat_t); root && (own.Uid != 1234 || own.Gid != 2345) {
		t.Errorf("the owner is %d:%d", own.Uid, own.Gid)
	}
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if root {
		if err := os.Chown(home, 1234, 2345); err != nil {
			t.Fatal(err)
		}
	}
	fresh := filepath.Join(home, ".config", "ptop", "config.toml")
	if err := saveConfig(fresh, chosen); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{fresh: 0o600, filepath.Dir(fresh): 0o700, filepath.Dir(filepath.Dir(fresh)): 0o700} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: the mode is %v, want %v: %v", path, info.Mode(), mode, err)
		}
		if own := info.Sys().(*syscall.Stat_t); root && (own.Uid != 1234 || own.Gid != 2345) {
			t.Errorf("%s: the owner is %d:%d", path, own.Uid, own.Gid)
		}
	}
}

// Nobody reads half a file: the old one is never written to, and nothing is left lying about.
func TestSaveConfigReplacesTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	write(t, path, "ascii = true\n")
	reader, err := os.Open(path) // whoever has begun to read goes on with the old one
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := saveConfig(path, chosen); err != nil {
		t.Fatal(err)
	}
	old := make([]byte, 100)
	if n, err := reader.Read(old); err != nil || string(old[:n]) != "ascii = true\n" {
		t.Errorf("who reads the old file gets %q: %v", old[:n], err)
	}
	onlyConfig(t, dir)
}

func onlyConfig(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "config.toml" {
		t.Errorf("the directory has %v: %v", entries, err)
	}
}

// What the file's place can't hold is an error that says which place, and the file stays as it was.
func TestSaveConfigWhereItCannot(t *testing.T) {
	if _, err := (&program{}).saveSettings(chosen); err == nil || !strings.Contains(err.Error(), "--config names a file") {
		t.Errorf("without a home: %v", err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	if err := os.Symlink("nowhere.toml", path); err != nil {
		t.Fatal(err)
	}
	if err := saveConfig(path, chosen); err == nil || !strings.Contains(err.Error(), "nowhere.toml") {
		t.Errorf("through a link to nothing: %v", err)
	}
	write(t, filepath.Join(dir, "file"), "")
	if err := saveConfig(filepath.Join(dir, "file", "ptop", "config.toml"), chosen); err == nil {
		t.Error("a file was taken for a directory")
	}
	if err := saveConfig(dir, chosen); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a directory in its place: %v", err)
	}
}
