package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ptop/pcb"
	"ptop/tree"
)

// spokesmen is how many of one job are looked at closely: what is true of them is true of the job.
const spokesmen = 4

// orphanJobs gives those who may be orphans by what they belong to: of one process group, and given to one adopter, they
// are one job. The longest-lived come first.
func (p *Pass) orphanJobs() [][]int32 {
	type key struct{ group, adopter int32 }
	at := map[key]int{}
	var jobs [][]int32
	p.orphanCandidates(func(i int32) {
		if b := p.believed(i); b.score+b.possible() < p.Param("info_score") {
			return
		}
		k := key{p.proc(i).PGID, p.Forest.Parent(i)}
		n, known := at[k]
		if !known {
			n = len(jobs)
			at[k] = n
			jobs = append(jobs, nil)
		}
		jobs[n] = append(jobs[n], i)
	})
	for _, job := range jobs {
		slices.SortStableFunc(job, func(a, b int32) int { return cmp.Compare(p.proc(a).Started, p.proc(b).Started) })
	}
	return jobs
}

// forJob makes a finding about one of a job one about all of it.
func (p *Pass) forJob(f *Finding, job []int32) {
	if len(job) == 1 {
		return
	}
	cpu, memory := 0.0, uint64(0)
	f.Members, f.Count = nil, len(job)
	f.know("orphans", int64(len(job)), "/proc/*/stat pgrp, ppid")
	for _, i := range job {
		q := p.proc(i)
		f.Members = append(f.Members, q.ID)
		cpu += orZero(p.Rates.Procs[i].CPU)
		memory += q.RSS
	}
	f.Summary = fmt.Sprintf("%d orphans of one job or login that is gone: %s and %s", len(job), f.Subject.label(), more(len(job)-1))
	f.So = ""
	if memory > 0 {
		f.So = fmt.Sprintf("they use %s %% CPU and hold %s of memory until they end", short(cpu), amount(memory))
	}
	f.Remedies = []Remedy{p.endJob(job)}
}

func more(n int) string { return strconv.Itoa(n) + " more" }

// maxListed is how many pids a command names.
const maxListed = 50

// endJob is the remedy that ends all of a job: by its process group where that holds nobody else.
func (p *Pass) endJob(job []int32) Remedy {
	first := p.proc(job[0])
	r := Remedy{Do: fmt.Sprintf("end all %d if nobody wants their result", len(job)), Risk: "unsaved work of them is lost"}
	if p.wholeGroup(first.PGID, job) {
		r.signal(first.ID, pcb.SIGTERM)
		r.Command = fmt.Sprintf("kill -TERM -- -%d", first.PGID)
		r.Act.Scope = pcb.Group
		return r
	}
	var pids []string
	for _, i := range job[:min(len(job), maxListed)] {
		pids = append(pids, pid(p.proc(i).PID))
	}
	r.Command = "kill -TERM " + strings.Join(pids, " ")
	return r
}

// wholeGroup reports whether a process group has no living member but these and their descendants.
func (p *Pass) wholeGroup(group int32, job []int32) bool {
	if group <= 1 {
		return false
	}
	for i := range p.Snap.Procs {
		q := p.proc(int32(i))
		if q.PGID != group || q.Zombie() && !q.LeaderExited() {
			continue
		}
		up := int32(i)
		for up != tree.None && !slices.Contains(job, up) {
			up = p.Forest.Parent(up)
		}
		if up == tree.None {
			return false
		}
	}
	return true
}
