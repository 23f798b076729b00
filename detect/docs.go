package detect

import (
	"fmt"
	"strconv"
	"strings"
)

// HelpText is the text of --help-detectors: every detector, its parameters with their defaults, its causes.
func HelpText() string {
	var b strings.Builder
	for i, d := range All {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: %s\n", d.ID, d.Title)
		fmt.Fprintf(&b, "  severity: %s\n", d.Severity)
		for _, p := range d.Params {
			fmt.Fprintf(&b, "  --set %-38s %s\n", d.ID+"."+p.Name+"="+figure(p.Default), p.help())
		}
		for _, c := range d.Causes {
			fmt.Fprintf(&b, "  cause %-20s %s\n", c.ID, c.Title)
		}
	}
	return b.String()
}

// Markdown is docs/detectors.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Detectors\n\nGenerated from detect; `make docs` writes it anew.\n\n" +
		"A finding says what is sick, why, on what evidence, and what can be done about it at what risk. Its confidence is proved (the evidence\n" +
		"admits no other cause), likely (it speaks for it) or unknown (evidence could not be read, and the finding says which). A process of\n" +
		"which a detector can't read what it needs is not evaluated, which is not the same as healthy.\n\n" +
		"Parameters are set with `--set DETECTOR.PARAMETER=VALUE` or the configuration key `set`; `--time-scale` multiplies those in seconds.\n")
	for _, d := range All {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n%s\n\n**Severity.** %s.\n\n**What to do.** %s\n", d.ID, capital(d.Title), d.Meaning, capital(d.Severity), d.Advice)
		if len(d.Params) > 0 {
			b.WriteString("\n| parameter | default | what it is |\n|---|---|---|\n")
			for _, p := range d.Params {
				fmt.Fprintf(&b, "| `%s.%s` | %s | %s |\n", d.ID, p.Name, strings.TrimSpace(figure(p.Default)+" "+p.Unit), cell(p.Help))
			}
		}
		if len(d.Causes) > 0 {
			b.WriteString("\n| cause | | why | what to do | risk |\n|---|---|---|---|---|\n")
			for _, c := range d.Causes {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.ID, cell(c.Title), cell(c.Why), cell(c.Do), cell(c.Risk))
			}
		}
	}
	return b.String()
}

func (p *Param) help() string {
	if p.Unit == "" {
		return p.Help
	}
	return p.Help + " (" + p.Unit + ")"
}

// cell is a template's text for a table, its placeholders in general words.
func cell(text string) string { return strings.ReplaceAll(inGeneral.Replace(text), "|", "\\|") }

func figure(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
