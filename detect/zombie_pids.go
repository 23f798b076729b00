package detect

import (
	"fmt"
	"time"

	"ptop/pcb"
	"ptop/tree"
)

// rooms are the limits that the pids of a process and of its children count against, as far as they are known. The place
// of a process that can't be seen is tree.None.
func (p *Pass) rooms(i int32) []room {
	var all []room
	if machine := p.machineRoom(); machine.limit > 0 {
		all = append(all, machine)
	}
	if i == tree.None {
		return all
	}
	if probe := p.Probes[p.proc(i).ID]; in(probe, pcb.ProbeCgroup) {
		if l := nearestPids(probe.Cgroup.Pids); l != nil {
			all = append(all, cgroupRoom(l))
		}
	}
	return all
}

// crowding reports whether without these zombies the use of pids would be below a limit's share.
func (p *Pass) crowding(b *brood, f *Finding) bool {
	crowded := false
	for _, r := range p.rooms(b.culprit) {
		share := r.limit * p.Param("pids_share") / 100
		if r.used >= share && r.used-float64(len(b.members)) < share {
			f.know(r.evidence, r.percent(), r.source)
			crowded = true
		}
	}
	return crowded
}

// follows says what comes of it if nothing is done.
func (p *Pass) follows(b *brood, g *growth) string {
	held := plural(len(b.members), "pid") + " held, of the machine, of RLIMIT_NPROC and of the cgroup's pids.max"
	if !g.critical {
		return held
	}
	soonest := time.Duration(-1)
	for _, r := range p.rooms(b.culprit) {
		left := time.Duration((r.limit - r.used) / g.perMinute * float64(time.Minute))
		if left > 0 && (soonest < 0 || left < soonest) {
			soonest = left
			held = fmt.Sprintf("at this rate the limit of %.0f pids%s is full in %s", r.limit, r.whose, seconds(left))
		}
	}
	return held
}
