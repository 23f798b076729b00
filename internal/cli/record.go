package cli

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"ptop/export"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/ui"
)

// recording is a file that gets each reading as one JSON document on a line of its own, as ptop --json -n 0 writes them.
type recording struct {
	files  *files
	path   string
	writer *export.Writer

	mu       sync.Mutex
	file     *os.File // nil when it has ended
	size     int64    // of the whole lines, bytes
	written  int64    // with what there is of the line that is being written
	readings int
}

// errRecorded is why nothing more is written to a recording.
var errRecorded = errors.New("the recording has ended")

// Record begins a recording in a new file.
func (b *backend) Record(path string) (ui.Recording, error) {
	path, err := b.p.env.expand(path)
	if err != nil {
		return nil, err
	}
	b.files.busy.RLock()
	defer b.files.busy.RUnlock()
	file, err := newFile(path)
	if err != nil {
		return nil, err
	}
	r := &recording{files: &b.files, path: absolute(path), file: file}
	tag, _ := buildVersion()
	r.writer = export.NewWriter(r, export.Options{Version: tag, Stream: true})
	b.files.add(r)
	return r, nil
}

// Path is the file's whole path.
func (r *recording) Path() string { return r.path }

// Add writes a reading and gives the size of the file in bytes. After an error nothing more can be written; what is there
// are whole lines.
func (r *recording) Add(f *monitor.Frame) (size int64, err error) {
	r.files.busy.RLock()
	defer r.files.busy.RUnlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return r.size, errRecorded
	}
	if err := r.writer.JSON(f); err != nil {
		err = fileError(r.path, err)
		if failed := r.file.Truncate(r.size); failed != nil {
			err = fmt.Errorf("%w; its last line is cut short", err)
		}
		_ = r.close() // that it is not whole is told already
		return r.size, err
	}
	r.size = r.written
	r.readings++
	return r.size, nil
}

// Write is for the writer of documents.
func (r *recording) Write(b []byte) (int, error) {
	n, err := r.file.Write(b)
	r.written += int64(n)
	return n, err
}

// Close ends the recording. It is an error when the file system tells only now that something was not written.
func (r *recording) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.close(); err != nil {
		return fileError(r.path, err)
	}
	return nil
}

func (r *recording) close() error {
	if r.file == nil {
		return nil
	}
	file := r.file
	r.file = nil
	return file.Close()
}

// finish ends a recording that goes on, and says what it holds; nothing of one that had ended.
func (r *recording) finish() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return ""
	}
	if err := r.close(); err != nil {
		return fileError(r.path, err).Error()
	}
	return fmt.Sprintf("recorded in %s: %s, %s", r.path, readingCount(r.readings), column.FormatBytes(float64(r.size)))
}

func readingCount(n int) string {
	if n == 1 {
		return "1 reading"
	}
	return fmt.Sprintf("%d readings", n)
}
