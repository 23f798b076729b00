package life

import (
	"fmt"

	"ptop/internal/column"
	"ptop/pcb"
)

// resources says memory and I/O in a line each; the control block has every figure.
func (b *builder) resources() {
	b.begin("Resources")
	p := b.p
	if p.Have.Has(pcb.FieldRSS) {
		words := column.FormatBytes(float64(p.RSS)) + " in memory"
		if m := b.r.Snap.System.Memory; m != nil && m.Total > 0 {
			words += ", " + percent(100*float64(p.RSS)/float64(m.Total)) + " of the machine's"
		}
		if p.Have.Has(pcb.FieldMemoryParts) {
			words += fmt.Sprintf("; %s of it its own, %s of files and shared", column.FormatBytes(float64(p.Anon)), column.FormatBytes(float64(p.Shared)))
			if p.Swap > 0 {
				words += "; " + column.FormatBytes(float64(p.Swap)) + " swapped out"
			}
		}
		if b.d != nil && b.d.OOMScore != nil {
			words += fmt.Sprintf("; out-of-memory score %d of 2000", *b.d.OOMScore)
		}
		b.say("memory", words)
	}
	switch {
	case p.KernelThread() || b.dead():
	case p.Have.Has(pcb.FieldIO):
		b.say("io", fmt.Sprintf("%s read from storage and %s written; %s and %s by calls", column.FormatBytes(float64(p.ReadBytes)),
			column.FormatBytes(float64(p.WriteBytes)), column.FormatBytes(float64(p.ReadChars)), column.FormatBytes(float64(p.WriteChars))))
	case p.Denied.Has(pcb.FieldIO):
		b.say("io", "not permitted: run ptop as root or as the owner of the process")
	}
	b.descriptors()
	if len(b.Sections[len(b.Sections)-1].Lines) == 0 {
		b.Sections = b.Sections[:len(b.Sections)-1]
	}
}

// descriptors says how many descriptors there are, and what of them is sockets where that could be read.
func (b *builder) descriptors() {
	if b.d == nil || b.d.FilesTotal == 0 {
		return
	}
	words := fmt.Sprintf("descriptors: %d", b.d.FilesTotal)
	if b.d.Problems[pcb.PartFiles] == "" && b.d.Problems[pcb.PartSockets] == "" {
		listening := 0
		for i := range b.d.Sockets {
			if b.d.Sockets[i].State == "LISTEN" {
				listening++
			}
		}
		words += fmt.Sprintf("; sockets: %d, listening: %d", len(b.d.Sockets), listening)
	}
	b.say("open", words)
}
