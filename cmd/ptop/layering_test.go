package main

import (
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
	"collect":            "pcb internal/bounded",
	"collect/detail":     "pcb internal/bounded",
	"internal/bounded":   "",
	"internal/act":       "pcb",
	"internal/container": "pcb",
	"internal/sanitize":  "",
	"internal/termname":  "",
	"internal/near":      "",
	"internal/redact":    "pcb",
	"internal/column":    "pcb tree detect internal/near internal/sanitize",
	"internal/filter":    "pcb tree detect internal/near internal/sanitize internal/column",
	"internal/monitor":   "pcb tree detect internal/near",
	"internal/view":      "pcb tree detect internal/near internal/sanitize internal/column internal/filter internal/monitor",
	"export":             "pcb tree detect internal/near internal/sanitize internal/redact internal/column internal/filter internal/monitor internal/view",
	"ui":                 "pcb tree detect internal/near internal/sanitize internal/redact internal/column internal/filter internal/monitor internal/view internal/termname",
}

// seesAll are the packages at the top, and the test helpers.
var seesAll = map[string]bool{"cmd/ptop": true, "internal/cli": true, "internal/gendocs": true, "internal/sick": true, "internal/shot": true}

func TestLayering(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Deps \" \"}}", "ptop/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		name := strings.TrimPrefix(fields[0], "ptop/")
		if seesAll[name] {
			continue
		}
		may, known := allowed[name]
		if !known {
			t.Errorf("package %s is in no layer: give it one here and in docs/architecture.md", name)
			continue
		}
		for _, dep := range fields[1:] {
			dep, own := strings.CutPrefix(dep, "ptop/")
			if own && !strings.Contains(" "+may+" ", " "+dep+" ") {
				t.Errorf("%s reaches %s: imports point down only", name, dep)
			}
		}
		for _, lib := range []string{"gopsutil", "prometheus/procfs"} {
			if name != "collect" && name != "collect/detail" && name != "internal/act" && strings.Contains(line, lib) {
				t.Errorf("%s links %s: only what reads the machine may", name, lib)
			}
		}
	}
}
