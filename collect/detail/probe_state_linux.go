package detail

import (
	"errors"
	"os"
	"slices"
	"strings"

	"ptop/internal/smallfile"
)

const (
	maxMarked = 128 << 10 // bytes of an environment that are looked through
	maxMarker = 256       // bytes of a marker's value
)

// markers are the variables that tell what started a process. No other is kept.
var markers = []string{
	"BUILD_ID", "JENKINS_NODE_COOKIE", "GITHUB_RUN_ID", "CI_JOB_ID", "CI", "SSH_TTY", "SSH_CONNECTION", "XDG_SESSION_ID",
}

// readEnv picks the markers from the environment that the process was started with.
func (s *suspect) readEnv() error {
	text, err := smallfile.ReadFirst(s.path("environ"), maxMarked)
	if err != nil {
		return err
	}
	s.Env = pickMarkers(string(text))
	return nil
}

func pickMarkers(environ string) map[string]string {
	found := make(map[string]string)
	for entry := range strings.SplitSeq(environ, "\x00") {
		if name, value, ok := strings.Cut(entry, "="); ok && slices.Contains(markers, name) {
			found[name] = strings.Clone(value[:min(len(value), maxMarker)])
		}
	}
	return found
}

// readFDs counts the descriptors and reads their soft limit.
func (s *suspect) readFDs() error {
	var err error
	if s.FDLimit, err = softLimit(s.path("limits"), "Max open files"); err != nil {
		return err
	}
	info, err := os.Stat(s.path("fd"))
	if err != nil {
		return err
	}
	if s.FDCount = uint64(info.Size()); s.FDCount > 0 { // Linux 6.2 and later, and for everybody
		return nil
	}
	_, total, err := listNames(s.path("fd"), 0)
	s.FDCount = uint64(total)
	return err
}

// softLimit reads a soft limit of a limits file; the highest number when there is none.
func softLimit(path, name string) (uint64, error) {
	text, err := smallfile.ReadRecord(path)
	if err != nil {
		return 0, err
	}
	for _, limit := range parseLimits(string(text), nil) {
		if limit.Name == name {
			return uint64(limit.Soft), nil // -1, for unlimited, becomes the highest number
		}
	}
	return 0, errors.New("detail: a limits file without " + name)
}
