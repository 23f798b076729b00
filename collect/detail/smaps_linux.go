package detail

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// The bounds of a reading of smaps. One that goes on is ended by itself with what it has; one that the process's memory lock
// holds up is left behind.
const (
	smapsTime    = 10 * time.Second
	smapsTimeout = smapsTime + 2*time.Second
	maxNames     = 500
	maxSingle    = 20
)

// Smaps reads what each memory map of a process holds. It can take seconds: the kernel walks every page of the process.
func (r *Reader) Smaps(ctx context.Context, id pcb.ID) (*pcb.Smaps, error) {
	g, err := r.begin(id)
	if err != nil {
		return nil, err
	}
	defer unix.Close(g.held)
	began, path := time.Now(), g.path("smaps")
	sum, err := within(g, &g.walk, g.patience, func() (*pcb.Smaps, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return sumSmaps(ctx, file, began.Add(smapsTime))
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading %s: %s", path, explain(err, true))
	case sum.Total.Maps == 0:
		return nil, fmt.Errorf("reading %s: the process has no memory of its own (a kernel thread, or one that has ended)", path)
	}
	sum.ID, sum.Time, sum.Took = g.d.ID, time.Now(), time.Since(began)
	return sum, g.verify()
}

// sumSmaps adds up a smaps file: for each map a line as in maps, and below it one for each figure. What has come when the
// time is up is given, with that said.
func sumSmaps(ctx context.Context, smaps io.Reader, until time.Time) (*pcb.Smaps, error) {
	var out pcb.Smaps
	var cur pcb.MappingUse
	byName := make(map[string]*pcb.MappingUse)
	end := func() {
		if cur.Maps == 0 {
			return
		}
		out.Total.Add(&cur)
		if byName[cur.Name] == nil {
			byName[cur.Name] = &pcb.MappingUse{Name: cur.Name}
		}
		byName[cur.Name].Add(&cur)
		out.Largest = append(out.Largest, cur)
		if len(out.Largest) >= 8*maxSingle {
			out.Largest = largest(out.Largest, maxSingle)
		}
	}
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) > 0 && line[0] >= 'A' && line[0] <= 'Z' { // ranges are in small letters
			addFigure(&cur, line)
			continue
		}
		end()
		size, _, name, err := parseMap(string(line))
		if err != nil {
			return nil, err
		}
		if name == "" {
			name = "[anon]"
		}
		address, rest, _ := bytes.Cut(line, []byte(" "))
		cur = pcb.MappingUse{Name: name, Address: string(address), Perms: string(rest[:min(4, len(rest))]), Maps: 1, Size: size}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if time.Now().After(until) {
			out.Problem = fmt.Sprintf("cut: these are the first %d maps, for which the kernel took %s", out.Total.Maps, smapsTime)
			cur.Maps = 0
			break
		}
	}
	end()
	for _, m := range byName {
		out.ByName = append(out.ByName, *m)
	}
	out.Names = len(out.ByName)
	out.ByName, out.Largest = largest(out.ByName, maxNames), largest(out.Largest, maxSingle)
	return &out, lines.Err()
}

// largest gives the first most by what is resident, then swapped out, then virtual.
func largest(list []pcb.MappingUse, most int) []pcb.MappingUse {
	slices.SortFunc(list, func(a, b pcb.MappingUse) int {
		return cmp.Or(cmp.Compare(b.RSS, a.RSS), cmp.Compare(b.Swap, a.Swap), cmp.Compare(b.Size, a.Size), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Address, b.Address))
	})
	return list[:min(len(list), most)]
}

// addFigure adds a line such as "Private_Dirty:      8 kB".
func addFigure(m *pcb.MappingUse, line []byte) {
	key, rest, _ := bytes.Cut(line, []byte(":"))
	var to []*uint64
	switch string(key) {
	case "Rss":
		to = []*uint64{&m.RSS}
	case "Pss":
		to = []*uint64{&m.PSS}
	case "Private_Clean":
		to = []*uint64{&m.Private}
	case "Private_Dirty":
		to = []*uint64{&m.Private, &m.Dirty}
	case "Shared_Dirty":
		to = []*uint64{&m.Dirty}
	case "Swap":
		to = []*uint64{&m.Swap}
	case "Locked":
		to = []*uint64{&m.Locked}
	default:
		return
	}
	n := uint64(0)
	for _, c := range bytes.TrimLeft(rest, " ") {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + uint64(c-'0')
	}
	for _, figure := range to {
		*figure += n << 10
	}
}
