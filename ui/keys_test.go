package ui

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Every key of every binding reaches it in each view in which it is said to hold.
func TestNoBindingIsShadowed(t *testing.T) {
	for _, vim := range []bool{false, true} {
		m := newKeymap(bindings(), vim)
		for _, b := range m.list {
			for _, s := range scopeNames {
				if b.where&s.scope == 0 {
					continue
				}
				reach := m.strokes(b, s.scope)
				for _, k := range b.keys {
					vimTakes := vim && slices.ContainsFunc(m.list, func(o *binding) bool { return slices.Contains(o.vim, k) && o.where&s.scope != 0 })
					if !slices.Contains(reach, k) && !vimTakes && k != "q" {
						t.Errorf("vim %v: %q (%s) is not reached in %s", vim, k, b.help, s.name)
					}
				}
			}
			if b.do == nil || b.help == "" || b.group == "" || b.where == 0 {
				t.Errorf("binding %v is not whole", b.keys)
			}
		}
	}
}

// Each stroke that is bound is one that a key press can be named.
func TestStrokesExist(t *testing.T) {
	for _, b := range bindings() {
		for _, k := range slices.Concat(b.keys, b.vim) {
			if got := strokeOf(keyEvent(k)); got != k {
				t.Errorf("%q is pressed as %q", k, got)
			}
		}
	}
}

func TestVimKeys(t *testing.T) {
	d := newBench(t, 80, 24, Options{VimKeys: true})
	d.keys("j j k")
	if d.table.selected != 1 || d.top() != nil {
		t.Errorf("j j k leads to row %d", d.table.selected)
	}
	d.keys("G")
	if d.table.selected != len(d.table.rows)-1 {
		t.Errorf("G leads to row %d", d.table.selected)
	}
	d.keys("g F9")
	d.wants("send which signal")
}

func TestFindNextAndPrevious(t *testing.T) {
	d := newBench(t, 80, 40, Options{})
	d.keys("N F3").typed("svc1").keys("Enter")
	first := d.table.row().Proc.PID
	d.keys("n n N")
	if got := d.table.row().Proc.PID; got != first+1 {
		t.Errorf("n n N leads from %d to %d", first, got)
	}
	d.keys("Esc P N") // N sorts by pid again
	d.wants("PID▲")
}

func TestKeysMarkdown(t *testing.T) {
	md := KeysMarkdown()
	for _, want := range []string{"| `k` `F9` |", "`F1` `?` `h`", "| `\\\\`", "## Acting", "with --vim-keys"} {
		if want == "| `\\\\`" {
			want = "`\\`"
		}
		if !strings.Contains(md, want) {
			t.Errorf("docs/keys.md lacks %s", want)
		}
	}
	for _, b := range bindings() {
		if !strings.Contains(md, strings.ReplaceAll(b.help, "|", "\\|")) {
			t.Errorf("docs/keys.md lacks %q", b.help)
		}
	}
	for _, c := range commands() {
		if c.help == "" || !strings.Contains(md, "| `:"+c.usage()+"` | "+c.help+" |") {
			t.Errorf("docs/keys.md lacks what %q does", c.name)
		}
	}
}

// A key that does nothing says so for a moment, and what it is for; the incident report keeps nothing of it.
func TestKeyThatDoesNothing(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.say(roleGood, "an answer")
	for keys, want := range map[string]string{"L": "L is no key of ptop", "x": "start a remedy, after a confirmation (findings, details)", "n": "the next one found (table)"} {
		d.keys(keys)
		d.wants(want, "? lists")
		d.keys("Down")
		d.lacks(want)
		d.wants("an answer")
	}
	d.keys("L")
	d.clock = d.clock.Add(asideStands + time.Second)
	d.lacks("no key of ptop")
	if len(d.log.entries) != 1 {
		t.Errorf("kept: %v", d.log.entries)
	}
}
