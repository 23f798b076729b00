package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is set in the setup and saved there is what the next start of the screen shows; what stood in the file stays, and
// what a script gets is what it was.
func TestSetupIsSavedForTheNextStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ptop", "config.toml")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("# mine\nsort = 'pid' # by age\nsaved-filter = [\"first=pid == 1\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	script := func(flag string) string {
		t.Helper()
		out, err := exec.Command("ptop", flag, "-d", "0", "--procfs", "../../testdata/proc/zombie", "--config", file).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if _, rows, isJSON := strings.Cut(string(out), `"processes":`); isJSON { // before them it has the time
			return rows
		}
		return string(out)
	}
	forms := map[string]string{"--csv": "", "--once": "", "--json": ""}
	for flag := range forms {
		forms[flag] = script(flag)
		if !strings.Contains(forms[flag], "/srv/agent") {
			t.Fatalf("ptop %s gives %q", flag, forms[flag])
		}
	}
	term := newTerminal(t, 220, 40)
	term.typed("ptop --config '" + file + "'")
	term.keys("Enter")
	term.waitFor("PID▲", "cpu0")
	term.keys("F2")
	term.waitFor("< pid >", "< ascending >", "Esc undoes")
	term.keys("Down", "Right", "Down", "Right", "Right", "Right") // the direction; the meters
	term.waitFor("< descending >", "< none >")
	term.keys("/")
	term.typed("exe")
	term.keys("Enter", "Space")
	term.waitFor("[x] EXE")
	term.keys("s")
	term.waitFor("saved in " + file)
	term.keys("Escape") // takes back only what was set since
	term.waitUntil("table alone", func(screen string) bool {
		return strings.Contains(screen, "PID▼") && strings.Contains(screen, "EXE") && !strings.Contains(screen, "Esc undoes")
	})
	term.keys("q")
	term.waitFor("$")
	got, err := os.ReadFile(file)
	const want = "# mine\nsort = 'pid' # by age\nsaved-filter = [\"first=pid == 1\"]\n\n[screen]\n" +
		"columns = \"pid,user,nice,state,cpu_percent,wait_percent,rss_bytes,mem_percent,cpu_time_seconds,threads,ctx_per_s,idle_seconds,container,command,exe\"\n" +
		"sort = \"-pid\"\nmeters = \"none\"\n"
	if err != nil || string(got) != want {
		t.Fatalf("the file is\n%s\nwant\n%s\n%v", got, want, err)
	}
	for flag, before := range forms {
		if after := script(flag); after != before {
			t.Errorf("ptop %s gives\n%s\nafter what was saved on the screen, and before\n%s", flag, after, before)
		}
	}
	term.typed("clear; ptop --config '" + file + "'")
	term.keys("Enter")
	term.waitUntil("table without a header", func(screen string) bool {
		first, _, _ := strings.Cut(screen, "\n")
		return strings.Contains(first, "PID▼") && strings.Contains(first, "EXE")
	})
	term.keys("/")
	term.typed("@f")
	term.keys("Tab")
	term.waitFor("filter: @first", "1 row")
	term.keys("Enter")
	term.waitFor("filter pid == 1")
	term.keys("q")
}
