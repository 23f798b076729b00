package detect

import "ptop/pcb"

// Adoption is a process that was seen to lose its parent while ptop watched: who that was. What lost its parent before is
// known as little as who it was.
type Adoption struct {
	ID     pcb.ID // of the child
	Parent pcb.ID // the one that it lost; its start is 0 where only an event told of it
	Name   string // of that parent; empty when it is unknown
}

// Adoptions appends to dst the living processes of the last reading that were seen to lose their parents, in order of pid.
func (t *Tracker) Adoptions(dst []Adoption) []Adoption {
	h := &t.history
	for _, i := range h.strays {
		if lost := h.entries[i].lost; lost != nil {
			dst = append(dst, Adoption{h.entries[i].id, lost.ID, lost.Name})
		}
	}
	return dst
}
