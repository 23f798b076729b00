package sanitize

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "nginx: worker [1]", "nginx: worker [1]"},
		{"empty", "", ""},
		{"escape sequence", "a\x1b[31mred", "a␛[31mred"},
		{"row forging", "x\r\n1 root", "x␍␊1 root"},
		{"nul and del", "\x00\x7f", "␀␡"},
		{"C1", "\u009b31m", "�31m"},
		{"raw C1 byte", "\x9b31m", "�31m"},
		{"invalid UTF-8", "a\xffb\xc3", "a�b�"},
		{"encoded surrogate", "\xed\xa0\x80", "���"},
		{"bidi override", "abc\u202etxt", "abc�txt"},
		{"bidi isolate", "a\u2066b", "a�b"},
		{"zero width", "a\u200bb\ufeffc\u2060d", "a�b�c�d"},
		{"line separators", "a\u2028b\u2029c", "a�b�c"},
		{"no-break space", "a\u00a0b", "a b"},
		{"letters with marks", "e\u0301 й Ж 日本 한국 नि", "e\u0301 й Ж 日本 한국 नि"},
		{"stray mark", "\u0301a", "�a"},
		{"mark on a sign", "[\u0301", "[�"},
		{"a tower of marks", "z\u0301\u0302\u0303\u0304\u0305", "z\u0301\u0302\u0303��"},
		{"enclosing mark", "a\u20dd", "a�"},
		{"variation selector", "a\ufe0f", "a�"},
		{"filler", "a\u3164b\u2800", "a�b�"},
		{"private use", "\ue0b0", "�"},
		{"tag characters", "\U000e0041", "�"},
		{"soft hyphen", "a\u00adb", "a�b"},
	} {
		if got := Text(c.in); got != c.want {
			t.Errorf("%s: Text(%q) is %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestTextOfPlainTextAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Text("/usr/sbin/nginx -g daemon off;") }); n != 0 {
		t.Errorf("%v allocations for plain text", n)
	}
}

func TestCells(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"nginx", 5, "nginx"},
		{"nginx", 4, "ngi…"},
		{"nginx", 1, "…"},
		{"nginx", 0, ""},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
	} {
		if got := Cells(c.in, c.width); got != c.want {
			t.Errorf("Cells(%q, %d) is %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func TestASCII(t *testing.T) {
	if got := ASCII("a日b…"); got != "a?b~" {
		t.Errorf("ASCII gives %q", got)
	}
}

// unfit tells why a rune must not reach a terminal; empty when it may.
func unfit(r rune) string {
	switch {
	case unicode.IsControl(r):
		return "control"
	case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs, unicode.Co):
		return "format, separator, surrogate or private"
	case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return "invisible"
	}
	return ""
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"a\x1b]52;c;x\x07", "\u202e[red]", "e\u0301", "[[red[]]", "[::b:x[y]z", "[\"r\"]", "\xff[a]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if !utf8.ValidString(got) {
			t.Fatalf("Text(%q) is not UTF-8: %q", s, got)
		}
		prev := rune(0)
		for _, r := range got {
			if why := unfit(r); why != "" {
				t.Fatalf("Text(%q) lets %U through: %s", s, r, why)
			}
			if unicode.IsMark(r) && !unicode.IsMark(prev) && !unicode.IsLetter(prev) && !unicode.IsDigit(prev) {
				t.Fatalf("Text(%q) has a stray mark %U", s, r)
			}
			prev = r
		}
		if again := Text(got); again != got {
			t.Fatalf("Text is not stable: %q becomes %q becomes %q", s, got, again)
		}
		for _, width := range []int{0, 1, 7} {
			if cut := Cells(got, width); Width(cut) > width {
				t.Fatalf("Cells(%q, %d) takes %d cells", got, width, Width(cut))
			}
		}
	})
}

func BenchmarkText(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Text("/usr/lib/postgresql/16/bin/postgres -D /var/lib/postgresql/16/main -c config_file=/etc/postgresql.conf")
	}
}
