package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ptop/export"
	"ptop/internal/life"
	"ptop/internal/view"
)

// Report writes an incident report: Markdown for people, and the whole reading as the JSON document. They stand in the
// current directory, or where that can't be written to among the temporary files.
func (b *backend) Report(in *life.Incident) (where string, err error) {
	b.files.busy.RLock()
	defer b.files.busy.RUnlock()
	name := incidentName(in)
	here, err := writeIncident(".", name, in)
	if err == nil {
		return here, nil
	}
	there, failed := writeIncident(b.p.env.tempDir(), name, in)
	if failed != nil {
		return "", fmt.Errorf("no incident report: %w; %w", err, failed)
	}
	why := err
	if errno := errors.Unwrap(err); errno != nil { // the name is told already
		why = errno
	}
	return fmt.Sprintf("%s (in the current directory: %v)", there, why), nil
}

// tempDir is the directory of temporary files.
func (e environment) tempDir() string {
	if dir := e.get("TMPDIR"); dir != "" {
		return dir
	}
	return os.TempDir()
}

// incidentsASecond is how many reports of one second get names of their own.
const incidentsASecond = 20

// writeIncident writes both files of a report, or none.
func writeIncident(dir, name string, in *life.Incident) (where string, err error) {
	tag, commit := buildVersion()
	version := tag
	if commit != "" {
		version += " commit " + commit
	}
	query := &view.Query{Threads: in.Query.Threads} // every process, whatever the table shows
	for n := 1; n <= incidentsASecond; n++ {
		path := filepath.Join(dir, name)
		if n > 1 {
			path += fmt.Sprintf("-%d", n)
		}
		var text string
		text, err = writeNew(path+".md", func(out io.Writer) error { return export.Incident(out, version, in) })
		if err == nil {
			_, err = writeNew(path+".json", func(out io.Writer) error {
				return export.NewWriter(out, export.Options{Version: tag, Query: query}).JSON(in.Frame)
			})
			if err == nil {
				return text + " and .json", nil
			}
			_ = os.Remove(text)
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return "", err
}

// incidentName is the name of a report's files without their endings.
func incidentName(in *life.Incident) string {
	return "ptop-incident-" + fileWord(in.Frame.Snap.Host.Hostname) + "-" + in.At.Local().Format("20060102-150405")
}

// fileWordMax bounds a host's name within a file's, in bytes.
const fileWordMax = 64

// fileWord gives a name with nothing in it that means something to a shell or a file system.
func fileWord(name string) string {
	word := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, name)
	word = strings.Trim(word[:min(len(word), fileWordMax)], ".-")
	if word == "" {
		return "host"
	}
	return word
}
