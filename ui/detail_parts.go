package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ptop/internal/column"
	"ptop/pcb"
)

// unread reports whether a part of the Detail could not be read: then what it would count is unknown, and not zero.
func (v *detailView) unread(part pcb.DetailPart) bool { return v.detail.Problems[part] != "" }

func stateLetter(s byte) string {
	if s == 0 {
		return "?"
	}
	return string(rune(s))
}

// pad fills text with blanks to w cells.
func pad(text string, w int) string { return text + strings.Repeat(" ", max(0, w-width(text))) }

// secretWords are what the names of secrets contain.
var secretWords = []string{"PASS", "PWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "AUTH", "PRIVATE", "SIGNATURE", "DSN", "COOKIE"}

// harmless are names with such a word that hold no secret.
var harmless = []string{"PWD", "OLDPWD", "SSH_AUTH_SOCK", "XAUTHORITY"}

// isSecret reports whether a variable may hold a secret, by its name or because its value is a URL with a password.
func isSecret(name, value string) bool {
	upper := strings.ToUpper(name)
	if slices.Contains(harmless, upper) {
		return false
	}
	if slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(upper, w) }) {
		return true
	}
	_, rest, isURL := strings.Cut(value, "://")
	host, _, _ := strings.Cut(rest, "/")
	return isURL && strings.Contains(host, "@")
}

func (v *detailView) environLines(int) []pageLine {
	if v.unread(pcb.PartEnviron) {
		return nil
	}
	env := slices.Clone(v.detail.Environ)
	slices.Sort(env)
	note := "secrets are masked; m shows them"
	if v.secrets {
		note = "secrets are shown; m masks them"
	}
	out := []pageLine{textLine(plural(len(env), "variable", "variables")+"; "+note, roleDim)}
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		r := roleText
		if !v.secrets && isSecret(name, value) {
			value, r = "(masked)", roleDim
		}
		out = append(out, pageLine{line: line{{name, roleTitle}, {"=", roleDim}, {value, r}}})
	}
	return out
}

func (v *detailView) limitLines(int) []pageLine {
	if len(v.detail.Limits) == 0 && v.unread(pcb.PartLimits) {
		return nil
	}
	out := []pageLine{textLine(fmt.Sprintf("%-24s %14s %14s %10s %7s", "LIMIT", "SOFT", "HARD", "USED", ""), roleTitle)}
	for _, l := range v.detail.Limits {
		used, share, r := column.Absence, "", roleText
		if l.Used != nil {
			used = limitText(*l.Used, l.Unit)
			if l.Soft > 0 {
				p := 100 * float64(*l.Used) / float64(l.Soft)
				share = percent(p)
				if p >= 90 {
					r = roleCritical
				} else if p >= 70 {
					r = roleWarning
				}
			}
		}
		out = append(out, textLine(fmt.Sprintf("%-24s %14s %14s %10s %7s", l.Name, limitText(l.Soft, l.Unit), limitText(l.Hard, l.Unit), used, share), r))
	}
	return out
}

func limitText(n int64, unit string) string {
	switch {
	case n < 0:
		return "unlimited"
	case unit == "bytes":
		return size(uint64(n))
	case unit == "us":
		return (time.Duration(n) * time.Microsecond).String()
	case unit == "seconds":
		return age(time.Duration(n) * time.Second)
	}
	return fmt.Sprint(n)
}

func (v *detailView) cgroupLines(w int) []pageLine {
	d := v.detail
	var out []pageLine
	p := v.proc()
	if p != nil && p.Container == nil && p.Have.Has(pcb.FieldCgroup) {
		out = append(out, heading("Belongs to"), textLine("  no container, no pod, no systemd unit and no session, by its cgroups", roleText), blank)
	}
	if p != nil && p.Container != nil {
		c := p.Container
		out = append(out, heading("Belongs to"))
		out = append(out, entries([]entry{
			{"runtime", orAbsent(c.Runtime)},
			{"container", orAbsent(c.Name)},
			{"container id", orAbsent(c.ID)},
			{"pod", orAbsent(c.Pod)},
			{"unit", orAbsent(c.Unit)},
			{"slice", orAbsent(c.Slice)},
			{"session", orAbsent(c.Session)},
		}, w)...)
		out = append(out, blank)
	}
	if len(d.CgroupPath) > 0 || !v.unread(pcb.PartCgroup) {
		out = append(out, heading("Cgroup"))
	}
	for _, l := range d.CgroupPath {
		out = append(out, textLine("  "+l, roleText))
	}
	out = append(out, figureLines(d.CgroupFigures, w)...)
	if len(d.Namespaces) > 0 || !v.unread(pcb.PartNamespaces) {
		out = append(out, blank, heading("Namespaces"))
	}
	for _, n := range d.Namespaces {
		own, r := "the same as ptop's", roleDim
		if n.Own {
			own, r = "its own", roleText
		}
		out = append(out, pageLine{line: line{{fmt.Sprintf("  %-10s", n.Kind), roleText}, {fmt.Sprintf("%12d  ", n.Inode), roleDim}, {own, r}}})
	}
	return out
}

// figureGroups are the figures of cgroups by the beginning of their names.
var figureGroups = []struct{ title, begins string }{
	{"CPU", "cpu"}, {"Memory", "memory."}, {"I/O", "io."}, {"I/O", "blkio."}, {"Pids", "pids."}, {"Freezer", "cgroup."}, {"Freezer", "freezer."},
}

// figureLines are the limits, the use, the throttling and the pressure of the cgroups, by resource.
func figureLines(figures []pcb.CgroupFigure, w int) []pageLine {
	var out []pageLine
	title, pressure := "", false
	for _, g := range figureGroups {
		var list []entry
		for _, f := range figures {
			if strings.HasPrefix(f.Name, g.begins) {
				list = append(list, entry{f.Name, f.Value})
				pressure = pressure || strings.Contains(f.Name, ".pressure")
			}
		}
		if len(list) > 0 && g.title != title {
			title = g.title
			out = append(out, blank, heading(title))
		}
		out = append(out, entries(list, w)...)
	}
	if len(figures) > 0 && !pressure {
		out = append(out, textLine("  no pressure: these cgroups do not tell it (version 1, or it is turned off)", roleDim))
	}
	return out
}
