package pcb

import "time"

// Smaps is what the memory maps of a process hold, by the pages that are there: read on demand, since the kernel walks every
// page of the process for it.
type Smaps struct {
	ID      ID
	Time    time.Time     // when the reading ended
	Took    time.Duration // how long it took
	Total   MappingUse    // of all that was read
	ByName  []MappingUse  // all maps of a file or kind together, those with the most resident memory first
	Largest []MappingUse  // single maps, those with the most resident memory first
	Names   int           // may be more than len(ByName)
	Problem string        // why maps are missing, in words for a person; empty when none are
}

// MappingUse is what one map, or several together, hold, in bytes (/proc/PID/smaps).
type MappingUse struct {
	Name    string // file, or the kernel's or ptop's word for what is none: [heap], [anon]
	Address string // of a single map: its range, as the kernel writes it
	Perms   string // of a single map: rwxp
	Maps    int
	Size    uint64 // virtual (Size)
	RSS     uint64 // resident (Rss)
	PSS     uint64 // its share of what is resident: a page that n processes have counts an nth (Pss)
	Private uint64 // resident and no other process's: what its end would set free (Private_Clean, Private_Dirty)
	Dirty   uint64 // resident and changed, which has to be written somewhere before the page is free (Private_Dirty, Shared_Dirty)
	Swap    uint64 // swapped out (Swap)
	Locked  uint64 // resident and locked there (Locked)
}

// Add adds the figures of another one.
func (m *MappingUse) Add(o *MappingUse) {
	m.Maps += o.Maps
	m.Size += o.Size
	m.RSS += o.RSS
	m.PSS += o.PSS
	m.Private += o.Private
	m.Dirty += o.Dirty
	m.Swap += o.Swap
	m.Locked += o.Locked
}
