package export

import (
	"encoding/base64"
	"io"
	"math"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// encoder appends JSON to b. Commas follow from what stands there already.
type encoder struct {
	b   []byte
	out io.Writer // where spill writes
	err error     // of the first write that failed
}

// chunk is how much of a document is kept before it is written: that of tens of thousands of processes must not
// take as much memory as they do, and memory that is touched for the first time costs more than what is written to it.
const chunk = 64 << 10

// headroom is what a process usually needs at most: the buffer is made as large as a chunk and this, and need not grow.
const headroom = 8 << 10

// newEncoder begins a document in buf's memory.
func newEncoder(buf []byte, out io.Writer) *encoder {
	if cap(buf) < chunk+headroom {
		buf = make([]byte, 0, chunk+headroom)
	}
	return &encoder{b: buf[:0], out: out}
}

// spill writes what is there when it is much. The last byte stays, for comma.
func (e *encoder) spill() {
	last := len(e.b) - 1
	if last < chunk {
		return
	}
	kept := e.b[last]
	if e.err == nil {
		if _, e.err = e.out.Write(e.b[:last]); e.err != nil {
			e.b = nil // it may still be read: a write that was given up goes on
		}
	}
	e.b = append(e.b[:0], kept)
}

func (e *encoder) comma() {
	if n := len(e.b); n > 0 && e.b[n-1] != '{' && e.b[n-1] != '[' && e.b[n-1] != ':' && e.b[n-1] != '\n' {
		e.b = append(e.b, ',')
	}
}

// key begins a member of an object. name needs no escaping.
func (e *encoder) key(name string) {
	e.comma()
	e.b = append(e.b, '"')
	e.b = append(e.b, name...)
	e.b = append(e.b, '"', ':')
}

func (e *encoder) open(bracket byte) {
	e.comma()
	e.b = append(e.b, bracket)
}

func (e *encoder) close(bracket byte) { e.b = append(e.b, bracket) }

func (e *encoder) object(name string) {
	e.key(name)
	e.open('{')
}

func (e *encoder) array(name string) {
	e.key(name)
	e.open('[')
}

func (e *encoder) int(name string, n int64) {
	e.key(name)
	e.b = strconv.AppendInt(e.b, n, 10)
}

func (e *encoder) uint(name string, n uint64) {
	e.key(name)
	e.b = strconv.AppendUint(e.b, n, 10)
}

func (e *encoder) bool(name string, v bool) {
	e.key(name)
	e.b = strconv.AppendBool(e.b, v)
}

// float leaves out what is no number: absent means unknown.
func (e *encoder) float(name string, f float64) {
	if !math.IsNaN(f) && !math.IsInf(f, 0) {
		e.key(name)
		e.b = appendFloat(e.b, f)
	}
}

// appendFloat gives six decimals at most: more is noise in a percentage, and microseconds in a duration.
func appendFloat(b []byte, f float64) []byte {
	if !(math.Abs(f) < 1e9) {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	millionths := int64(math.Round(f * 1e6)) // at most 15 digits, which a float64 keeps: these are what strconv would find
	if millionths < 0 {
		b, millionths = append(b, '-'), -millionths
	}
	b = strconv.AppendInt(b, millionths/1e6, 10)
	rest := millionths % 1e6
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for place := int64(1e5); rest > 0; place /= 10 {
		b = append(b, '0'+byte(rest/place))
		rest %= place
	}
	return b
}

func (e *encoder) seconds(name string, d time.Duration) { e.float(name, d.Seconds()) }

func (e *encoder) time(name string, t time.Time) {
	e.key(name)
	e.b = appendTime(e.b, t)
}

func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// text writes a text that may hold any byte; see appendText. The NULs between a command line's arguments become
// spaces. When it is not valid UTF-8, a second member, name_base64, holds the true bytes.
func (e *encoder) text(name, s string) {
	e.key(name)
	var valid bool
	e.b, valid = appendText(e.b, s)
	if !valid {
		e.key(name + "_base64")
		e.b = appendBase64(e.b, s)
	}
}

// known writes a text that is absent when empty.
func (e *encoder) known(name, s string) {
	if s != "" {
		e.text(name, s)
	}
}

// list writes a list of texts, NUL-separated in s. When one is not valid UTF-8, name_base64 holds the true bytes of all.
func (e *encoder) list(name, s string) {
	e.array(name)
	valid := true
	for rest, item := s, ""; next(&rest, &item); {
		e.comma()
		var ok bool
		e.b, ok = appendText(e.b, item)
		valid = valid && ok
	}
	e.close(']')
	if valid {
		return
	}
	e.array(name + "_base64")
	for rest, item := s, ""; next(&rest, &item); {
		e.comma()
		e.b = appendBase64(e.b, item)
	}
	e.close(']')
}

// next cuts the first item off a NUL-separated list.
func next(rest, item *string) bool {
	s := *rest
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] == 0 {
			*item, *rest = s[:i], s[i+1:]
			return true
		}
	}
	*item, *rest = s, ""
	return true
}

const hex = "0123456789abcdef"

// appendText appends s as a JSON string. What a terminal would obey or not show (controls, formats, bidi marks) is
// written as \u escapes, which JSON reads back as the true characters. A byte that is not UTF-8 becomes the four
// characters \xHH, and valid false.
func appendText(b []byte, s string) (out []byte, valid bool) {
	valid = true
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			if r, size = utf8.DecodeRuneInString(s[i:]); size > 1 && unicode.IsPrint(r) {
				i += size
				continue
			}
		}
		b = append(b, s[start:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == 0:
			b = append(b, ' ')
		case r == utf8.RuneError && size == 1:
			b = append(b, '\\', '\\', 'x', hex[c>>4], hex[c&15])
			valid = false
		case r >= 0x10000:
			r -= 0x10000
			b = appendEscape(appendEscape(b, 0xd800+r>>10), 0xdc00+r&0x3ff)
		default:
			b = appendEscape(b, r)
		}
		i += size
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"'), valid
}

func appendEscape(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

func appendBase64(b []byte, s string) []byte {
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, []byte(s))
	return append(b, '"')
}
