package collect

import (
	"bytes"
	"time"

	"ptop/pcb"
)

// statFields is how many fields of stat are read: up to exit_code, number 52.
const statFields = 52

// statLine is what a stat file says beyond what goes straight into a Process.
type statLine struct {
	comm []byte // a part of the parsed text
	signs
}

// signs are by what an exec is told.
type signs struct {
	// exec is a mark that changes with every exec: where code, stack, arguments and environment lie.
	exec uint64
	// hidden says that the kernel does not tell us these places: field 26 is then 1, and exec the same for all.
	hidden bool
}

// parseStat reads a stat file into p. The name in it can hold any byte: it goes from the first parenthesis to the
// last. A file that was cut leaves p without FieldStat and answers false.
func parseStat(text []byte, p *pcb.Process, line *statLine) bool {
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open || end+4 > len(text) {
		return false
	}
	line.comm = text[open+1 : end]
	p.State = text[end+2]
	if p.State <= ' ' {
		return false
	}
	var v [statFields + 1]int64
	if parseInts(text[end+3:], v[4:]) < 22-3 { // up to vsize, which every kernel has
		return false
	}
	p.PPID, p.PGID, p.SID = int32(v[4]), int32(v[5]), int32(v[6])
	p.TTY, p.TPGID = int32(v[7]), int32(v[8])
	p.KFlags = uint32(v[9])
	p.MinFlt, p.CMinFlt, p.MajFlt = uint64(v[10]), uint64(v[11]), uint64(v[12])
	p.UTime, p.STime = ticks(v[14]), ticks(v[15])
	p.CUTime, p.CSTime = ticks(v[16]), ticks(v[17])
	p.Priority, p.Nice = int32(v[18]), int32(v[19])
	p.Threads = int32(v[20])
	p.Start = uint64(v[22])
	p.Started = ticks(v[22])
	p.VSize = uint64(v[23])
	p.ExitSig, p.Processor = int32(v[38]), int32(v[39])
	p.RTPriority, p.Policy = uint32(v[40]), uint32(v[41])
	p.GTime = ticks(v[43])
	p.ExitCode = int32(v[52])
	line.exec, line.hidden = 0, v[26] == 1
	for _, place := range []int64{v[26], v[28], v[45], v[48], v[50]} {
		line.exec = line.exec*0x9E3779B97F4A7C15 + uint64(place)
	}
	p.Have |= pcb.FieldStat
	return true
}

func ticks(n int64) time.Duration {
	if n < 0 || n > int64(1<<62/pcb.Tick) { // no clock has come that far: garbage
		return 0
	}
	return time.Duration(n) * pcb.Tick
}

// parseInts reads numbers separated by spaces until out is full or the text ends, and tells how many. A number above
// the range of int64 (field 25 is unlimited as 2^64-1) keeps its bits.
func parseInts(text []byte, out []int64) int {
	n, i := 0, 0
	for n < len(out) {
		for i < len(text) && text[i] == ' ' {
			i++
		}
		negative := i < len(text) && text[i] == '-'
		if negative {
			i++
		}
		start := i
		value := uint64(0)
		for i < len(text) && text[i]-'0' <= 9 {
			value = value*10 + uint64(text[i]-'0')
			i++
		}
		if i == start {
			return n
		}
		if negative {
			value = -value
		}
		out[n] = int64(value)
		n++
	}
	return n
}
