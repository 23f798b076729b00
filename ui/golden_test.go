package ui

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the golden screens")

// Every view, key and dialog looks as its golden screen does: a change of any is seen in the diff of testdata. After a wanted
// one: go test ./ui -run Golden -update, and look at what changed.
func TestGolden(t *testing.T) {
	zone := time.Local
	time.Local = time.UTC
	defer func() { time.Local = zone }()
	for _, size := range [][2]int{{80, 24}, {200, 50}} {
		name := fmt.Sprintf("testdata/%dx%d.txtar", size[0], size[1])
		got := &txtar.Archive{}
		for _, j := range journeys {
			d := newBench(t, size[0], size[1], Options{})
			d.journey(j.keys, j.typed, j.then)
			got.Files = append(got.Files, txtar.File{Name: j.name, Data: golden(d.text())})
		}
		if *update {
			if err := os.WriteFile(name, txtar.Format(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(want.Files) != len(got.Files) {
			t.Errorf("%s has %d screens, there are %d", name, len(want.Files), len(got.Files))
		}
		known := map[string][]byte{}
		for _, f := range want.Files {
			known[f.Name] = f.Data
		}
		for _, f := range got.Files {
			if !bytes.Equal(f.Data, known[f.Name]) {
				t.Errorf("%s: %s looks otherwise:\n%s\nit was\n%s", name, f.Name, f.Data, known[f.Name])
			}
		}
	}
}

// golden is a screen without the blanks at the ends of its lines.
func golden(text string) []byte {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return []byte(b.String())
}

// Every key is in one of the journeys, and so has a golden screen; but for those that end or stop the program.
func TestEveryKeyIsShown(t *testing.T) {
	pressed := map[string]bool{}
	for _, j := range journeys {
		d := newBench(t, 80, 24, Options{})
		for _, b := range d.app.keys.list {
			do := b.do
			b.do = func(a *app) { pressed[b.keys[0]+": "+b.help] = true; do(a) }
		}
		d.journey(j.keys, j.typed, j.then)
	}
	for _, b := range bindings() {
		if name := b.keys[0] + ": " + b.help; !pressed[name] && !slices.Contains([]string{"q", "Ctrl-Z"}, b.keys[0]) {
			t.Errorf("no journey presses %s", name)
		}
	}
}
