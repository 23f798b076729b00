package near

import (
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	known := []string{"delay", "descendants", "json", "zombie"}
	for typed, want := range map[string]string{
		"dely": "delay", "delay": "delay", "jsn": "json", "desc": "descendants", "zombies": "zombie", "xyzzy": "", "": "",
		strings.Repeat("j", 100): "",
	} {
		if got := Name(typed, known); got != want {
			t.Errorf("Name(%q) is %q, want %q", typed, got, want)
		}
	}
}
