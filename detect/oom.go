package detect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ptop/pcb"
)

// Page cache is memory that is in use for want of another use: a cgroup that reads files fills its limit with it, and is well. So it counts
// as free, as the swap space does that is left; and what holds processes up for want of memory shows in the pressure.
var oomRisk = &Detector{
	ID:    "oom-risk",
	Title: "memory that is about to run out",
	Meaning: "Where memory runs out, of a cgroup at its limit or of the machine, the kernel first takes back page cache and swaps out, which holds all up\n" +
		"(pressure), and then kills: the process with the most memory and swap, to which oom_score_adj is added. Page cache that can be had back does not count.\n" +
		"Of the machine it is said where everything stalls (pressure full) and little is available; stalls with much available are those of a cgroup.",
	Advice:   "Find out whether whoever has the most should have as much, before the kernel chooses. Raise the limit, or bound the program.",
	Severity: "warning; critical when much is in use and there is pressure as well, or when the kernel has killed for want of memory while ptop watched",
	Params: []Param{
		{"used", 90, "%", "share of a cgroup's limit, and of the swap that it may use, that is in use without what can be had back"},
		{"used_clear", 85, "%", "share below which it is over"},
		{"pressure", 10, "%", "share of the last 10 s in which everything waited for memory (full)"},
		{"pressure_clear", 5, "%", "share below which it is over"},
		{"available", 25, "%", "of the machine's memory available below which its pressure counts as want of memory"},
		{"little", 10, "%", "of the machine's memory and swap left below which its pressure is critical"},
		{"recent", 60, "s", "how long a kill for want of memory is told"},
		{paramHold, 10, "s", "how long it must last"},
		{paramClear, 10, "s", "how long it must be over"},
	},
	Needs:   pcb.FieldRSS,
	Suspect: suspectVictims,
	Judge:   judgeMemory,
}

// Whom a reading asks how the kernel ranks them: so many of the biggest processes, of so many groups. What was read is remembered.
const (
	ranked       = 8
	rankedGroups = 4
)

func suspectVictims(p *Pass) (want []pcb.ProbeRequest) {
	ask := func(members []int32) {
		big, _ := p.biggest(members)
		for _, i := range big {
			want = append(want, pcb.ProbeRequest{ID: p.proc(i).ID, Kinds: pcb.ProbeOOM})
		}
	}
	groups := p.limited(p.memoryNeed)
	for k := range min(rankedGroups, len(groups)) {
		ask(p.members(groups[(p.History.places.seq*rankedGroups+uint64(k))%uint64(len(groups))])) // of more, others each time
	}
	if m := p.Snap.System.MemPressure; m != nil && m.Full10 >= min(p.Param("pressure"), p.Param("pressure_clear")) {
		ask(p.everyone())
	}
	return want
}

func judgeMemory(p *Pass) (findings []Finding) {
	for _, c := range p.limited(p.memoryNeed) {
		if f := p.memoryOf(c); f != nil {
			findings = append(findings, *f)
		}
	}
	if f := p.memoryOfMachine(); f != nil {
		findings = append(findings, *f)
	}
	return findings
}

// everyone is all processes.
func (p *Pass) everyone() []int32 {
	all := make([]int32, len(p.Snap.Procs))
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// biggest gives those with the most memory and swap, the biggest first; and of how many.
func (p *Pass) biggest(of []int32) ([]int32, int) {
	all := slices.DeleteFunc(slices.Clone(of), func(i int32) bool { return !p.proc(i).Have.Has(pcb.FieldRSS) })
	slices.SortFunc(all, func(a, b int32) int {
		return cmp.Or(cmp.Compare(p.proc(b).RSS+p.proc(b).Swap, p.proc(a).RSS+p.proc(a).Swap), cmp.Compare(a, b))
	})
	return all[:min(ranked, len(all))], len(all)
}

// memoryRoom is a cgroup's limit and the swap that it may use yet, in bytes, and what of it can't be had back.
func (p *Pass) memoryRoom(m *pcb.MemoryLimit) (used, room float64) {
	swap := uint64(0)
	if s := p.Snap.System.Swap; s != nil {
		swap = min(s.Free, m.SwapLeft)
	}
	return float64(m.Current - min(m.Current, m.Cache)), float64(m.Max) + float64(swap)
}

// memoryUse is what can't be had back, in percent of the room.
func (p *Pass) memoryUse(c *cgroup) float64 {
	used, room := p.memoryRoom(c.memory)
	if room == 0 { // nobody can be in it
		return 0
	}
	return 100 * used / room
}

// stalls is the share of time in which all of the group waited for memory; 0 where that is not known.
func (c *cgroup) stalls() float64 {
	if c.memory.Pressure == nil {
		return 0
	}
	return c.memory.Pressure.Full10
}

// killed is how many processes of the group the kernel killed for want of memory lately, as far as that was watched.
func (c *cgroup) killed(recent time.Duration) uint64 {
	from, to, _ := c.kills.over(recent)
	return to - min(from, to)
}

// tight reports whether a cgroup's memory is worth looking at in each reading.
func (p *Pass) tight(c *cgroup) bool {
	return p.memoryUse(c) >= urgentMemory || c.stalls() >= urgentPressure || c.killed(time.Hour) > 0
}

// memoryNeed gives how much of a cgroup's memory is in use where that, the stalls or the kernel's kills are to be told.
func (p *Pass) memoryNeed(c *cgroup) (float64, bool) {
	if c.memory == nil {
		return 0, false
	}
	used, pressure := p.Param("used"), p.Param("pressure")
	if p.active(c.subject[p.det]) {
		used, pressure = min(used, p.Param("used_clear")), min(pressure, p.Param("pressure_clear"))
	}
	share := p.memoryUse(c)
	return share, share >= used || c.stalls() >= pressure || c.killed(p.Duration("recent")) > 0
}

// memoryOf tells of a cgroup.
func (p *Pass) memoryOf(c *cgroup) *Finding {
	m, members := c.memory, p.members(c)
	v := p.victims(members, m.Max+p.swapTotal())
	f := p.aboutVictims(v, c.subject, members)
	if f == nil {
		return nil
	}
	f.Confidence = Proved
	share, files := p.memoryUse(c), memoryFilesOf(c.dir, m.V1)
	full := c.stalls() >= p.Param("pressure")
	f.know("cgroup", c.dir, files.limit)
	f.know("memory_use_percent", share, files.usage)
	f.know("memory_used_bytes", int64(m.Current), files.usage)
	f.know("page_cache_bytes", int64(m.Cache), c.dir+"/memory.stat")
	f.know("memory_limit_bytes", int64(m.Max), files.limit)
	if _, room := p.memoryRoom(m); room > float64(m.Max) {
		f.know("swap_left_bytes", int64(room)-int64(m.Max), files.swap+" and /proc/meminfo SwapFree")
	}
	if m.Pressure != nil {
		f.know("memory_full_percent", m.Pressure.Full10, c.dir+"/memory.pressure full avg10")
	}
	f.Summary = fmt.Sprintf("cgroup %s uses %s %% of its %s of memory, page cache not counted", c.dir, short(share), amount(m.Max))
	f.Why = "what it has can't be had back by dropping page cache or by swapping. "
	if share < p.Param("used_clear") {
		f.Summary = fmt.Sprintf("cgroup %s waits for memory %s %% of the time; its limit is %s", c.dir, short(c.stalls()), amount(m.Max))
		f.Why = "it needs more than the limit, and waits for what was dropped to be read back. "
	}
	f.Severity = Warning
	if full && share >= p.Param("used_clear") {
		f.Severity = Critical
	}
	if killed := c.killed(p.Duration("recent")); killed > 0 {
		f.know("oom_kills", int64(killed), files.kills+" oom_kill, as watched")
		f.Severity, f.held = Critical, p.Duration(paramHold)
		f.Summary = fmt.Sprintf("the kernel killed %d of the processes of cgroup %s for want of memory; its limit is %s", killed, c.dir, amount(m.Max))
	}
	v.tell(f)
	f.Summary += v.next()
	f.Why += f.proof()
	f.So = "when it is full, " + v.fate(m.Together)
	f.Remedies = append(v.remedies(), p.raise(c, v.first, moreMemory(m, files.limit)))
	return f
}

// memoryOfMachine tells of the whole machine.
func (p *Pass) memoryOfMachine() *Finding {
	pressure, m, least := p.Snap.System.MemPressure, p.Snap.System.Memory, p.Param("pressure")
	kept := p.History.victims
	if p.active(kept[p.det]) {
		least = min(least, p.Param("pressure_clear"))
	}
	if pressure == nil || m == nil || m.Total == 0 || pressure.Full10 < least {
		return nil
	}
	available := 100 * float64(m.Available) / float64(m.Total)
	if available >= p.Param("available") {
		return nil
	}
	everyone := p.everyone()
	v := p.victims(everyone, m.Total+p.swapTotal())
	f := p.aboutVictims(v, kept, v.all)
	if f == nil {
		return nil
	}
	f.Severity, f.Confidence = Warning, Proved
	if pressure.Full60 >= least { // the kernel has watched for longer than ptop may have
		f.held = min(time.Minute, p.Snap.Boot)
	}
	left, room := float64(m.Available), float64(m.Total)
	f.know("memory_full_percent", pressure.Full10, "/proc/pressure/memory full avg10")
	f.know("memory_available_percent", available, "/proc/meminfo MemAvailable")
	if s := p.Snap.System.Swap; s != nil && s.Total > 0 {
		f.know("swap_left_bytes", int64(s.Free), "/proc/meminfo SwapFree")
		left, room = left+float64(s.Free), room+float64(s.Total)
	}
	if 100*left/room < p.Param("little") {
		f.Severity = Critical
	}
	v.tell(f)
	f.Summary = fmt.Sprintf("the machine waits for memory %s %% of the time, and %s of %s are available%s", short(pressure.Full10), amount(m.Available), amount(m.Total), v.next())
	f.Why = "more memory is in use than the machine has, and what runs waits for what was taken away. " + f.proof()
	f.So = "when nothing is left, " + v.fate(false)
	f.Remedies = v.remedies()
	return f
}

// swapTotal is the machine's swap space in bytes; 0 where it is not known.
func (p *Pass) swapTotal() uint64 {
	if s := p.Snap.System.Swap; s != nil {
		return s.Total
	}
	return 0
}

// memoryFiles are the files of a cgroup's memory limit.
type memoryFiles struct{ limit, usage, swap, kills string }

func memoryFilesOf(dir string, v1 bool) memoryFiles {
	if v1 {
		return memoryFiles{dir + "/memory.limit_in_bytes", dir + "/memory.usage_in_bytes", dir + "/memory.memsw.limit_in_bytes", dir + "/memory.oom_control"}
	}
	return memoryFiles{dir + "/memory.max", dir + "/memory.current", dir + "/memory.swap.max", dir + "/memory.events"}
}

// moreMemory raises a limit by half.
func moreMemory(m *pcb.MemoryLimit, file string) raising {
	mib := max(1, (m.Max+m.Max/2)>>20)
	return raising{
		do: fmt.Sprintf("raise the limit to %d MiB", mib), risk: "the rest of the machine has less, and a leak only takes longer", pod: "resources.limits.memory",
		update: fmt.Sprintf("--memory %dm --memory-swap %dm", mib, 2*mib), property: fmt.Sprintf("MemoryMax=%dM", mib), file: file, value: fmt.Sprint(mib << 20),
	}
}
