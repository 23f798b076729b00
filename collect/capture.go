package collect

import "bytes"

// CaptureOptions says what a capture holds.
type CaptureOptions struct {
	// RedactTexts replaces what follows the program's name on every command line by a marker.
	RedactTexts bool
	// PIDs are the processes to capture, with their ancestors; all when empty.
	PIDs []int32
}

// redacted is what stands for arguments that were left out.
const redacted = "[redacted]"

// redactArgs keeps the program's name of a NUL-separated command line. A program that writes its own title puts it
// all into the first argument, so that a blank ends the name, too.
func redactArgs(cmdline []byte) []byte {
	end := bytes.IndexAny(cmdline, "\x00 ")
	if end < 0 || len(bytes.TrimRight(cmdline[end:], "\x00")) == 0 {
		return cmdline
	}
	return append(append(bytes.Clone(cmdline[:end]), 0), redacted+"\x00"...)
}
