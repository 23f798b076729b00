package export

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"ptop/internal/column"
	"ptop/pcb"
)

// listShown is how many files, sockets and threads the text of --explain lists; JSON has all that were read.
const listShown = 20

// detail adds what was read about one process in depth. A part that could not be read says why.
func (p *page) detail(d *pcb.Detail) {
	p.line()
	p.line("DETAIL")
	for _, item := range []struct{ label, text string }{
		{"exe", d.Exe},
		{"cwd", d.Cwd},
		{"root", d.Root},
		{"wchan", d.WChan},
		{"syscall", d.Syscall},
		{"stack", strings.Join(d.Stack, " < ")},
		{"namespace", namespaceWords(d.Namespaces)},
		{"maps", mapsWords(&d.Maps)},
	} {
		if item.text != "" {
			p.labelled(item.label, item.text)
		}
	}
	for _, figure := range d.CgroupFigures {
		p.labelled("cgroup", figure.Name+" "+figure.Value)
	}
	for _, limit := range d.Limits {
		p.labelled("limit", limitWords(limit))
	}
	p.shown("file", len(d.Files), d.FilesTotal, func(i int) string {
		f := &d.Files[i]
		return strconv.Itoa(f.FD) + " " + f.Flags + " " + f.Target
	})
	p.shown("socket", len(d.Sockets), len(d.Sockets), func(i int) string {
		s := &d.Sockets[i]
		return s.Proto + " " + s.Local + " " + s.Remote + " " + s.State
	})
	p.shown("thread", len(d.ThreadList), len(d.ThreadList), func(i int) string {
		t := &d.ThreadList[i]
		return strconv.Itoa(int(t.TID)) + " " + string(rune(t.State)) + " " + t.Comm
	})
	for _, part := range problemParts(d) {
		p.labelled("unseen", string(part)+": "+d.Problems[part])
	}
}

func (p *page) shown(label string, n, total int, item func(int) string) {
	for i := range min(n, listShown) {
		p.labelled(label, item(i))
	}
	if total > min(n, listShown) {
		p.labelled(label, fmt.Sprintf("… %d in all", total))
	}
}

func problemParts(d *pcb.Detail) []pcb.DetailPart {
	parts := make([]pcb.DetailPart, 0, len(d.Problems))
	for part := range d.Problems {
		parts = append(parts, part)
	}
	sort.Slice(parts, func(i, j int) bool { return parts[i] < parts[j] })
	return parts
}

func namespaceWords(list []pcb.Namespace) string {
	var parts []string
	for _, n := range list {
		if n.Own {
			parts = append(parts, n.Kind)
		}
	}
	switch {
	case len(list) == 0:
		return ""
	case parts == nil:
		return "the same as ptop's"
	}
	return "its own " + strings.Join(parts, ", ")
}

func mapsWords(m *pcb.MapsSummary) string {
	if m.Count == 0 {
		return ""
	}
	s := fmt.Sprintf("%d maps, %s in all", m.Count, column.FormatBytes(float64(m.Size)))
	if m.HaveRollup {
		s += fmt.Sprintf("; resident %s, proportional %s, swap %s", column.FormatBytes(float64(m.RSS)),
			column.FormatBytes(float64(m.PSS)), column.FormatBytes(float64(m.Swap)))
	}
	return s
}

func limitWords(l pcb.Limit) string {
	value := func(n int64) string {
		if n < 0 {
			return "unlimited"
		}
		return strconv.FormatInt(n, 10)
	}
	s := fmt.Sprintf("%s: %s soft, %s hard %s", l.Name, value(l.Soft), value(l.Hard), l.Unit)
	if l.Used != nil {
		s += ", " + value(*l.Used) + " used"
	}
	return s
}

// detail writes what was read in depth as an object. The environment, which can hold secrets, is left out.
func (e *encoder) detail(d *pcb.Detail) {
	e.object("detail")
	e.list("args", strings.Join(d.Args, "\x00"))
	e.known("exe", d.Exe)
	e.known("cwd", d.Cwd)
	e.known("root", d.Root)
	e.known("wchan", d.WChan)
	e.known("syscall", d.Syscall)
	e.list("stack", strings.Join(d.Stack, "\x00"))
	e.list("cgroup", strings.Join(d.CgroupPath, "\x00"))
	e.numbers(d)
	e.files(d)
	e.sockets(d)
	e.maps(&d.Maps)
	e.limits(d.Limits)
	e.array("namespaces")
	for _, n := range d.Namespaces {
		e.open('{')
		e.text("kind", n.Kind)
		e.uint("inode", n.Inode)
		e.bool("own", n.Own)
		e.close('}')
	}
	e.close(']')
	e.object("problems")
	for _, part := range problemParts(d) {
		e.text(string(part), d.Problems[part])
	}
	e.close('}')
	e.close('}')
}

func (e *encoder) numbers(d *pcb.Detail) {
	if d.OOMScore != nil {
		e.int("oom_score", int64(*d.OOMScore))
	}
	if d.OOMAdj != nil {
		e.int("oom_score_adj", int64(*d.OOMAdj))
	}
	if d.LoginUID != nil {
		e.int("login_uid", int64(*d.LoginUID))
	}
	if d.SessionID != nil {
		e.int("session_id", int64(*d.SessionID))
	}
	e.object("cgroup_figures")
	for _, figure := range d.CgroupFigures {
		e.text(strings.ReplaceAll(figure.Name, ".", "_"), figure.Value)
	}
	e.close('}')
}

func (e *encoder) files(d *pcb.Detail) {
	e.int("files_total", int64(d.FilesTotal))
	e.array("files")
	for i := range d.Files {
		f := &d.Files[i]
		e.open('{')
		e.int("fd", int64(f.FD))
		e.text("target", f.Target)
		e.known("kind", f.Kind)
		e.known("flags", f.Flags)
		e.int("position", f.Pos)
		e.close('}')
	}
	e.close(']')
}

func (e *encoder) sockets(d *pcb.Detail) {
	e.array("sockets")
	for i := range d.Sockets {
		s := &d.Sockets[i]
		e.open('{')
		e.int("fd", int64(s.FD))
		e.text("protocol", s.Proto)
		e.known("local", s.Local)
		e.known("remote", s.Remote)
		e.known("state", s.State)
		e.uint("inode", s.Inode)
		e.close('}')
	}
	e.close(']')
}

func (e *encoder) maps(m *pcb.MapsSummary) {
	if m.Count == 0 {
		return
	}
	e.object("maps")
	e.int("count", int64(m.Count))
	e.uint("size_bytes", m.Size)
	if m.HaveRollup {
		e.uint("rss_bytes", m.RSS)
		e.uint("pss_bytes", m.PSS)
		e.uint("swap_bytes", m.Swap)
	}
	e.close('}')
}

func (e *encoder) limits(list []pcb.Limit) {
	e.array("limits")
	for _, l := range list {
		e.open('{')
		e.text("name", l.Name)
		e.limit("soft", l.Soft)
		e.limit("hard", l.Hard)
		e.known("unit", l.Unit)
		if l.Used != nil {
			e.int("used", *l.Used)
		}
		e.close('}')
	}
	e.close(']')
}

func (e *encoder) limit(name string, n int64) {
	if n < 0 {
		e.bool(name+"_unlimited", true)
		return
	}
	e.int(name, n)
}
