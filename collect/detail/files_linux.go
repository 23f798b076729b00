package detail

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ptop/internal/smallfile"
	"ptop/pcb"
)

// maxFiles is how many descriptors are looked into; beyond that they are counted.
const maxFiles = 4096

// paths reads where the process is and what it runs. The targets are never looked at themselves: one on a dead
// network mount would block.
func (g *reading) paths() {
	type links struct{ exe, root, cwd string }
	got := plain(g, pcb.PartCwd, func() (l links, err error) {
		l.exe, _ = os.Readlink(g.path("exe")) // fails for kernel threads, too
		l.root, _ = os.Readlink(g.path("root"))
		if l.cwd, err = os.Readlink(g.path("cwd")); g.kernelThread() {
			err = nil
		}
		return l, err
	})
	g.d.Exe, g.d.Root, g.d.Cwd = got.exe, got.root, got.cwd
}

func (g *reading) kernelThread() bool { return g.stat.Flags&pcb.PFKernelThread != 0 }

// dead reports whether the process is a zombie: the links of such a one are not there any more.
func (g *reading) dead() bool { return g.stat.State == "Z" && g.stat.NumThreads <= 1 }

// files lists the open descriptors.
func (g *reading) files() {
	type list struct {
		files []pcb.OpenFile
		total int
	}
	got := plain(g, pcb.PartFiles, func() (list, error) {
		names, total, err := listNames(g.path("fd"), maxFiles)
		if err != nil {
			return list{}, err
		}
		l := list{files: make([]pcb.OpenFile, 0, len(names)), total: total}
		var denied error
		for _, name := range names {
			f, err := g.file(name)
			switch {
			case err == nil:
				l.files = append(l.files, f)
			case errors.Is(err, os.ErrPermission): // the directory can be open to us, and its links not
				denied = err
			} // else it was closed meanwhile
		}
		sort.Slice(l.files, func(i, j int) bool { return l.files[i].FD < l.files[j].FD })
		if total > len(names) {
			return l, errors.Join(denied, note(fmt.Sprintf("shown are %d of %d", len(names), total)))
		}
		return l, denied
	})
	g.d.Files, g.d.FilesTotal = got.files, got.total
}

// file reads one descriptor.
func (g *reading) file(name string) (f pcb.OpenFile, err error) {
	fd, err := strconv.Atoi(name)
	if err != nil {
		return f, err
	}
	target, err := os.Readlink(g.path("fd", name))
	if err != nil {
		return f, err
	}
	f = pcb.OpenFile{FD: fd, Target: target}
	var flags uint64
	if info, err := g.proc.FDInfo(name); err == nil {
		flags, _ = strconv.ParseUint(info.Flags, 8, 64)
		f.Pos, _ = strconv.ParseInt(info.Pos, 10, 64)
		f.Flags = openFlags(flags)
	}
	f.Kind = fileKind(target, flags)
	return f, nil
}

// fileKind tells the kind of a descriptor from the text the kernel gives as its target.
func fileKind(target string, flags uint64) string {
	switch {
	case strings.HasPrefix(target, "socket:["):
		return "socket"
	case strings.HasPrefix(target, "pipe:["):
		return "pipe"
	case !strings.HasPrefix(target, "/"):
		return "anon"
	case strings.HasPrefix(target, "/dev/") && !strings.HasPrefix(target, "/dev/shm/"):
		return "dev"
	case flags&unix.O_DIRECTORY != 0:
		return "dir"
	}
	return "file"
}

// openFlags says the flags that a descriptor was opened with.
func openFlags(flags uint64) string {
	words := []string{[...]string{"r", "w", "rw", "none"}[flags&unix.O_ACCMODE]}
	if flags&unix.O_PATH != 0 {
		words[0] = "path"
	}
	for _, f := range []struct {
		bit  uint64
		name string
	}{
		{unix.O_APPEND, "append"},
		{unix.O_NONBLOCK, "nonblock"},
		{unix.O_DIRECT, "direct"},
		{unix.O_DSYNC, "sync"},
		{unix.O_CLOEXEC, "cloexec"},
	} {
		if flags&f.bit != 0 {
			words = append(words, f.name)
		}
	}
	return strings.Join(words, " ")
}

// listNames lists a directory: the first most names, and how many there are.
func listNames(path string, most int) (names []string, total int, err error) {
	names, total, err = smallfile.Names(path, most)
	if len(names) > 0 {
		err = nil // the process ended within the listing
	}
	return names, total, err
}
