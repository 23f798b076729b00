package detail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"ptop/pcb"
)

const smapsText = `00400000-00500000 r-xp 00000000 fe:01 131                        /usr/bin/a b
Size:               1024 kB
Rss:                 100 kB
Pss:                  50 kB
Shared_Clean:         80 kB
Shared_Dirty:          4 kB
Private_Clean:        12 kB
Private_Dirty:         4 kB
Referenced:           96 kB
Swap:                  0 kB
Locked:                0 kB
VmFlags: rd ex mr mw me
7f0000000000-7f0000200000 rw-p 00000000 00:00 0
Size:               2048 kB
Rss:                2000 kB
Pss:                2000 kB
Private_Clean:         0 kB
Private_Dirty:      2000 kB
Swap:                 48 kB
SwapPss:              48 kB
Locked:             2000 kB
7f0000200000-7f0000300000 r--p 00100000 fe:01 131                    /usr/bin/a b
Size:               1024 kB
Rss:                   8 kB
Pss:                   8 kB
Private_Clean:         8 kB
`

func TestSumSmaps(t *testing.T) {
	got, err := sumSmaps(background, strings.NewReader(smapsText), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	const kib = 1 << 10
	anon := pcb.MappingUse{Name: "[anon]", Maps: 1, Size: 2048 * kib, RSS: 2000 * kib, PSS: 2000 * kib, Private: 2000 * kib, Dirty: 2000 * kib, Swap: 48 * kib, Locked: 2000 * kib}
	file := pcb.MappingUse{Name: "/usr/bin/a b", Maps: 2, Size: 2048 * kib, RSS: 108 * kib, PSS: 58 * kib, Private: 24 * kib, Dirty: 8 * kib}
	single := anon
	single.Address, single.Perms = "7f0000000000-7f0000200000", "rw-p"
	want := &pcb.Smaps{
		Total:  pcb.MappingUse{Maps: 3, Size: 4096 * kib, RSS: 2108 * kib, PSS: 2058 * kib, Private: 2024 * kib, Dirty: 2008 * kib, Swap: 48 * kib, Locked: 2000 * kib},
		ByName: []pcb.MappingUse{anon, file}, Names: 2,
		Largest: []pcb.MappingUse{
			single,
			{Name: "/usr/bin/a b", Address: "00400000-00500000", Perms: "r-xp", Maps: 1, Size: 1024 * kib, RSS: 100 * kib, PSS: 50 * kib, Private: 16 * kib, Dirty: 8 * kib},
			{Name: "/usr/bin/a b", Address: "7f0000200000-7f0000300000", Perms: "r--p", Maps: 1, Size: 1024 * kib, RSS: 8 * kib, PSS: 8 * kib, Private: 8 * kib},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("- want, + got:\n%s", diff)
	}
}

// Of more maps than are kept the largest are, wherever they stand; and the sums are of all.
func TestSumSmapsOfMany(t *testing.T) {
	const maps = 3000
	var text strings.Builder
	for i := range maps {
		fmt.Fprintf(&text, "%x-%x rw-p 00000000 fe:01 131 /f%d\nRss: %d kB\n", i<<12, (i+1)<<12, i, (i*7919)%maps)
	}
	got, err := sumSmaps(background, strings.NewReader(text.String()), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if got.Total.Maps != maps || got.Total.RSS != maps*(maps-1)/2<<10 || got.Names != maps || len(got.ByName) != maxNames || len(got.Largest) != maxSingle {
		t.Errorf("total %+v, %d of %d names, %d single maps", got.Total, len(got.ByName), got.Names, len(got.Largest))
	}
	for i := range got.Largest {
		if want := uint64(maps-1-i) << 10; got.Largest[i].RSS != want || got.ByName[i].RSS != want {
			t.Fatalf("number %d is %d by map and %d by name, want %d", i, got.Largest[i].RSS, got.ByName[i].RSS, want)
		}
	}
}

// What has come when the time is up is given, and that it is not all is said.
func TestSmapsAreCut(t *testing.T) {
	got, err := sumSmaps(background, strings.NewReader(smapsText), time.Now().Add(-time.Second))
	if err != nil || !strings.HasPrefix(got.Problem, "cut: ") {
		t.Errorf("%+v, %v", got, err)
	}
	gone, cancel := context.WithCancel(background)
	cancel()
	if _, err := sumSmaps(gone, strings.NewReader(smapsText), time.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("given up, it says %v", err)
	}
}

// The kernel's own: memory that was touched and locked is where it was mapped.
func TestSmapsOfSelf(t *testing.T) {
	const size = 3 << 20
	memory, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(memory) }()
	for i := 0; i < size; i += os.Getpagesize() {
		memory[i] = 1
	}
	got, err := New("").Smaps(background, pcb.ID{PID: int32(os.Getpid())})
	if err != nil {
		t.Fatal(err)
	}
	var anon, exe *pcb.MappingUse
	path, _ := os.Executable()
	for i := range got.ByName {
		switch got.ByName[i].Name {
		case "[anon]":
			anon = &got.ByName[i]
		case path:
			exe = &got.ByName[i]
		}
	}
	if anon == nil || anon.RSS < size || anon.Private < size || anon.Dirty < size {
		t.Errorf("anonymous memory is %+v, want at least %d touched", anon, size)
	}
	if exe == nil || exe.RSS == 0 || exe.Size < exe.RSS || exe.PSS > exe.RSS {
		t.Errorf("the executable is %+v", exe)
	}
	if got.ID.PID != int32(os.Getpid()) || got.Time.IsZero() || got.Took <= 0 || got.Total.Maps < len(got.ByName) || got.Problem != "" {
		t.Errorf("%+v", got)
	}
}

func TestSmapsSayWhyThereAreNone(t *testing.T) {
	if err := smapsOf(New(""), 1<<22); !strings.Contains(err, "has ended") {
		t.Errorf("of nobody: %s", err)
	}
	root := stuck(t, 41)
	block(t, filepath.Join(root, "41/smaps"))
	r := New(root)
	r.patience = 50 * time.Millisecond
	for range 2 {
		var err string
		comesBack(t, func() { err = smapsOf(r, 41) })
		if !strings.Contains(err, "blocked reader: its memory map is locked") {
			t.Errorf("of a locked one: %s", err)
		}
	}
}

func smapsOf(r *Reader, pid int32) string {
	_, err := r.Smaps(background, pcb.ID{PID: pid})
	return fmt.Sprint(err)
}
