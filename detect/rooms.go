package detect

import (
	"cmp"
	"slices"
	"time"

	"ptop/pcb"
)

// room is a limit, and how much of it is in use: bytes of memory, descriptors, or pids, for which threads and zombies count.
type room struct {
	used, limit float64
	evidence    string // key of its use in percent
	whose       string
	source      string
}

// percent is how much of it is in use.
func (r *room) percent() float64 { return 100 * r.used / r.limit }

// machineRoom is the whole machine's. A limit of 0 says that it is not known.
func (p *Pass) machineRoom() room {
	r := room{float64(p.History.crowds.machine.threads), float64(p.Snap.Host.PIDMax), "pid_use_percent", "", "/proc/sys/kernel/pid_max"}
	if threads := p.Snap.System.ThreadsMax; threads != nil && float64(*threads) < r.limit {
		r.limit, r.source = float64(*threads), "/proc/sys/kernel/threads-max"
	}
	return r
}

func cgroupRoom(l *pcb.PidsLimit) room {
	return room{float64(l.Current), float64(l.Max), "cgroup_pid_use_percent", " of its cgroup", l.Dir + "/pids.max"}
}

// nearestPids is the limit of which the greatest share is in use; nil when none is set.
func nearestPids(all []pcb.PidsLimit) *pcb.PidsLimit {
	var nearest *pcb.PidsLimit
	for k := range all {
		if l := &all[k]; nearest == nil || float64(l.Current)/float64(l.Max) > float64(nearest.Current)/float64(nearest.Max) {
			nearest = l
		}
	}
	return nearest
}

// userRoom is that of RLIMIT_NPROC, which the kernel holds against all threads of a real user.
func (u *crowd) room() room {
	return room{float64(u.threads), float64(u.limit.Soft), "user_pid_use_percent", " of its user", procFile(u.of, "limits") + " Max processes"}
}

// crowds counts the threads of each user and of the machine.
type crowds struct {
	users   map[uint32]*crowd // by real user; root has no limit
	machine crowd
	last    *crowd
	seq     uint64             // of readings
	order   []*crowd           // the memory of a selection
	asked   []pcb.ProbeRequest // likewise
}

// crowd is the threads of one user, or all there are. A zombie counts as one.
type crowd struct {
	uid     uint32
	seq     uint64 // of the latest reading that showed it
	threads int
	asked   int32 // index of the one with the most threads and children, whose limit is asked for
	weight  int   // of that
	read    time.Duration
	limit   pcb.NprocLimit
	of      pcb.ID // whose limit that is; zero for none
	use     series[float64]
	subject map[*Detector]pcb.ID
}

func newCrowds() crowds {
	return crowds{users: map[uint32]*crowd{}, machine: crowd{subject: map[*Detector]pcb.ID{}}}
}

// begin starts a reading.
func (c *crowds) begin() {
	c.seq++
	c.last, c.machine.threads = nil, 0
}

// enter takes up one process.
func (c *crowds) enter(i int32, p *pcb.Process, children int) {
	threads := max(1, int(p.Threads))
	c.machine.threads += threads
	if p.UID == 0 || !p.Have.Has(pcb.FieldCreds) {
		return
	}
	u := c.last
	if u == nil || u.uid != p.UID {
		if u = c.users[p.UID]; u == nil {
			u = &crowd{uid: p.UID, subject: map[*Detector]pcb.ID{}}
			c.users[u.uid] = u
		}
		c.last = u
	}
	if u.seq != c.seq {
		u.seq, u.threads, u.weight = c.seq, 0, 0
	}
	u.threads += threads
	if weight := threads + children; weight > u.weight && !p.Blocked && (!p.Zombie() || p.LeaderExited()) {
		u.asked, u.weight = i, weight
	}
}

// end forgets the users who have no process any more, and the limits of processes that are gone.
func (c *crowds) end(s *pcb.Snapshot) {
	for uid, u := range c.users {
		switch {
		case u.seq != c.seq:
			delete(c.users, uid)
		case s.Lookup(u.of) == nil:
			u.of = pcb.ID{}
		}
	}
}

// How many users' limits a reading asks for, and how old one may get.
const (
	nprocFirst = 16 // in the first reading
	nprocTurn  = 4
	nprocAge   = 10 * time.Second
)

// ask names those whose RLIMIT_NPROC is to be read: of each user with so many threads that it could matter the one who is
// most likely to need another, in turn; in each reading of those who are near theirs.
func (c *crowds) ask(p *Pass) []pcb.ProbeRequest {
	now, least := p.Snap.Mono, p.Param("least")*p.Param("used")/100
	c.order = c.order[:0]
	for _, u := range c.users {
		near := !u.of.IsZero() && crowded(u.room())
		if float64(u.threads) >= least && u.weight > 0 && (near || u.read == 0 || now-u.read >= p.set.scaled(nprocAge)) {
			c.order = append(c.order, u)
		}
	}
	slices.SortFunc(c.order, func(a, b *crowd) int { return cmp.Or(cmp.Compare(a.read, b.read), cmp.Compare(a.uid, b.uid)) })
	n := nprocTurn
	if c.seq == 1 {
		n = nprocFirst
	}
	c.asked = c.asked[:0]
	for _, u := range c.order[:min(n, len(c.order))] {
		u.read = max(now, 1)
		c.asked = append(c.asked, pcb.ProbeRequest{ID: p.proc(u.asked).ID, Kinds: pcb.ProbeNproc})
	}
	return c.asked
}

// learn takes up what was counted and what the probes read.
func (c *crowds) learn(p *Pass) {
	window := p.Duration("window")
	c.machine.use.add(p.Snap.Mono, window, float64(c.machine.threads))
	for _, u := range c.users {
		u.use.add(p.Snap.Mono, window, float64(u.threads))
		if u.weight == 0 {
			continue
		}
		id := p.proc(u.asked).ID
		if probe := p.Probes[id]; in(probe, pcb.ProbeNproc) {
			u.of, u.limit = id, probe.Nproc
		}
	}
}
