package filter

import (
	"slices"
	"strings"
	"testing"
)

func TestSaved(t *testing.T) {
	var saved Saved
	for _, text := range []string{"hot=cpu_percent > 50", ` dead = state == "Z" `, "w_1-x=nginx"} {
		var err error
		if saved, err = saved.With(text); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	}
	if want := []string{"@hot", "@dead", "@w_1-x"}; !slices.Equal(saved.Names(), want) {
		t.Errorf("the names are %v, want %v", saved.Names(), want)
	}
	for text, want := range map[string]string{
		"@hot": "cpu_percent > 50", " @dead ": `state == "Z"`, "@w_1-x": "nginx", "pid == 1": "pid == 1", "": "", "me@hot": "me@hot",
	} {
		f, err := saved.Compile(text)
		if err != nil || f.String() != want {
			t.Errorf("%q stands for %q: %v, want %q", text, f, err, want)
		}
	}
	for text, want := range map[string]string{
		"@Hot": "filter: @Hot is no saved filter: there are @hot, @dead, @w_1-x", "@": "there are", "@hot and pid == 1": "is no saved filter", "state ==": "column 8",
	} {
		if _, err := saved.Compile(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := Saved(nil).Compile("@hot"); err == nil || !strings.Contains(err.Error(), "there are none") {
		t.Errorf("without any: %v", err)
	}
	for text, want := range map[string]string{
		"hot": "want NAME=EXPR", "x=": "want NAME=EXPR", "=pid == 1": "the name before the =", "a b=pid": "the name before the =", "@a=pid": "the name before the =",
		strings.Repeat("n", 41) + "=pid": "at most 40", "hot=pid": "the name hot stands there twice", "x=@hot": "no name of another", "x=state ==": "x: filter: column 8",
	} {
		if _, err := saved.With(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
