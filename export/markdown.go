package export

import (
	"strings"

	"ptop/internal/sanitize"
)

// markdown is a document in the making (CommonMark with tables). Whatever a process calls itself stays text in it: it forms
// no heading, no cell, no link and no HTML.
type markdown struct{ strings.Builder }

// line adds a line as it is: its parts are the writer's own, or went through prose or code.
func (m *markdown) line(parts ...string) {
	for _, part := range parts {
		m.WriteString(part)
	}
	m.WriteByte('\n')
}

// section begins a section.
func (m *markdown) section(title string) { m.line("\n## ", title, "\n") }

// row adds a row of a table; its cells are text.
func (m *markdown) row(cells ...string) {
	for _, cell := range cells {
		m.WriteString("| ")
		m.WriteString(prose(cell))
		m.WriteByte(' ')
	}
	m.line("|")
}

// heading adds the first two lines of a table.
func (m *markdown) heading(titles ...string) {
	m.row(titles...)
	m.line(strings.Repeat("|---", len(titles)), "|")
}

// escapes are the characters by which a text could become more than that, wherever it stands in a line. HTML's go as
// entities, for readers that pass HTML through before they look for backslashes.
var escapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "#", `\#`, "|", `\|`, "~", `\~`, "$", `\$`, "!", `\!`,
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "://", `\://`)

// prose gives s as text of a line that does not begin with it.
func prose(s string) string { return escapes.Replace(sanitize.Text(s)) }

// code gives s between so many backticks that none of its own ends it. It is not for the cells of a table.
func code(s string) string {
	s = sanitize.Text(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) == "" {
		s = " " + s + " "
	}
	return fence + s + fence
}
