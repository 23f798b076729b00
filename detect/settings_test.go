package detect

import (
	"strings"
	"testing"
	"time"
)

func TestSet(t *testing.T) {
	s := NewSettings()
	if got := s.duration(zombie, "min_age"); got != 5*time.Second {
		t.Errorf("default %v", got)
	}
	if err := s.Set("zombie.min_age=2.5"); err != nil || s.duration(zombie, "min_age") != 2500*time.Millisecond {
		t.Errorf("%v, %v", s.duration(zombie, "min_age"), err)
	}
	s.TimeScale = 0.1
	if got := s.duration(zombie, "min_age"); got != 250*time.Millisecond {
		t.Errorf("scaled %v", got)
	}
	if got := s.param(zombie, "critical_count"); got != 50 {
		t.Errorf("a count was scaled to %v", got)
	}
	for text, says := range map[string]string{
		"zombie.min_age":    "want DETECTOR.PARAMETER=VALUE",
		"zombi.min_age=1":   "did you mean zombie?",
		"quux.min_age=1":    "want zombie, orphan",
		"zombie.min_aeg=1":  "did you mean min_age?",
		"zombie=1":          "want min_age, warn_age",
		"zombie.min_age=":   "want a number",
		"zombie.min_age=x":  "want a number",
		"zombie.min_age=-1": "not negative",
		"zombie.growth=NaN": "want a number",
	} {
		err := s.Set(text)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", text, err, says)
		}
	}
}

// Everything that is declared is documented, and nothing is declared twice.
func TestDeclarations(t *testing.T) {
	help, doc := HelpText(), Markdown()
	seen := map[string]bool{}
	for _, d := range All {
		if seen[d.ID] || d.Title == "" || d.Meaning == "" || d.Advice == "" || d.Severity == "" || d.Judge == nil || d.Needs == 0 {
			t.Errorf("%s: declared twice or incompletely", d.ID)
		}
		seen[d.ID] = true
		for _, p := range d.Params {
			if name := d.ID + "." + p.Name; seen[name] || !strings.Contains(help, name+"=") || !strings.Contains(doc, "`"+name+"`") || p.Help == "" {
				t.Errorf("%s: declared twice or not documented", name)
			}
			seen[d.ID+"."+p.Name] = true
		}
		for _, c := range d.Causes {
			if name := d.ID + "/" + c.ID; seen[name] || !strings.Contains(help, "cause "+c.ID) || !strings.Contains(doc, "`"+c.ID+"`") || c.Why == "" || c.Do == "" {
				t.Errorf("%s: declared twice or not documented", name)
			}
			seen[d.ID+"/"+c.ID] = true
		}
	}
	if strings.ContainsAny(doc, "{}") {
		t.Error("a placeholder is left in the documentation")
	}
}

func TestProse(t *testing.T) {
	for want, e := range map[string]Evidence{
		"oldest dead 7.6 s":      {"oldest_dead_seconds", 7600 * time.Millisecond, ""},
		"oldest dead 3 h":        {"oldest_dead_seconds", 200 * time.Minute, ""},
		"no thread is in wait":   {"in_wait", false, ""},
		"a thread is in wait":    {"in_wait", true, ""},
		"exit 3, exit 0":         {"exit_statuses", []string{"exit 3", "exit 0"}, ""},
		"wants 98.7 % of a CPU":  {"demand_percent", 98.71, ""},
		"uses 196 % CPU":         {"cpu_percent", 195.9, ""},
		"threads alive: 4":       {"live_threads", int64(4), ""},
		"":                       {"never_heard_of", true, ""},
		"SIGCHLD is not ignored": {"sigchld_ignored", false, ""},
	} {
		if got := e.words(); got != want {
			t.Errorf("%s=%v reads %q, want %q", e.Key, e.Value, got, want)
		}
	}
	for bytes, want := range map[uint64]string{0: "0 KiB", 1536: "1.5 KiB", 5 << 20: "5 MiB", 3 << 29: "1.5 GiB"} {
		if got := amount(bytes); got != want {
			t.Errorf("%d bytes are %s, want %s", bytes, got, want)
		}
	}
	for text, want := range map[string]string{"web-1.service": "web-1.service", "-x": "'-x'", "a b": "'a b'", "$(x)'": `'$(x)'\'''`, "": "''"} {
		if got := shellWord(text); got != want {
			t.Errorf("%q as a shell's word is %s, want %s", text, got, want)
		}
	}
}
