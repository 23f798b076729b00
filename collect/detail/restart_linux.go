package detail

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// unitDirs is where systemd looks for the units of the system; what stands earlier hides what stands later.
var unitDirs = []string{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}

// The bounds of reading unit files.
const (
	maxUnitFile = 1 << 16
	maxDropIns  = 32
)

// Restart gives what the unit file of a systemd service and its drop-ins say under Restart=, "no" where they do not mention
// it, and empty where no such file can be read.
func Restart(unit string) string { return restart(unitDirs, unit) }

func restart(dirs []string, unit string) string {
	if unit != filepath.Base(unit) {
		return ""
	}
	names := []string{unit}
	if at := strings.IndexByte(unit, '@'); at > 0 {
		names = append(names, unit[:at+1]+filepath.Ext(unit)) // the template
	}
	policy := ""
	for _, name := range names {
		if text, ok := firstFile(dirs, name); ok {
			policy = assigned(text, "no")
			break
		}
	}
	if policy == "" {
		return ""
	}
	for _, path := range dropIns(dirs, names) {
		if text, ok := unitFile(path); ok {
			policy = assigned(text, policy)
		}
	}
	return policy
}

func firstFile(dirs []string, name string) ([]byte, bool) {
	for _, dir := range dirs {
		if text, ok := unitFile(filepath.Join(dir, name)); ok {
			return text, true
		}
	}
	return nil, false
}

// dropIns lists a unit's drop-ins in the order in which they apply: by name, and of one name the first directory's.
func dropIns(dirs, names []string) []string {
	found := map[string]string{}
	for _, name := range names {
		for _, dir := range dirs {
			list, _ := filepath.Glob(filepath.Join(dir, name+".d", "*.conf"))
			for _, path := range list {
				if base := filepath.Base(path); found[base] == "" {
					found[base] = path
				}
			}
		}
	}
	var bases []string
	for base := range found {
		bases = append(bases, base)
	}
	slices.Sort(bases)
	var out []string
	for _, base := range bases[:min(len(bases), maxDropIns)] {
		out = append(out, found[base])
	}
	return out
}

// unitFile reads a small regular file.
func unitFile(path string) ([]byte, bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxUnitFile))
	return text, err == nil
}

// assigned gives the last Restart= of a unit file; an empty one goes back to the default.
func assigned(text []byte, policy string) string {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		key, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		if !ok || strings.TrimSpace(key) != "Restart" {
			continue
		}
		if policy = strings.TrimSpace(value); policy == "" {
			policy = "no"
		}
	}
	return policy
}
