package view

import (
	"slices"

	"ptop/detect"
	"ptop/internal/monitor"
)

// Selection is what a Query selects of a Frame, in whatever form and order it is shown.
type Selection struct {
	All      bool    // nothing is left out by the query
	Procs    []int32 // indices in Snap.Procs
	Findings []*detect.Finding
}

// Select gives the selected processes and what was found about them: findings whose subject, culprit or one of whose
// members is among them. The limit is on rows and does not matter.
func (q *Query) Select(f *monitor.Frame) Selection {
	w := workPool.Get().(*work)
	defer w.release()
	w.begin(q, f)
	w.choose()
	s := Selection{All: q.all(), Procs: slices.Clone(w.chosen)}
	if !s.All {
		s.Findings = w.findingsOf(w.chosen)
		return s
	}
	for i := range f.Findings { // also about what the Snapshot does not hold
		s.Findings = append(s.Findings, &f.Findings[i])
	}
	return s
}

// all reports whether the query leaves no process out.
func (q *Query) all() bool {
	return len(q.PIDs) == 0 && q.User == "" && q.Container == "" && q.Unit == "" && q.Namespace == 0 && !q.HideKernel && q.Filter.String() == ""
}
