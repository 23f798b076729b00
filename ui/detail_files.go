package ui

import (
	"fmt"
	"strings"

	"ptop/internal/sanitize"
	"ptop/pcb"
)

func (v *detailView) fileLines(w int) []pageLine {
	d := v.detail
	exe := orAbsent(d.Exe)
	if p := &d.Process; d.Exe == "" && p.KernelThread() {
		exe += " (a kernel thread has none)"
	}
	out := entries([]entry{{"working directory", orAbsent(d.Cwd)}, {"root", orAbsent(d.Root)}, {"executable", exe}}, min(w, 90))
	out = append(out, socketLines(d.Sockets)...)
	total := max(d.FilesTotal, len(d.Files))
	if total == 0 && v.unread(pcb.PartFiles) {
		return out
	}
	out = append(out, blank, heading(plural(total, "open file", "open files")))
	if total == 0 {
		return out
	}
	ends := pipeEnds(d.Files)
	flags := width("FLAGS")
	for _, f := range d.Files {
		flags = max(flags, width(f.Flags))
	}
	out = append(out, textLine(fmt.Sprintf("%5s %-6s %s %10s  %s", "FD", "KIND", pad("FLAGS", flags), "POSITION", "TARGET"), roleTitle))
	for _, f := range d.Files {
		r, target := roleText, f.Target
		if strings.HasSuffix(f.Target, " (deleted)") {
			r = roleWarning
		}
		if other, both := ends[f.FD]; both {
			target += fmt.Sprintf("  (other end: %d)", other)
		}
		out = append(out, textLine(fmt.Sprintf("%5d %-6s %s %10d  %s", f.FD, f.Kind, pad(f.Flags, flags), f.Pos, target), r))
	}
	if total > len(d.Files) {
		out = append(out, textLine(fmt.Sprintf("and %d more", total-len(d.Files)), roleDim))
	}
	return out
}

// pipeEnds finds the pipes of which the process holds both ends, by the descriptor of either.
func pipeEnds(files []pcb.OpenFile) map[int]int {
	readers, writers := map[string]int{}, map[string]int{}
	for _, f := range files {
		way, _, _ := strings.Cut(f.Flags, " ")
		switch {
		case f.Kind != "pipe":
		case way == "r":
			readers[f.Target] = f.FD
		case way == "w":
			writers[f.Target] = f.FD
		}
	}
	ends := map[int]int{}
	for target, reader := range readers {
		if writer, both := writers[target]; both {
			ends[reader], ends[writer] = writer, reader
		}
	}
	return ends
}

// The widths of a socket's local address: what it has at least, and what it may take from the remote one.
const localMin, localMax = 15, 40

func socketLines(sockets []pcb.Socket) []pageLine {
	if len(sockets) == 0 {
		return nil
	}
	local, state, proto := localMin, width("STATE"), width("PROTO")
	for _, s := range sockets {
		local = max(local, min(width(s.Local), localMax))
		state, proto = max(state, width(s.State)), max(proto, width(s.Proto))
	}
	out := []pageLine{
		blank, heading(plural(len(sockets), "socket", "sockets")),
		textLine(fmt.Sprintf("%5s %s %s %5s %5s  %s %s", "FD", pad("PROTO", proto), pad("STATE", state), "RECVQ", "SENDQ", pad("LOCAL", local), "PEER"), roleTitle),
	}
	for _, s := range sockets {
		r := roleText
		if s.State == "CLOSE_WAIT" || s.RecvQ+s.SendQ > 0 { // something waits here for somebody
			r = roleStrong
		}
		name, peer := sanitize.Text(orAbsent(s.Local)), orAbsent(s.Remote)
		out = append(out, textLine(fmt.Sprintf("%5d %s %s %5s %5s  %s %s", s.FD, pad(s.Proto, proto), pad(s.State, state), size(s.RecvQ), size(s.SendQ), pad(name, local), peer), r))
	}
	return out
}
