package collect

// The task iterator tells which processes run the same file and are in the same cgroups. Their texts are the same, and need
// not be read of each. They are taken from others of the same reading alone, since what they go by is an address in the
// kernel, and when two of these agreed: one can have gone on to another program between its record and its text.

// sameTexts is what a process has in common with others; 0 for what is not known.
type sameTexts struct{ exe, room uint64 }

// shared is the texts that were read in this reading.
type shared struct {
	exe  agreed[string]
	room agreed[room]
}

func (s *shared) begin() {
	clear(s.exe)
	clear(s.room)
	if s.exe == nil {
		s.exe, s.room = agreed[string]{}, agreed[room]{}
	}
}

// agreed is texts by what those that have them have in common.
type agreed[T comparable] map[uint64]*agreement[T]

type agreement[T comparable] struct {
	text T
	by   int // that agree on it one after the other
}

// of gives the text that goes with a key; nil when that is not known for sure.
func (a agreed[T]) of(key uint64) *T {
	if g := a[key]; g != nil && g.by > 1 {
		return &g.text
	}
	return nil
}

// note takes the text of one process.
func (a agreed[T]) note(key uint64, text T) {
	if key == 0 || a == nil {
		return
	}
	g := a[key]
	if g == nil || g.text != text {
		a[key] = &agreement[T]{text: text, by: 1}
		return
	}
	g.by++
}
