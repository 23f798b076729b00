package detail

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/smallfile"
)

// maxLibraries is how many deleted libraries of one process are looked up.
const maxLibraries = 64

// deleted is what the kernel adds to the path of a file that has none any more.
const deleted = " (deleted)"

// readExeFile finds out whether the executable was deleted and another file, that can be executed, has its path now. The
// magic link leads to the deleted file itself.
func (s *suspect) readExeFile() error {
	target, err := os.Readlink(s.path("exe"))
	path, gone := strings.CutSuffix(target, deleted)
	if err != nil || !gone {
		return err
	}
	var runs unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, s.path("exe"), unix.AT_STATX_DONT_SYNC, unix.STATX_BASIC_STATS, &runs); err != nil {
		return err
	}
	now, err := s.fileAt(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && now.Mode&unix.S_IFMT == unix.S_IFREG && now.Mode&0o111 != 0 && !sameFile(&runs, now) {
		s.ExeReplaced = changed(now)
	}
	return err
}

func changed(file *unix.Statx_t) time.Time { return time.Unix(file.Ctime.Sec, int64(file.Ctime.Nsec)) }

func sameFile(a, b *unix.Statx_t) bool {
	return a.Ino == b.Ino && a.Dev_major == b.Dev_major && a.Dev_minor == b.Dev_minor
}

// fileAt looks at the file that a path leads to for the process, in its own root. Nothing is asked of a file server that
// need not be.
func (s *suspect) fileAt(path string) (*unix.Statx_t, error) {
	top, err := os.Readlink(s.path("root"))
	if err != nil {
		return nil, err
	}
	if !under(path, top) { // the paths are told from our root, and it is in one of its own
		return nil, os.ErrNotExist
	}
	root, err := unix.Open(s.path("root"), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(root)
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	file, err := unix.Openat2(root, "/"+strings.TrimPrefix(strings.TrimPrefix(path, strings.TrimSuffix(top, "/")), "/"), &how)
	if err != nil {
		return nil, err
	}
	defer unix.Close(file)
	var now unix.Statx_t
	err = unix.Statx(file, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_BASIC_STATS, &now)
	return &now, err
}

// readLibraries finds the libraries that are mapped to be executed, were deleted, and have a successor.
func (s *suspect) readLibraries() error {
	gone, err := s.deletedLibraries()
	if err != nil {
		return err
	}
	for path, inode := range gone {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		now, err := s.fileAt(path)
		if err == nil && now.Mode&unix.S_IFMT == unix.S_IFREG && now.Ino != inode {
			s.Libraries = append(s.Libraries, path)
			if at := changed(now); s.LibrariesChanged.IsZero() || at.Before(s.LibrariesChanged) {
				s.LibrariesChanged = at
			}
		} else if errors.Is(err, os.ErrPermission) {
			return err
		}
	}
	slices.Sort(s.Libraries)
	return nil
}

// deletedLibraries gives the inodes of mapped libraries by the path that they had.
func (s *suspect) deletedLibraries() (map[string]uint64, error) {
	out := make(map[string]uint64)
	err := smallfile.Lines(s.path("maps"), func(line []byte) bool {
		if path, inode, ok := deletedLibrary(line); ok {
			out[path] = inode
		}
		return len(out) < maxLibraries
	})
	return out, err
}

// deletedLibrary reads a line of maps: range, permissions, offset, device, inode and path. Hardly any ends as one of a
// deleted file does, and nothing is made of the others.
func deletedLibrary(text []byte) (path string, inode uint64, ok bool) {
	text, ok = bytes.CutSuffix(text, []byte(deleted))
	if !ok {
		return "", 0, false
	}
	line := string(text)
	field := strings.SplitN(line, " ", 6)
	if len(field) < 6 || len(field[1]) != 4 || field[1][2] != 'x' {
		return "", 0, false
	}
	path = strings.TrimLeft(field[5], " ")
	name := path[strings.LastIndexByte(path, '/')+1:]
	inode, err := strconv.ParseUint(field[4], 10, 64)
	return path, inode, err == nil && strings.HasPrefix(path, "/") && (strings.HasSuffix(name, ".so") || strings.Contains(name, ".so."))
}
