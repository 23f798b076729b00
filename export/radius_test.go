package export

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/internal/blast"
	"ptop/pcb"
)

func TestRadius(t *testing.T) {
	f := frame()
	id := f.Snap.Procs[0].ID
	r := &blast.Radius{Reached: []pcb.ID{id}, Points: []blast.Point{
		{Kind: "self", Weight: blast.Danger, ID: id, Text: "ptop itself is among them"},
		{Kind: "listening", Weight: blast.Caution, Text: "nobody listens any more at tcp 0.0.0.0:80\nforged"},
	}}
	var out bytes.Buffer
	w := NewWriter(&out, Options{})
	if err := w.Radius(f, "send SIGTERM", r); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{"would send SIGTERM to 1 process\n", f.Snap.Procs[0].Name() + "\n", "danger    ptop itself is among them\n", "caution   nobody listens"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\nforged") {
		t.Errorf("a line is forged:\n%s", text)
	}
	out.Reset()
	if err := w.RadiusJSON(f, &Intent{Words: "send SIGTERM", Deed: blast.Deed{Signal: pcb.SIGTERM, Graceful: true}, Grace: 1500 * time.Millisecond, Scope: pcb.Group}, r); err != nil {
		t.Fatal(err)
	}
	doc := valid(t, compiledFor(t, "#/$defs/radius"), out.Bytes())
	if doc["signal"] != "SIGTERM" || doc["grace_seconds"] != 1.5 || doc["scope"] != "group" || doc["nice"] != nil {
		t.Errorf("the action is told as %v", doc)
	}
	points := doc["points"].([]any)
	if first := points[0].(map[string]any); len(points) != 2 || first["weight"] != "danger" || first["id"] != id.String() || doc["would"] != "send SIGTERM" {
		t.Errorf("%v", doc)
	}
}

// What ptop can do about a finding is told with all that it takes.
func TestRemedyKinds(t *testing.T) {
	f := frame()
	target := f.Snap.Procs[0].ID
	f.Findings[0].Remedies = []detect.Remedy{
		{Do: "a", Act: &detect.Action{Signal: pcb.SIGCHLD, UntilGone: true, Target: target}},
		{Do: "b", Act: &detect.Action{Kind: detect.ActStop, Signal: pcb.SIGTERM, Target: target, Scope: pcb.Group}},
		{Do: "c", Act: &detect.Action{Kind: detect.ActRenice, Nice: 10, Target: target}},
	}
	doc := valid(t, compiled(t), write(t, Options{}, f))
	var said []string
	for _, r := range doc["findings"].([]any)[0].(map[string]any)["remedies"].([]any) {
		act := r.(map[string]any)["act"].(map[string]any)
		for _, key := range []string{"kind", "signal", "nice", "until_gone", "scope"} {
			if v, ok := act[key]; ok {
				said = append(said, fmt.Sprint(v))
			}
		}
	}
	if got, want := strings.Join(said, " "), "signal SIGCHLD true process stop SIGTERM false group renice 10 false process"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
