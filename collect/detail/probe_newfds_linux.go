package detail

import (
	"cmp"
	"errors"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// maxNewFDs is how many descriptors are looked at: the kernel gives the lowest free number, so that those with the highest
// are the newest of what is never closed.
const maxNewFDs = 128

// readNewFDs reads where the newest descriptors lead. The targets are never looked at themselves.
func (s *suspect) readNewFDs() error {
	numbers, err := s.newestFDs()
	if err != nil {
		return err
	}
	var targets []string
	for _, fd := range numbers {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		target, err := os.Readlink(s.path("fd", strconv.Itoa(fd)))
		if errors.Is(err, os.ErrNotExist) {
			continue // closed meanwhile
		}
		if err != nil {
			return err
		}
		targets = append(targets, target)
	}
	s.NewFDs = countTargets(targets)
	return nil
}

// newestFDs lists the descriptors with the highest numbers. A position in the directory is a descriptor's number and two
// for the dots, so that the listing begins near the end.
func (s *suspect) newestFDs() ([]int, error) {
	info, err := os.Stat(s.path("fd"))
	if err != nil {
		return nil, err
	}
	dir, err := os.Open(s.path("fd"))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if from := info.Size() - maxNewFDs; from > 0 {
		if _, err := dir.Seek(from+2, unix.SEEK_SET); err != nil {
			return nil, err
		}
	}
	names, err := dir.Readdirnames(16 * maxNewFDs) // more only where the numbers have great gaps
	if err := ignoreEOF(err); err != nil {
		return nil, err
	}
	var numbers []int
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil {
			numbers = append(numbers, fd)
		}
	}
	slices.Sort(numbers)
	return numbers[max(0, len(numbers)-maxNewFDs):], nil
}

// countTargets groups links to descriptors by what they lead to. Files of which there is one each are told by their
// directory.
func countTargets(targets []string) (all []pcb.FDTarget) {
	counts := make(map[string]int)
	for _, target := range targets {
		counts[kindOf(target)]++
	}
	groups := make(map[string]int)
	for name, n := range counts {
		if n == 1 && strings.HasPrefix(name, "/") {
			name = path.Join(path.Dir(name), "*")
		}
		groups[name] += n
	}
	for name, n := range groups {
		all = append(all, pcb.FDTarget{Name: name, Count: n})
	}
	slices.SortFunc(all, func(a, b pcb.FDTarget) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Name, b.Name)) })
	return all
}

// kindOf is what a link to a descriptor says without the number of the inode: "socket:[123]" is a socket,
// "anon_inode:[eventfd]" an eventfd.
func kindOf(target string) string {
	if name, ok := strings.CutPrefix(target, "anon_inode:"); ok {
		return strings.Trim(name, "[]")
	}
	if kind, _, ok := strings.Cut(target, ":["); ok && !strings.HasPrefix(target, "/") {
		return kind
	}
	return target
}
