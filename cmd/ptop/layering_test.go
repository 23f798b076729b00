package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// allowed says which of ptop's own packages each may reach, directly or not. Imports point down only: what computes
// or shows never links what reads the machine or acts on it. Only cli (and what stands above it) sees everything.
var allowed = map[string]string{
	"pcb":                "",
	"tree":               "pcb",
	"detect":             "pcb tree internal/near",
	"collect":            "pcb internal/bounded collect/bpf collect/taskstats",
	"collect/bpf":        "",
	"collect/taskstats":  "",
	"collect/detail":     "pcb internal/bounded internal/smallfile",
	"collect/events":     "pcb",
	"internal/bounded":   "",
	"internal/smallfile": "",
	"internal/act":       "pcb internal/bounded",
	"internal/container": "pcb",
	"internal/sanitize":  "",
	"internal/termname":  "",
	"internal/near":      "",
	"internal/redact":    "pcb",
	"internal/column":    "pcb tree detect internal/near internal/sanitize",
	"internal/filter":    "pcb tree detect internal/near internal/sanitize internal/column",
	"internal/monitor":   "pcb tree detect internal/near",
	"internal/blast":     "pcb tree",
	"internal/ladder":    "pcb",
	"internal/view":      "pcb tree detect internal/near internal/sanitize internal/column internal/filter internal/monitor",
	"internal/life":      "pcb tree detect internal/near internal/sanitize internal/column internal/filter internal/monitor internal/view",
	"export":             "pcb tree detect internal/near internal/sanitize internal/redact internal/column internal/filter internal/monitor internal/view internal/life internal/blast",
	"ui":                 "pcb tree detect internal/near internal/sanitize internal/redact internal/column internal/filter internal/monitor internal/view internal/life internal/termname internal/blast internal/ladder",
}

// seesAll are the packages at the top: of ptop's own they may reach all but forTests.
var seesAll = map[string]bool{"cmd/ptop": true, "internal/cli": true, "internal/gendocs": true}

// forTests are no part of the program: sick cases, what draws the pictures of the docs, and what measures ptop beside its peers.
var forTests = map[string]string{"internal/benchpeers": "", "internal/sick": "", "internal/sick/gonowait": "", "internal/shot": "internal/gendocs"}

// readers are the packages that may link what reads the machine; pure, those that do nothing but compute.
var (
	readers = map[string]bool{"collect": true, "collect/detail": true}
	pure    = map[string]bool{"pcb": true, "tree": true, "detect": true, "internal/container": true, "internal/near": true, "internal/sanitize": true, "internal/redact": true, "internal/column": true, "internal/life": true, "internal/blast": true, "internal/ladder": true}
)

func TestLayering(t *testing.T) {
	for _, system := range []string{"linux", "darwin", "freebsd", "windows"} {
		t.Run(system, func(t *testing.T) { layering(t, system) })
	}
}

func layering(t *testing.T, system string) {
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}} | {{join .Imports " "}}`, "ptop/...")
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		deps, imports, _ := strings.Cut(line, " | ")
		fields := strings.Fields(deps)
		name := strings.TrimPrefix(fields[0], "ptop/")
		if _, ok := forTests[name]; ok {
			continue
		}
		may, known := allowed[name]
		if !known && !seesAll[name] {
			t.Errorf("package %s is in no layer: give it one here and in docs/architecture.md", name)
			continue
		}
		for _, dep := range fields[1:] {
			dep, own := strings.CutPrefix(dep, "ptop/")
			by, testsOnly := forTests[dep]
			switch {
			case !own:
			case testsOnly && by != name, !testsOnly && !seesAll[name] && !strings.Contains(" "+may+" ", " "+dep+" "):
				t.Errorf("%s reaches %s: imports point down only", name, dep)
			}
		}
		for _, path := range strings.Fields(imports) {
			if !readers[name] && (strings.Contains(path, "gopsutil") || strings.Contains(path, "prometheus/procfs")) {
				t.Errorf("%s imports %s: only what reads the machine may", name, path)
			}
			if pure[name] && (path == "os" || path == "net" || strings.HasPrefix(path, "os/") || strings.Contains(path, "syscall") || strings.Contains(path, "x/sys")) {
				t.Errorf("%s imports %s: it only computes", name, path)
			}
			if name == "pcb" && strings.Contains(path, ".") {
				t.Errorf("pcb imports %s: it needs nothing but the standard library", path)
			}
		}
	}
}
