package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ptop/internal/sick"
)

// What the screen shows gets into files: an incident report with the zombie, its parent and what has been done about them,
// the rows of the table, and the readings.
func TestFilesFromTheScreen(t *testing.T) {
	parent := sick.Start(t, "zombie-no-wait")
	pid := strconv.Itoa(parent.PID)
	dir := t.TempDir()
	term := newTerminal(t, 150, 35)
	term.typed("cd " + dir + "; " + buildPtop(t) + " -d 0.3 --set zombie.min_age=0; echo exit code $?")
	term.keys("Enter")
	term.waitFor("COMMAND", "PID", "Help", "zombie")
	command := func(text, said string) {
		term.keys(":")
		term.waitFor("\n:")
		term.typed(text)
		term.keys("Enter")
		term.waitFor(said)
	}
	command("record readings.json", "REC 3 readings")
	command("export csv rows.csv", "exported: ")
	command("export csv rows.csv", "rows.csv exists, and nothing is overwritten")
	term.keys("w")
	term.waitFor("incident report: ", ".md and .json")
	term.keys("q")
	term.waitFor("recorded in ", "exit code 0")

	report := onlyFile(t, dir, "ptop-incident-*.md")
	for _, want := range []string{"(" + pid + ")", "<- causes it", "recording each reading in " + filepath.Join(dir, "readings.json"), "**never** kill -9"} {
		if !strings.Contains(report, want) && !strings.Contains(report, strings.ReplaceAll(want, "_", `\_`)) {
			t.Errorf("the incident report lacks %q:\n%s", want, report)
		}
	}
	documents := strings.SplitAfter(onlyFile(t, dir, "readings.json"), "\n")
	if last := documents[len(documents)-1]; last != "" || len(documents) < 4 {
		t.Errorf("%d readings were recorded, and behind them %q", len(documents)-1, last)
	}
	for _, text := range append(documents[:len(documents)-1], onlyFile(t, dir, "ptop-incident-*.json")) {
		var doc struct{ Processes []struct{ PID int } }
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		there := false
		for _, p := range doc.Processes {
			there = there || p.PID == parent.PID
		}
		if !there {
			t.Errorf("%d is not among %d processes", parent.PID, len(doc.Processes))
		}
	}
	if rows := onlyFile(t, dir, "rows.csv"); !strings.Contains(rows, "\n"+pid+",") {
		t.Errorf("the rows are %s", rows)
	}
}

// onlyFile is the text of the one file whose name fits.
func onlyFile(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %q, %v", pattern, found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
