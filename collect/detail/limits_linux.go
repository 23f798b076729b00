package detail

import (
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"ptop/pcb"
)

// limits reads the resource limits, with what is used of them.
func (g *reading) limits() {
	files, filesKnown := int64(g.d.FilesTotal), g.d.Problems[pcb.PartFiles] == "" || g.d.FilesTotal > 0
	g.d.Limits = free(g, pcb.PartLimits, func() ([]pcb.Limit, error) {
		text, err := os.ReadFile(g.path("limits"))
		used, usedErr := g.used()
		if filesKnown {
			used["Max open files"] = files
		}
		return parseLimits(string(text), used), errors.Join(err, usedErr)
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
	used := make(map[string]int64)
	status, err := g.proc.NewStatus()
	if err != nil {
		return used, err
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

// tasksOf counts the threads of a user, which is what the limit on processes is about. It reads every process, and so
// nothing but status: that one never blocks.
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
		status, err := os.ReadFile(filepath.Join(root, strconv.Itoa(p.PID), "status"))
		if owner, known := statusNumber(status, "Uid"); err != nil || !known || owner != uid {
			continue
		}
		threads, _ := statusNumber(status, "Threads")
		count += int64(threads)
	}
	return count, true
}

// statusNumber gives the first number in a line of a status file. No name can pose as one: newlines in it are escaped.
func statusNumber(status []byte, key string) (uint64, bool) {
	_, rest, _ := strings.Cut(string(status), "\n"+key+":\t")
	end := strings.IndexAny(rest, "\t\n")
	if end < 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(rest[:end], 10, 64)
	return n, err == nil
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
