package act

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// extendPasses bounds how often /proc is listed anew while more and more come into the scope.
const extendPasses = 10

// maxBound bounds how many processes one target holds on to: each costs a descriptor.
const maxBound = 16384

// Extend binds who has come into the target's scope since: descendants of those that are bound, or members of the process
// groups of those that were named. It looks again until there is none new.
func (t *target) Extend() pcb.Members {
	t.mu.Lock()
	defer t.mu.Unlock()
	var fresh pcb.Members
	if t.scope == pcb.Alone {
		return nil
	}
	for range extendPasses {
		found := t.newcomers()
		for i := range found {
			fresh = append(fresh, found[i].look())
		}
		t.bound = append(t.bound, found...)
		if len(found) == 0 {
			break
		}
	}
	return fresh
}

// newcomers binds those in scope that are not bound yet. The status file that it goes by never blocks. Zombies are left
// out, nothing can be done to them, and so are kernel threads: those below kthreadd are nobody's children.
func (t *target) newcomers() []bound {
	dir, err := os.Open(t.root)
	if err != nil {
		return nil
	}
	names, err := dir.Readdirnames(-1)
	dir.Close()
	if err != nil {
		return nil
	}
	mine := make(map[int]*bound, len(t.bound))
	for i := range t.bound {
		mine[int(t.bound[i].id.PID)] = &t.bound[i]
	}
	var out []bound
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || mine[pid] != nil || len(t.bound)+len(out) >= maxBound {
			continue
		}
		text, err := os.ReadFile(filepath.Join(t.root, name, "status"))
		if err != nil || !t.claims(mine, string(text)) {
			continue
		}
		b, err := bind(t.root, pcb.ID{PID: int32(pid)})
		if err != nil {
			continue
		}
		// What was read by its name may have been of an earlier bearer: it is asked again through the descriptor.
		status, err := readAt(b.dir, "status")
		now, wrong := parseStatus(status)
		if err != nil || wrong != nil || now.zombie() || b.kernel || !t.claims(mine, status) {
			unix.Close(b.dir)
			continue
		}
		out = append(out, b)
	}
	return out
}

// claims reports whether a process with that status is in scope. A pid, or the number of a process group, is not given
// away as long as the one who has it is there: so it is looked whether that one is still who was bound.
func (t *target) claims(mine map[int]*bound, status string) bool {
	if t.scope == pcb.Group {
		group := groupOf(status)
		for i := range t.bound {
			if b := &t.bound[i]; b.named && group != 0 && b.group == group && t.groupStands(group) {
				return true
			}
		}
		return false
	}
	parent, err := strconv.Atoi(statusField(status, "PPid"))
	if err != nil || mine[parent] == nil {
		return false
	}
	_, err = mine[parent].read()
	return err == nil
}

// groupStands reports whether anybody who is bound is in the process group yet.
func (t *target) groupStands(group int) bool {
	for i := range t.bound {
		if status, err := readAt(t.bound[i].dir, "status"); err == nil && groupOf(status) == group {
			return true
		}
	}
	return false
}

// groupOf is the process group that a status file tells, as ptop's pid namespace numbers it; 0 for none that can be told.
func groupOf(status string) int {
	first, _, _ := strings.Cut(statusField(status, "NSpgid"), "\t")
	group, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return group
}
