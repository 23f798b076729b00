package detect

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"ptop/pcb"
	"ptop/tree"
)

var deletedExe = &Detector{
	ID:    "deleted-exe",
	Title: "a process that runs what was replaced since",
	Meaning: "The file that a process was started from, or a library that it has mapped, was deleted, and another file has its place now: so it is after an\n" +
		"upgrade. The process goes on with the old one, with the errors that the new one mends. Deleted files without a successor are no matter.",
	Advice:   "Restart what runs the old files, after an upgrade of security libraries soon.",
	Severity: "info",
	Causes: []Cause{
		{
			ID: "program", Title: "its program was replaced", Why: "the executable that it runs was deleted, and a new one has its place",
			Do: "restart it to have it run the new one", Risk: "its work is interrupted",
		},
		{
			ID: "libraries", Title: "libraries were replaced", Why: "libraries that it has mapped were deleted, and new ones have their places",
			Do: "restart it to have it load the new ones", Risk: "its work is interrupted",
		},
	},
	Params: []Param{
		{paramHold, 10, "s", "how long it must have been so"},
		{"recheck", 60, "s", "after which time the files of a process that is told of are looked at anew"},
	},
	Needs: pcb.FieldStat,
	Gate: func(q *pcb.Process) bool {
		return strings.HasSuffix(q.Exe, " (deleted)") && !q.KernelThread() && !strings.HasPrefix(q.Exe, "/memfd:")
	},
	Suspect: suspectDeleted,
	Judge:   judgeDeleted,
}

// The maps of every process are read in turn, more of them in the first reading.
const (
	mapsTurn      = 4
	mapsFirstTurn = 32
)

// oldFiles is what is known of the files of a process that runs deleted ones.
type oldFiles struct {
	exe          string        // as the Snapshot has it: a process that calls exec begins anew
	exeAt        time.Duration // Mono of the look at it; 0 for none
	replaced     time.Time     // since when the executable has a successor; zero where it has none
	librariesAt  time.Duration // likewise of the libraries
	libraries    []string
	libsReplaced time.Time
}

func suspectDeleted(p *Pass) (want []pcb.ProbeRequest) {
	stale := func(at time.Duration) bool { return at == 0 || p.Snap.Mono-at >= p.Duration("recheck") }
	p.gated(func(_ int32, q *pcb.Process) {
		if old := p.oldFiles(q); old == nil || stale(old.exeAt) {
			want = append(want, pcb.ProbeRequest{ID: q.ID, Kinds: pcb.ProbeExeFile})
		}
	})
	n := mapsTurn
	if p.firstReading() {
		n = mapsFirstTurn
	}
	for _, i := range p.turn(n, func(i int32, q *pcb.Process) bool {
		if q.KernelThread() || q.Zombie() || !p.judged(i) {
			return false
		}
		old := p.oldFiles(q)
		return old == nil || stale(old.librariesAt)
	}) {
		want = append(want, pcb.ProbeRequest{ID: p.proc(i).ID, Kinds: pcb.ProbeLibraries, InTurn: true})
	}
	return want
}

// oldFiles gives what is known of a process as it is since its last exec.
func (p *Pass) oldFiles(q *pcb.Process) *oldFiles {
	if old := recall[oldFiles](p, q.ID); old != nil && old.exe == q.Exe {
		return old
	}
	return nil
}

// lookAtFiles takes up what this reading's probes found. Nothing is kept of a process that runs nothing old.
func (p *Pass) lookAtFiles() {
	for _, id := range p.probedFor(pcb.ProbeExeFile | pcb.ProbeLibraries) {
		q, probe := p.Snap.Lookup(id), p.Probes[id]
		if q == nil {
			continue
		}
		old := p.oldFiles(q)
		if old == nil {
			old = &oldFiles{exe: q.Exe}
		}
		if in(probe, pcb.ProbeExeFile) {
			old.exeAt, old.replaced = max(1, p.Snap.Mono), probe.ExeReplaced
		}
		if in(probe, pcb.ProbeLibraries) {
			old.librariesAt, old.libraries, old.libsReplaced = max(1, p.Snap.Mono), probe.Libraries, probe.LibrariesChanged
		}
		if old.exeAt > 0 || len(old.libraries) > 0 {
			keep(p, id, old)
		} else {
			delete(p.History.kept[p.det], id)
		}
	}
}

func judgeDeleted(p *Pass) (findings []Finding) {
	p.lookAtFiles()
	var order []int32
	found := map[int32]*oldFiles{} // by place in the Snapshot
	for id := range p.History.kept[p.det] {
		q := p.Snap.Lookup(id)
		if old := p.oldFiles(q); old != nil && (!old.replaced.IsZero() || len(old.libraries) > 0) {
			i := int32(p.Snap.Index(id.PID))
			found[i] = old
			order = append(order, i)
		}
	}
	slices.Sort(order)
	jobs := map[int32]int{} // by the first process of a job: where in findings
	for _, i := range order {
		first := p.firstOf(i, found)
		if _, told := jobs[first]; !told {
			jobs[first] = len(findings)
			findings = append(findings, p.runsOld(p.proc(first), found[first]))
		}
		if f := &findings[jobs[first]]; i != first {
			f.Members = append(f.Members, p.proc(i).ID)
			f.Count++
		}
	}
	for k := range findings {
		if f := &findings[k]; f.Count > 1 {
			f.Summary += fmt.Sprintf("; so do %s below it", plural(f.Count-1, "process"))
		}
	}
	return findings
}

// firstOf gives the topmost of the processes above one that run the same old program: a server, of its workers.
func (p *Pass) firstOf(i int32, found map[int32]*oldFiles) int32 {
	for {
		parent := p.Forest.Parent(i)
		if parent == tree.None || found[parent] == nil || found[parent].exe != found[i].exe || found[parent].replaced.IsZero() != found[i].replaced.IsZero() {
			return i
		}
		i = parent
	}
}

func (p *Pass) runsOld(q *pcb.Process, old *oldFiles) Finding {
	f := Finding{Severity: Info, Confidence: Proved, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1}
	file := strings.TrimSuffix(old.exe, " (deleted)")
	cause, since := &p.det.Causes[1], old.libsReplaced
	if old.replaced.IsZero() {
		names := baseNames(old.libraries)
		f.Summary = fmt.Sprintf("%s runs old versions of libraries that were replaced: %s", f.Subject.label(), few(names))
	} else {
		cause, since = &p.det.Causes[0], old.replaced
		f.Summary = fmt.Sprintf("%s runs an old version of %s, which was replaced", f.Subject.label(), file)
		f.know("exe_deleted", file, procFile(q.ID, "exe"))
	}
	if len(old.libraries) > 0 {
		f.know("deleted_libraries", old.libraries, procFile(q.ID, "maps"))
	}
	f.held = max(0, min(p.Snap.Time.Sub(since), p.Snap.Age(q)))
	f.Since = p.Snap.Time.Add(-f.held)
	f.know("replaced_seconds", f.held, "ctime of the new file")
	f.because(cause, f.fill(""))
	f.So = "what the new version mends is not mended in it"
	if security(old.libraries) {
		f.So += "; a security update of such a library takes effect with its restart alone"
	}
	f.Remedies[0].restart(&f.Subject, q)
	if q.PID == 1 && q.Comm == "systemd" {
		f.Remedies[0].Command, f.Remedies[0].Risk = "systemctl daemon-reexec", ""
	}
	return f
}

func baseNames(paths []string) (names []string) {
	for _, p := range paths {
		names = append(names, path.Base(p))
	}
	return names
}

// few names at most three.
func few(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + " …"
	}
	return strings.Join(names, ", ")
}

// security reports whether one of the libraries is of those that such updates are mostly about.
func security(libraries []string) bool {
	return slices.ContainsFunc(libraries, func(l string) bool {
		name := path.Base(l)
		return strings.HasPrefix(name, "libssl") || strings.HasPrefix(name, "libcrypto") || strings.HasPrefix(name, "libgnutls") || strings.HasPrefix(name, "libc.so") || strings.HasPrefix(name, "libc-")
	})
}
