package export

import (
	"fmt"
	"slices"
	"strings"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
	"ptop/pcb"
)

// How much of the tree around a sick process is shown.
const (
	treeAncestors   = 12
	treeDescendants = 20
	treeIndent      = 16 // levels below it that are indented
	treeCells       = 160
)

// tree draws the tree around the process of a finding: around the one that causes it where that lives.
func (m *markdown) tree(f *monitor.Frame, finding *detect.Finding) {
	at := sickIndex(f.Snap, finding)
	m.line()
	if at < 0 || f.Forest == nil {
		m.line("It is not in the reading any more.")
		return
	}
	m.line("The tree around it:\n\n```text")
	forest := f.Forest
	up := forest.Ancestors(at) // nearest first, or from the root: by depth
	slices.SortFunc(up, func(a, b int32) int { return forest.Depth(a) - forest.Depth(b) })
	if more := len(up) - treeAncestors; more > 0 {
		m.line(fmt.Sprintf("(%d ancestors above)", more))
		up = up[more:]
	}
	draw := func(level int, i int32) {
		m.line(strings.Repeat("  ", level), treeLine(&f.Snap.Procs[i], finding))
	}
	for level, i := range up {
		draw(level, i)
	}
	draw(len(up), at)
	if parent := forest.Parent(at); parent >= 0 {
		if n := len(forest.Children(parent)) - 1; n > 0 {
			m.line(strings.Repeat("  ", len(up)), fmt.Sprintf("(beside it: %s)", siblings(n)))
		}
	}
	below := forest.Descendants(at)
	for _, i := range below[:min(len(below), treeDescendants)] {
		draw(len(up)+min(forest.Depth(i)-forest.Depth(at), treeIndent), i)
	}
	if more := len(below) - treeDescendants; more > 0 {
		m.line(strings.Repeat("  ", len(up)+1), fmt.Sprintf("(%d more below it)", more))
	}
	m.line("```")
}

func siblings(n int) string {
	if n == 1 {
		return "1 sibling"
	}
	return fmt.Sprintf("%d siblings", n)
}

// sickIndex is the process that causes a finding, or the one that it is about; -1 when neither is in the reading.
func sickIndex(s *pcb.Snapshot, finding *detect.Finding) int32 {
	ids := []pcb.ID{finding.Subject.ID}
	if finding.Culprit != nil {
		ids = []pcb.ID{finding.Culprit.ID, finding.Subject.ID}
	}
	for _, id := range ids {
		if s.Lookup(id) != nil {
			return int32(s.Index(id.PID))
		}
	}
	return -1
}

// treeLine is one process of the tree: pid, state, user, what it runs, and what the finding has to do with it.
func treeLine(p *pcb.Process, finding *detect.Finding) string {
	state := column.Absence
	if p.State != 0 {
		state = string(rune(p.State))
	}
	words := fmt.Sprintf("%d %s %s %s", p.PID, state, known(p.User), known(p.Name()))
	if cmdline := strings.TrimRight(column.Spaced(p.Cmdline), " "); cmdline != "" {
		words += ": " + cmdline
	}
	words = sanitize.Cells(sanitize.Text(words), treeCells)
	switch {
	case finding.Culprit != nil && p.ID == finding.Culprit.ID && p.ID != finding.Subject.ID:
		words += "  <- causes it"
	case p.ID == finding.Subject.ID || slices.Contains(finding.Members, p.ID):
		words += "  <- sick"
	}
	return words
}
