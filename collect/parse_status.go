package collect

import (
	"bytes"

	"ptop/pcb"
)

// statusLine is what a status file says beyond what goes straight into a Process.
type statusLine struct {
	name   []byte // escaped as the kernel does it: \n and \\
	state  byte
	ppid   int32
	nspids []byte // the list of NSpid
}

// parseStatus reads a status file into p. What is not in it, or cut, leaves its field group out of p.Have.
func parseStatus(text []byte, p *pcb.Process, line *statusLine) {
	var seen statusSeen
	var file, shmem uint64
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n')
		if end < 0 { // the last line was cut: its figure may be
			break
		}
		row := text[:end]
		text = text[end+1:]
		colon := bytes.IndexByte(row, ':')
		if colon < 0 {
			continue
		}
		value := bytes.TrimLeft(row[colon+1:], "\t ")
		switch string(row[:colon]) {
		case "Name":
			line.name = value
		case "State":
			if len(value) > 0 {
				line.state = value[0]
			}
		case "PPid":
			line.ppid = int32(decimal(value))
		case "TracerPid":
			p.TracerPID = int32(decimal(value))
			p.Have |= pcb.FieldTracer
		case "Uid":
			p.UID, p.EUID = twoIDs(value)
			seen |= seenUID
		case "Gid":
			p.GID, p.EGID = twoIDs(value)
			seen |= seenGID
		case "NSpid":
			line.nspids = value
			p.Have |= pcb.FieldNSPID
		case "VmHWM":
			p.PeakRSS = kilobytes(value)
		case "VmRSS":
			p.RSS = kilobytes(value)
			p.Have |= pcb.FieldMemory // the parts stand behind it
		case "RssAnon":
			p.Anon = kilobytes(value)
		case "RssFile":
			file = kilobytes(value)
		case "RssShmem":
			shmem = kilobytes(value)
		case "VmSwap":
			p.Swap = kilobytes(value)
		case "SigPnd":
			p.SigPending = hexadecimal(value)
		case "ShdPnd":
			p.SigShared = hexadecimal(value)
		case "SigBlk":
			p.SigBlocked = hexadecimal(value)
		case "SigIgn":
			p.SigIgnored = hexadecimal(value)
		case "SigCgt":
			p.SigCaught = hexadecimal(value)
			p.Have |= pcb.FieldSignals // it is the last of the five
		case "voluntary_ctxt_switches":
			p.Voluntary = decimal(value)
		case "nonvoluntary_ctxt_switches":
			p.Involuntary = decimal(value)
			p.Have |= pcb.FieldSwitches
		}
	}
	p.Shared = file + shmem
	if seen == seenUID|seenGID {
		p.Have |= pcb.FieldCreds
	}
}

type statusSeen uint8

const (
	seenUID statusSeen = 1 << iota
	seenGID
)

// twoIDs gives the first two numbers of a line: real and effective.
func twoIDs(text []byte) (uint32, uint32) {
	rest := text
	for len(rest) > 0 && rest[0] != '\t' && rest[0] != ' ' {
		rest = rest[1:]
	}
	return uint32(decimal(text)), uint32(decimal(bytes.TrimLeft(rest, "\t ")))
}

// kilobytes gives bytes of a figure in kB.
func kilobytes(text []byte) uint64 { return decimal(text) * 1024 }

// decimal reads the digits at the beginning of text.
func decimal(text []byte) uint64 {
	n := uint64(0)
	for _, c := range text {
		if c-'0' > 9 {
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

func hexadecimal(text []byte) uint64 {
	n := uint64(0)
	for _, c := range text {
		switch {
		case c-'0' <= 9:
			n = n<<4 | uint64(c-'0')
		case c-'a' < 6:
			n = n<<4 | uint64(c-'a'+10)
		default:
			return n
		}
	}
	return n
}

// parseNSPIDs gives the pids of an NSpid line, nil when there is but one.
func parseNSPIDs(text []byte) []int32 {
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return nil
	}
	out := make([]int32, len(fields))
	for i, field := range fields {
		out[i] = int32(decimal(field))
	}
	return out
}

// unescapeName undoes the kernel's escapes of a Name line, in place.
func unescapeName(name []byte) []byte {
	if bytes.IndexByte(name, '\\') < 0 {
		return name
	}
	out := name[:0]
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '\\' && i+1 < len(name) {
			i++
			if c = name[i]; c == 'n' {
				c = '\n'
			}
		}
		out = append(out, c)
	}
	return out
}
