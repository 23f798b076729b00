package collect

import (
	"bytes"
	"time"

	"ptop/pcb"
)

// parseSchedstat reads "run-time run-delay timeslices", times in nanoseconds.
func parseSchedstat(text []byte) (run, delay time.Duration, ok bool) {
	var v [2]int64
	if parseInts(text, v[:]) < 2 || v[0] < 0 || v[1] < 0 {
		return 0, 0, false
	}
	return time.Duration(v[0]), time.Duration(v[1]), true
}

// parseIO reads an io file.
func parseIO(text []byte, p *pcb.Process) {
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			return
		}
		row := text[:end]
		text = text[end+1:]
		colon := bytes.IndexByte(row, ':')
		if colon < 0 {
			continue
		}
		value := decimal(bytes.TrimLeft(row[colon+1:], " "))
		switch string(row[:colon]) {
		case "rchar":
			p.ReadChars = value
		case "wchar":
			p.WriteChars = value
		case "syscr":
			p.ReadCalls = value
		case "syscw":
			p.WriteCalls = value
		case "read_bytes":
			p.ReadBytes = value
		case "write_bytes":
			p.WriteBytes = value
			p.Have |= pcb.FieldIO // it comes after the others
		}
	}
}

// parseCgroup gives the path that tells most of a cgroup file: that of the unified hierarchy; on a machine where it
// holds no controllers (hybrid), of systemd's own; else the first that is not the root.
func parseCgroup(text []byte) []byte {
	var unified, systemd, other []byte
	for len(text) > 0 {
		row := text
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			row, text = text[:end], text[end+1:]
		} else {
			text = nil
		}
		first := bytes.IndexByte(row, ':')
		if first < 0 {
			continue
		}
		second := bytes.IndexByte(row[first+1:], ':')
		if second < 0 {
			continue
		}
		names, path := row[first+1:first+1+second], row[first+second+2:]
		switch {
		case len(names) == 0:
			unified = path
		case string(names) == "name=systemd":
			systemd = path
		case other == nil && len(path) > 1:
			other = path
		}
	}
	switch {
	case len(unified) > 1:
		return unified
	case len(systemd) > 1:
		return systemd
	case other != nil:
		return other
	case unified != nil:
		return unified
	}
	return systemd
}

// appendNumbers reads a buffer of struct linux_dirent64: inode 8 bytes, offset 8, length 2, type 1, name up to a NUL.
func appendNumbers(dst []int32, entries []byte) []int32 {
	const nameAt = 19
	for len(entries) > nameAt {
		size := int(entries[16]) | int(entries[17])<<8
		if size <= nameAt || size > len(entries) {
			break
		}
		name := entries[nameAt:size]
		if name[0]-'0' < 10 {
			dst = append(dst, int32(decimal(name)))
		}
		entries = entries[size:]
	}
	return dst
}
