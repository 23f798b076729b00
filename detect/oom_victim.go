package detect

import (
	"fmt"

	"ptop/pcb"
)

// victims are the biggest processes in a room for memory, as the kernel ranks them.
type victims struct {
	*Pass
	all      []int32 // those that it may kill
	of       int     // how many have memory at all
	weight   map[int32]float64
	first    int32
	unranked int  // of which oom_score was not read
	spared   bool // none of them may be killed
}

// victims ranks as the kernel does: by memory and swap, to which each point of oom_score_adj adds a thousandth of the room, which is
// that of the cgroup in which memory runs out.
func (p *Pass) victims(members []int32, room uint64) *victims {
	v := &victims{Pass: p, weight: map[int32]float64{}, first: -1}
	big, of := p.biggest(members)
	v.of = of
	for _, i := range big {
		q := p.proc(i)
		adjust := int64(0)
		if rank := p.rank(q.ID); rank != nil {
			adjust = rank.Adjust
		} else {
			v.unranked++
		}
		if adjust > neverKilled {
			v.all = append(v.all, i)
			v.weight[i] = float64(q.RSS+q.Swap) + float64(adjust)*float64(room)/1000
		}
	}
	if len(v.all) == 0 && len(big) > 0 {
		v.all, v.spared = big, true
	}
	for _, i := range v.all {
		if v.first < 0 || v.weight[i] > v.weight[v.first] {
			v.first = i
		}
	}
	return v
}

// rank is how the kernel ranks a process, as it was read last; nil when it never was.
func (p *Pass) rank(id pcb.ID) *pcb.OOMRank {
	if probe := p.Probes[id]; in(probe, pcb.ProbeOOM) {
		return keep(p, id, &probe.OOM)
	}
	return recall[pcb.OOMRank](p, id)
}

// neverKilled is the oom_score_adj of a process that the kernel does not kill.
const neverKilled = -1000

// aboutVictims begins a finding; nil when there is nobody whom it could be about.
func (p *Pass) aboutVictims(v *victims, kept map[*Detector]pcb.ID, members []int32) *Finding {
	i := p.names(kept, v.all, func(i int32) float64 { return v.weight[i] })
	if i < 0 {
		return nil
	}
	f := p.about(i, members)
	return &f
}

// tell adds who would be killed first to the evidence.
func (v *victims) tell(f *Finding) {
	q := v.proc(v.first)
	if v.unranked > 0 {
		f.Missing = append(f.Missing, fmt.Sprintf("/proc/PID/oom_score_adj of %d of the %d biggest: not read yet; whom the kernel would kill is judged by memory alone", v.unranked, len(v.all)))
	}
	if !v.spared {
		s := v.subject(q)
		f.know("killed_first", s.label(), "/proc/*/oom_score_adj and memory in use")
	}
	f.know("memory_bytes", int64(q.RSS+q.Swap), procFile(q.ID, "status")+" VmRSS and VmSwap")
	if rank := v.rank(q.ID); rank != nil {
		f.know("oom_score", rank.Score, procFile(q.ID, "oom_score"))
		f.know("oom_score_adj", rank.Adjust, procFile(q.ID, "oom_score_adj"))
	}
}

// next says who would be killed first.
func (v *victims) next() string {
	s := v.subject(v.proc(v.first))
	switch {
	case v.spared:
		return "; none of the biggest may be killed (oom_score_adj -1000)"
	case v.of > len(v.all):
		return fmt.Sprintf("; of the %d biggest the kernel would kill %s first", len(v.all), s.label())
	}
	return "; the kernel would kill " + s.label() + " first"
}

// fate says what happens when nothing is left.
func (v *victims) fate(together bool) string {
	s := v.subject(v.proc(v.first))
	switch {
	case together:
		return "the kernel kills all that is in it at once (memory.oom.group)"
	case v.spared:
		return "the kernel looks for somebody smaller to kill, and what needs memory hangs"
	}
	return "the kernel kills " + s.label() + ", which can't clean up"
}

// remedies is what can be done about who has the memory.
func (v *victims) remedies() []Remedy {
	q := v.proc(v.first)
	s := v.subject(q)
	again := Remedy{Do: fmt.Sprintf("see whether %s should have %s; a restart frees it", s.label(), amount(q.RSS+q.Swap)), Risk: "interrupts its work"}
	again.restart(&s, q)
	out := []Remedy{again}
	if rank := v.rank(q.ID); rank != nil && rank.Adjust > -500 {
		out = append(out, Remedy{
			Do: "if another should go first: lower its rank", Command: fmt.Sprintf("choom -n -500 -p %d", q.PID), Risk: "something else is killed in its stead",
		})
	}
	return out
}
