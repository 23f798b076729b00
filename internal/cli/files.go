package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// files is what the screen writes. ptop ends when nothing is half written, but does not wait for ever.
type files struct {
	busy     sync.RWMutex // read-locked by who writes
	mu       sync.Mutex
	recorded []*recording // under mu
}

func (f *files) add(r *recording) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recorded = append(f.recorded, r)
}

// settlePatience is how long the end of ptop waits for what is being written. The terminal has been given back by then.
const settlePatience = 5 * time.Second

// settle ends what is recorded as soon as nothing is half written, and says what there is of it, a line each.
func (f *files) settle(patience time.Duration) (words []string) {
	if !f.finish(patience) {
		return []string{"a file is still being written, and is left as it is: its end may be missing"}
	}
	for _, r := range f.recorded {
		if said := r.finish(); said != "" {
			words = append(words, said)
		}
	}
	return words
}

// finish waits until nothing is written any more, and lets nobody begin. It reports whether that came to pass in time.
func (f *files) finish(patience time.Duration) bool {
	done := make(chan struct{})
	go func() { f.busy.Lock(); close(done) }() // never unlocked: whoever would write waits for the end of ptop
	select {
	case <-done:
		return true
	case <-time.After(patience):
		return false
	}
}

// writeNew makes a new file of what fill writes, and gives its whole path. What could not be written whole is removed.
func writeNew(path string, fill func(io.Writer) error) (whole string, err error) {
	file, err := newFile(path)
	if err != nil {
		return "", err
	}
	err = fill(file)
	if failed := file.Close(); err == nil {
		err = failed // some file systems tell only now that there is no room
	}
	if err != nil {
		_ = os.Remove(path) // it is ours: it was not there
		return "", fileError(path, err)
	}
	return absolute(path), nil
}

// newFile makes a file that was not there, for its owner alone: command lines can hold secrets. Nothing is overwritten, and
// no symbolic link followed.
func newFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fileError(path, err)
	}
	return file, nil
}

// existsError is a file that is there already.
type existsError struct{ path string }

func (e existsError) Error() string {
	return e.path + " exists, and nothing is overwritten: name another file"
}
func (existsError) Unwrap() error { return fs.ErrExist }

// fileError says in one line what could not be written, and why.
func fileError(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return existsError{path}
	}
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err // it names the path and the system call, too
	}
	return fmt.Errorf("can't write %s: %w", path, err)
}

// absolute gives the whole path, or the one it has where that can't be told.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// expand gives a path as a person types it with the home directory in the place of ~.
func (e environment) expand(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && rest[0] != '/' {
		return path, nil
	}
	home := e.get("HOME")
	if home == "" {
		return "", fmt.Errorf("%s: HOME is not set: write the path in full", path)
	}
	return home + rest, nil
}
