package detail

import (
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"ptop/pcb"
)

// limits reads the resource limits, with what is used of them.
func (g *reading) limits() {
	used := plain(g, pcb.PartLimits, func() (map[string]int64, error) { return g.used() })
	g.d.Limits = plain(g, pcb.PartLimits, func() ([]pcb.Limit, error) {
		text, err := os.ReadFile(g.path("limits"))
		return parseLimits(string(text), used), err
	})
}

// parseLimits reads the limits file, a table whose columns stand where its heading has their names.
func parseLimits(text string, used map[string]int64) []pcb.Limit {
	var out []pcb.Limit
	heading, rest, _ := strings.Cut(text, "\n")
	soft, hard, unit := strings.Index(heading, "Soft Limit"), strings.Index(heading, "Hard Limit"), strings.Index(heading, "Units")
	if soft < 0 || hard < soft || unit < hard {
		return nil
	}
	for line := range strings.SplitSeq(rest, "\n") {
		if len(line) < unit {
			continue
		}
		l := pcb.Limit{
			Name: strings.TrimSpace(line[:soft]), Soft: limitValue(line[soft:hard]), Hard: limitValue(line[hard:unit]),
			Unit: strings.TrimSpace(line[unit:]),
		}
		if n, ok := used[l.Name]; ok {
			l.Used = &n
		}
		out = append(out, l)
	}
	return out
}

// limitValue is -1 for "unlimited".
func limitValue(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// used tells the current use of those limits for which the kernel counts it.
func (g *reading) used() (map[string]int64, error) {
	status, err := g.proc.NewStatus()
	if err != nil {
		return nil, err
	}
	used := make(map[string]int64)
	if g.d.Problems[pcb.PartFiles] == "" || g.d.FilesTotal > 0 {
		used["Max open files"] = int64(g.d.FilesTotal)
	}
	if status.VmSize > 0 {
		used["Max address space"] = int64(status.VmSize)
		used["Max data size"] = int64(status.VmData)
		used["Max stack size"] = int64(status.VmStk)
		used["Max locked memory"] = int64(status.VmLck)
	}
	if n, ok := tasksOf(g.root, status.UIDs[0]); ok {
		used["Max processes"] = n
	}
	return used, nil
}

// tasksTime bounds the count of a user's tasks.
const tasksTime = 500 * time.Millisecond

// tasksOf counts the threads of a user, which is what the limit on processes is about.
func tasksOf(root string, uid uint64) (count int64, ok bool) {
	fs, err := procfs.NewFS(root)
	if err != nil {
		return 0, false
	}
	procs, err := fs.AllProcs()
	if err != nil {
		return 0, false
	}
	end := time.Now().Add(tasksTime)
	for _, p := range procs {
		if time.Now().After(end) {
			return 0, false
		}
		status, err := p.NewStatus()
		if err != nil || status.UIDs[0] != uid {
			continue
		}
		if stat, err := p.Stat(); err == nil {
			count += int64(stat.NumThreads)
		}
	}
	return count, true
}

// namespaces lists the namespaces, and which of them are not ptop's own.
func (g *reading) namespaces() {
	g.d.Namespaces = plain(g, pcb.PartNamespaces, func() ([]pcb.Namespace, error) {
		theirs, err := g.proc.Namespaces()
		if err != nil {
			return nil, err
		}
		ours := procfs.Namespaces{}
		if self, err := procfs.Self(); err == nil {
			ours, _ = self.Namespaces()
		}
		var out []pcb.Namespace
		for kind, ns := range theirs {
			if strings.HasSuffix(kind, "_for_children") {
				continue
			}
			own, known := ours[kind]
			out = append(out, pcb.Namespace{Kind: kind, Inode: uint64(ns.Inode), Own: known && own.Inode != ns.Inode})
		}
		sort.Slice(out, func(i, j int) bool { return out[i].Kind < out[j].Kind })
		return out, nil
	})
}
