package detect

import (
	"cmp"
	"math"
	"slices"
	"time"

	"ptop/pcb"
)

// How many processes a reading has asked for the limits of their cgroups. One stands for all that are in the same ones.
const (
	placesFirst  = 32 // in the first reading, which may be the only one
	placesTurn   = 8  // of those in which nothing is near a limit, in turn
	placesUrgent = 16 // of those where something is
)

// How old what was read of a cgroup may get where nothing is near a limit, and where none is set.
const (
	placeAge    = 5 * time.Second
	noLimitsAge = 30 * time.Second
)

// From where on a limit is looked at in each reading, in percent.
const (
	urgentMemory   = 75
	urgentPressure = 5
	urgentPids     = 70
)

// places is the cgroups that processes are in, with what was read of them over time.
type places struct {
	sets  map[string]*cgroupSet // by Process.Cgroups
	dirs  map[string]*cgroup    // those with a limit, by directory
	last  *cgroupSet            // the set of the last process that was entered
	seq   uint64                // of readings
	order []*cgroupSet          // the memory of a selection
	asked []pcb.ProbeRequest    // likewise
}

// cgroupSet is processes in the same cgroups.
type cgroupSet struct {
	key    string
	seq    uint64 // of the latest reading that showed it
	asked  int32  // index of who is asked for all: the one with the lowest pid of those that live
	wanted bool   // a detector wants to know of it
	urgent bool   // something in it is near a limit
	read   time.Duration
	known  bool // it was read
	groups []*cgroup
}

// cgroup is a directory with a limit.
type cgroup struct {
	dir     string
	seq     uint64 // of the latest reading with a process in it
	at      time.Duration
	cpu     *pcb.CPUQuota
	memory  *pcb.MemoryLimit
	pids    *pcb.PidsLimit
	quota   series[pcb.CPUQuota]
	use     series[float64]      // of pids
	kills   series[uint64]       // for want of memory
	subject map[*Detector]pcb.ID // whom a finding about it names, as long as that one is in it
}

func newPlaces() places {
	return places{sets: map[string]*cgroupSet{}, dirs: map[string]*cgroup{}}
}

// begin starts a reading.
func (l *places) begin() {
	l.seq++
	l.last = nil
}

// enter takes up one process. The dead of version 1 are shown in no cgroup, and are nobody to be asked.
func (l *places) enter(i int32, p *pcb.Process) {
	if p.Cgroups == "" || p.Zombie() && !p.LeaderExited() {
		return
	}
	set := l.last
	if set == nil || set.key != p.Cgroups {
		if set = l.sets[p.Cgroups]; set == nil {
			set = &cgroupSet{key: p.Cgroups}
			l.sets[set.key] = set
		}
		l.last = set
	}
	if set.seq != l.seq && !p.Blocked {
		set.seq, set.asked, set.wanted = l.seq, i, false
	}
}

// end forgets the cgroups that nobody is in any more.
func (l *places) end() {
	for key, set := range l.sets {
		if set.seq != l.seq {
			delete(l.sets, key)
			continue
		}
		for _, c := range set.groups {
			c.seq = l.seq
		}
	}
	for dir, c := range l.dirs {
		if c.seq != l.seq {
			delete(l.dirs, dir)
		}
	}
}

// want has the cgroups of a process read in this reading.
func (l *places) want(q *pcb.Process) {
	if set := l.sets[q.Cgroups]; set != nil {
		set.wanted = true
	}
}

// ask names those whose cgroups are to be read: where something is near a limit each time, the others in turn.
func (l *places) ask(p *Pass) []pcb.ProbeRequest {
	now := p.Snap.Mono
	l.order = l.order[:0]
	for _, set := range l.sets {
		age := p.set.scaled(placeAge)
		if set.known && len(set.groups) == 0 {
			age = p.set.scaled(noLimitsAge)
		}
		if set.urgent || set.wanted || set.read == 0 || now-set.read >= age {
			l.order = append(l.order, set)
		}
	}
	slices.SortFunc(l.order, func(a, b *cgroupSet) int {
		return cmp.Or(cmp.Compare(a.read, b.read), cmp.Compare(a.asked, b.asked))
	})
	turn, urgent := placesTurn, placesUrgent
	if l.seq == 1 {
		turn = placesFirst
	}
	l.asked = l.asked[:0]
	for _, set := range l.order {
		left := &turn
		if set.urgent || set.wanted {
			left = &urgent
		}
		if *left > 0 {
			*left--
			set.read = max(now, 1) // also when it turns out that it can't be: others have their turn
			l.asked = append(l.asked, pcb.ProbeRequest{ID: p.proc(set.asked).ID, Kinds: pcb.ProbeCgroup})
		}
	}
	return l.asked
}

// learn takes up what the probes read.
func (l *places) learn(p *Pass) {
	for _, set := range l.sets {
		probe := p.Probes[p.proc(set.asked).ID]
		if !in(probe, pcb.ProbeCgroup) {
			continue
		}
		set.known, set.groups = true, set.groups[:0]
		for k := range probe.Cgroup.CPU {
			c := l.of(set, probe.Cgroup.CPU[k].Dir)
			c.cpu = &probe.Cgroup.CPU[k]
		}
		for k := range probe.Cgroup.Memory {
			c := l.of(set, probe.Cgroup.Memory[k].Dir)
			c.memory = &probe.Cgroup.Memory[k]
		}
		for k := range probe.Cgroup.Pids {
			c := l.of(set, probe.Cgroup.Pids[k].Dir)
			c.pids = &probe.Cgroup.Pids[k]
		}
		set.urgent = false
		for _, c := range set.groups {
			c.enter(p)
			set.urgent = set.urgent || c.urgent(p)
		}
	}
}

// of gives a directory of the set, cleared of what was read before.
func (l *places) of(set *cgroupSet, dir string) *cgroup {
	c := l.dirs[dir]
	if c == nil {
		c = &cgroup{dir: dir, subject: map[*Detector]pcb.ID{}}
		l.dirs[dir] = c
	}
	c.seq = l.seq
	if !slices.Contains(set.groups, c) {
		c.cpu, c.memory, c.pids = nil, nil, nil
		set.groups = append(set.groups, c)
	}
	return c
}

// enter adds what was just read to what is remembered.
func (c *cgroup) enter(p *Pass) {
	c.at = p.Snap.Mono
	if c.cpu != nil {
		if last, ok := c.quota.last(); ok && (last.Periods > c.cpu.Periods || last.Throttled > c.cpu.Throttled) {
			c.quota = series[pcb.CPUQuota]{} // another of that name
		}
		c.quota.add(c.at, p.set.duration(cgroupThrottled, "window"), *c.cpu)
	}
	if c.memory != nil {
		c.kills.add(c.at, p.set.duration(oomRisk, "recent"), c.memory.OOMKills)
	}
	if c.pids != nil {
		c.use.add(c.at, p.set.duration(pidExhaustion, "window"), float64(c.pids.Current))
	}
}

// urgent reports whether something is near a limit, so that it is to be read in every reading.
func (c *cgroup) urgent(p *Pass) bool {
	return c.cpu != nil && c.throttling() || c.memory != nil && p.tight(c) || c.pids != nil && crowded(cgroupRoom(c.pids))
}

// cgroupsOf gives the cgroups with limits that hold for a process, as far as they were read.
func (p *Pass) cgroupsOf(q *pcb.Process) []*cgroup {
	if set := p.History.places.sets[q.Cgroups]; set != nil {
		return set.groups
	}
	return nil
}

// limited gives the cgroups about which the detector at work has something to tell, in the order of their directories. share
// says so, and how much of the limit is in use. Of cgroups that hold each other the tighter is told; of two alike the inner.
func (p *Pass) limited(share func(*cgroup) (float64, bool)) []*cgroup {
	type limit struct {
		*cgroup
		share float64
	}
	var found []limit
	for _, c := range p.History.places.dirs {
		if s, ok := share(c); ok {
			found = append(found, limit{c, s})
		}
	}
	slices.SortFunc(found, func(a, b limit) int { return cmp.Compare(a.dir, b.dir) })
	var told []*cgroup
	for _, a := range found {
		if !slices.ContainsFunc(found, func(b limit) bool {
			return b.holds(a.cgroup) && b.share > a.share || a.holds(b.cgroup) && b.share >= a.share
		}) {
			told = append(told, a.cgroup)
		}
	}
	return told
}

// holds reports whether another cgroup is inside this one.
func (c *cgroup) holds(other *cgroup) bool {
	return len(other.dir) > len(c.dir) && other.dir[:len(c.dir)] == c.dir && other.dir[len(c.dir)] == '/'
}

// members gives the processes that a cgroup's limits hold for. A zombie of version 1 is shown in no cgroup: it counts where its parent is.
func (p *Pass) members(c *cgroup) []int32 {
	var all []int32
	for i := range p.Snap.Procs {
		q := p.proc(int32(i))
		inside := slices.Contains(p.cgroupsOf(q), c)
		if !inside && q.Zombie() {
			if parent := p.parent(int32(i)); parent != nil {
				inside = slices.Contains(p.cgroupsOf(parent), c)
			}
		}
		if inside {
			all = append(all, int32(i))
		}
	}
	return all
}

// names gives the process that the detector's finding about a cgroup names: the same as before, as long as it is one of
// these, so that the finding stays the same one; else the one for which most speaks.
func (p *Pass) names(kept map[*Detector]pcb.ID, of []int32, weight func(i int32) float64) int32 {
	best, most := int32(-1), math.Inf(-1)
	for _, i := range of {
		if p.proc(i).ID == kept[p.det] {
			return i
		}
		if w := weight(i); w > most {
			best, most = i, w
		}
	}
	if best >= 0 {
		kept[p.det] = p.proc(best).ID
	}
	return best
}
