package detect

import (
	"ptop/pcb"
	"ptop/tree"
)

var forkChurn = &Detector{
	ID:    "fork-churn",
	Title: "processes made by the hundred that nobody sees",
	Meaning: "A process that lives for a few milliseconds is in no list of processes, yet each costs a fork, mostly an exec, and a pid. Hundreds a second\n" +
		"are a loop of a script, a service that fails and is started again, a server that makes a process for each request. Where the kernel tells of\n" +
		"births and ends, those are counted for whoever lives and makes them, directly or by short-lived ones. Else /proc/stat tells their number,\n" +
		"threads included, and that a parent is the one only shows by what the children used that it waited for.",
	Advice: "See what is started and with what exit status; a loop that fails wants a pause, work that needs no process of its own wants none.",
	Severity: "warning; info of a build (a build tool among its ancestors, or a build's marks in its environment), where it can't be told who makes\n" +
		"them, and where others than those that can be seen may",
	Params: []Param{
		{"rate", 100, "/s", "processes born, on the whole machine; threads included where the kernel does not tell of births"},
		{"rate_clear", 70, "/s", "processes born below which it is over"},
		{"share", 25, "%", "of the processes born that one must have made to be named"},
		{"child_cpu", 5, "%", "CPU of waited-for children that tells a maker where the kernel does not tell of births; it must be most of what all such children used"},
		{paramHold, 30, "s", "how long it must last"},
		{paramClear, 10, "s", "how long it must be over"},
	},
	Needs: pcb.FieldStat,
	Suspect: func(p *Pass) []pcb.ProbeRequest {
		var want []pcb.ProbeRequest
		for _, c := range p.churn().makers {
			if p.builder(c.i) == nil {
				want = append(want, pcb.ProbeRequest{ID: p.proc(c.i).ID, Kinds: pcb.ProbeEnv})
			}
		}
		return want
	},
	Judge: judgeChurn,
}

// churn is that so many processes are born, and who makes them.
type churn struct {
	perSecond float64 // on the whole machine; 0 when that is not too many even for what is being told
	makers    []maker
}

// maker is one who makes many.
type maker struct {
	i        int32
	forker   *pcb.Forker // nil where the kernel does not tell of births
	childCPU float64     // percent, of the children that it waited for
	share    float64     // percent of what the children of all used
}

func (p *Pass) churn() churn {
	e := p.Snap.Events
	perSecond := p.Rates.System.Forks
	if e != nil {
		perSecond = e.PerSecond(e.Forks)
	}
	if !(perSecond >= p.Param("rate_clear")) {
		return churn{}
	}
	if e == nil {
		return churn{perSecond, p.makersByCPU()}
	}
	c := churn{perSecond: perSecond}
	for k := range e.Forkers {
		f := &e.Forkers[k]
		i := p.Snap.Index(f.ID.PID)
		if i < 0 || f.Ended || !f.Is(p.proc(int32(i)).ID) || !p.judged(int32(i)) || p.proc(int32(i)).KernelThread() {
			continue
		}
		if 100*float64(f.Forks) >= p.Param("share")*float64(e.Forks) {
			c.makers = append(c.makers, maker{i: int32(i), forker: f, childCPU: p.Rates.Procs[i].ChildCPU})
		}
	}
	return c
}

// makersByCPU gives the one whose waited-for children used the most, if that is most of all.
func (p *Pass) makersByCPU() []maker {
	var sum float64
	most := maker{i: tree.None}
	for i := range p.Rates.Procs {
		if used := p.Rates.Procs[i].ChildCPU; used > 0 && p.judged(int32(i)) {
			sum += used
			if used > most.childCPU {
				most.i, most.childCPU = int32(i), used
			}
		}
	}
	if most.share = 100 * most.childCPU / sum; most.i == tree.None || most.childCPU < p.Param("child_cpu") || most.share <= 50 {
		return nil
	}
	return []maker{most}
}
