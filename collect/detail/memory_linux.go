package detail

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// What is kept at most of a process's texts, and how many mappings are named.
const (
	maxArgs     = 128 << 10
	maxEnviron  = 1 << 20
	maxMappings = 20
)

// args reads argv whole.
func (g *reading) args() {
	g.d.Args = part(g, pcb.PartArgs, &g.memory, memoryTimeout, func() ([]string, error) {
		return readStrings(g.path("cmdline"), maxArgs)
	})
}

// environ reads the environment as it was at exec.
func (g *reading) environ() {
	g.d.Environ = part(g, pcb.PartEnviron, &g.memory, memoryTimeout, func() ([]string, error) {
		return readStrings(g.path("environ"), maxEnviron)
	})
}

// readStrings reads a file of strings that end in NUL. The last may lack it: a process can rewrite its argv.
func readStrings(path string, most int) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err != nil || len(text) == 0 {
		return nil, err
	}
	if len(text) > most {
		text, err = text[:most], note(fmt.Sprintf("cut at %d KiB", most>>10))
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), err
}

// maps sums the memory maps.
func (g *reading) maps() {
	g.d.Maps = part(g, pcb.PartMaps, &g.memory, memoryTimeout, func() (pcb.MapsSummary, error) {
		file, err := os.Open(g.path("maps"))
		if err != nil {
			return pcb.MapsSummary{}, err
		}
		defer file.Close()
		return sumMaps(file)
	})
	if g.d.Maps.Count == 0 {
		return // denied, blocked, or a process without memory of its own
	}
	// Its own bound is longer: the kernel walks every page of the process for this.
	rollup := part(g, pcb.PartMaps, &g.memory, rollupTimeout, func() (*procfs.ProcSMapsRollup, error) {
		sum, err := g.proc.ProcSMapsRollup()
		if errors.Is(err, unix.ESRCH) {
			return nil, nil // it gave up its memory meanwhile
		}
		return &sum, err
	})
	if rollup != nil && g.d.Problems[pcb.PartMaps] == "" {
		m := &g.d.Maps
		m.HaveRollup, m.RSS, m.PSS, m.Swap = true, rollup.Rss, rollup.Pss, rollup.Swap
	}
}

// sumMaps adds up a maps file.
func sumMaps(maps io.Reader) (pcb.MapsSummary, error) {
	var sum pcb.MapsSummary
	byName := make(map[string]pcb.Mapping)
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		size, shared, name, err := parseMap(lines.Text())
		if err != nil {
			return sum, err
		}
		sum.Count++
		sum.Size += size
		kind := &sum.Anon
		switch {
		case name == "[heap]":
			kind = &sum.Heap
		case strings.HasPrefix(name, "[stack"):
			kind = &sum.Stack
		case shared:
			kind = &sum.Shared
		case strings.HasPrefix(name, "/"):
			kind = &sum.File
		}
		*kind += size
		if name == "" {
			name = "[anon]"
		}
		m := byName[name]
		byName[name] = pcb.Mapping{Name: name, Size: m.Size + size, Maps: m.Maps + 1}
	}
	for _, m := range byName {
		sum.Largest = append(sum.Largest, m)
	}
	sort.Slice(sum.Largest, func(i, j int) bool {
		a, b := sum.Largest[i], sum.Largest[j]
		return a.Size > b.Size || a.Size == b.Size && a.Name < b.Name
	})
	sum.Largest = sum.Largest[:min(len(sum.Largest), maxMappings)]
	return sum, lines.Err()
}

// parseMap reads a line of maps: range, permissions, offset, device, inode and a name, in which the kernel writes a
// newline as \012.
func parseMap(line string) (size uint64, shared bool, name string, err error) {
	var field [5]string
	rest := line
	for i := range field {
		rest = strings.TrimLeft(rest, " ")
		field[i], rest, _ = strings.Cut(rest, " ")
	}
	low, high, _ := strings.Cut(field[0], "-")
	from, err1 := strconv.ParseUint(low, 16, 64)
	to, err2 := strconv.ParseUint(high, 16, 64)
	if err := errors.Join(err1, err2); err != nil || to < from || len(field[1]) != 4 {
		return 0, false, "", fmt.Errorf("maps: unknown line %q", line)
	}
	return to - from, field[1][3] == 's', strings.TrimLeft(rest, " "), nil
}
