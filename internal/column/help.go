package column

import (
	"fmt"
	"strings"
)

// HelpText is the text of --help-columns: every column by group, with its heading and where it comes from.
func HelpText() string {
	var b strings.Builder
	group := ""
	for _, c := range All {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&b, "%s\n", strings.ToUpper(group))
		}
		fmt.Fprintf(&b, "  %-24s %-12s %s\n", c.ID, c.Title, c.Help)
	}
	fmt.Fprintf(&b, "\nDEFAULT\n  %s\n", strings.ReplaceAll(defaultIDs, ",", ", "))
	return b.String()
}

// Markdown is docs/columns.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Columns\n\nGenerated from internal/column; `make docs` writes it anew.\n\n" +
		"The ID is what `-o`, `-s`, `--filter` and `--group-by` take, and the key in JSON and CSV. A value that could not be read is `-` in\n" +
		"tables, and absent in JSON and CSV: unknown is never 0. Figures can be summed over a group where the last cell says so.\n\n" +
		"The table shows by default: `" + strings.ReplaceAll(defaultIDs, ",", "`, `") + "`.\n")
	group := ""
	for _, c := range All {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&b, "\n## %s\n\n| ID | heading | type | what it is | JSON | sum |\n|---|---|---|---|---|---|\n", strings.ToUpper(group[:1])+group[1:])
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", c.ID, c.Title, c.typeName(), strings.ReplaceAll(c.Help, "|", "\\|"),
			choose(c.OnDemand, "when asked for", "always"), choose(c.Sum, "yes", ""))
	}
	return b.String()
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func (c *Column) typeName() string {
	name := [...]string{"", "integer", "number", "text", "time", "yes or no"}[c.Kind]
	if c.List {
		name = "list of texts"
	}
	if c.Unit != None && c.Unit != Count && c.Unit != Rank {
		name += ", " + string(c.Unit)
	}
	return name
}

// ForGroup is the table of a query that groups by a column: that column, the number of processes, and those of
// the chosen ones that can be summed.
func ForGroup(by *Column, chosen []*Column) []*Column {
	out := []*Column{by, byID()["count"]}
	for _, c := range chosen {
		if c.Sum && c != by {
			out = append(out, c)
		}
	}
	return out
}
