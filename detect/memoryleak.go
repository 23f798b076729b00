package detect

import (
	"fmt"
	"time"

	"ptop/pcb"
)

var memoryLeak = &Detector{
	ID:    "memory-leak",
	Title: "memory that only grows",
	Meaning: "What a process allocates and never gives back grows until the machine or its cgroup has no more. Memory of its own (anonymous, swapped\n" +
		"out included) has hardly ever fallen, the least of the later half of the window is above the most of its first third, and the pace does\n" +
		"not slow down. A garbage collector's saw-teeth fall back; a cache that warms up or a heap that is sized slows down; a process below\n" +
		"its own peak gave something back before. Compilers and other batch jobs are left out: they end.",
	Advice:   "See what holds it (`pmap -x PID`, a heap profile), restart it, and give its unit or container a limit, so that it is not another that is killed.",
	Severity: "warning; info when the limit is more than a day away, and for what a build runs; critical when nine tenths of it are in use",
	Params: leakParams(Param{"least", 32, "MiB", "by how much it must have risen in the window"},
		Param{"least_percent", 10, "%", "likewise, of what it was"},
		Param{"peak", 90, "%", "of its highest resident memory ever, below which it is none"}),
	Needs:   pcb.FieldCore | pcb.FieldMemory,
	Suspect: leakingMemory.suspects,
	Judge:   func(p *Pass) []Finding { return leakingMemory.judge(p, p.memoryLeak) },
}

var leakingMemory = leaks{gauge: memoryGauge, least: (*Pass).leastMemory, ask: pcb.ProbeExe | pcb.ProbeCgroup, rooms: (*Pass).memoryRooms}

func (p *Pass) leastMemory(from float64) float64 {
	return max(p.Param("least")*(1<<20), from*p.Param("least_percent")/100)
}

// memoryRooms are the limits on memory that a process runs into, as far as they are known.
func (p *Pass) memoryRooms(i int32) (all []room) {
	if probe := p.Probes[p.proc(i).ID]; in(probe, pcb.ProbeCgroup) {
		for k := range probe.Cgroup.Memory {
			m := &probe.Cgroup.Memory[k]
			used, limit := p.memoryRoom(m)
			all = append(all, room{used, limit, "cgroup_memory_use_percent", " of its cgroup", m.Dir})
		}
	}
	if m := p.Snap.System.Memory; m != nil && m.Total > 0 {
		all = append(all, room{float64(m.Used()), float64(m.Total), "machine_memory_use_percent", "", "/proc/meminfo MemAvailable"})
	}
	return all
}

func (p *Pass) memoryLeak(l *leak, f *Finding, nearest *room, left time.Duration) {
	q := p.proc(l.i)
	source := procFile(q.ID, "status") + " RssAnon, VmSwap"
	f.know("anon_bytes", int64(l.to), source)
	f.know("anon_from_bytes", int64(l.from), source)
	f.know("growth_per_min_bytes", l.slope*60, source)
	l.course(f, source, nearest, left)
	f.Summary = fmt.Sprintf("%s takes %s of memory more each minute and gives none back: %s by now", f.Subject.label(), amount(uint64(l.slope*60)), amount(uint64(l.to)))
	f.So = "it grows until memory is full"
	if nearest != nil {
		f.So = fmt.Sprintf("at this rate memory%s is full in %s; then the kernel kills a process", nearest.whose, seconds(left))
	}
	f.Why = "what it allocates it keeps: a leak, or a cache without bounds. " + f.proof()
	look := profile(q, p.Probes[q.ID], "GC.class_histogram", "heap")
	if look == nil {
		look = &Remedy{Do: "see which of its mappings is the large one", Command: fmt.Sprintf("pmap -x %d | sort -nk3 | tail", q.PID)}
	}
	f.Remedies = []Remedy{*look, p.restartFor(f, q)}
}
