package ui

import (
	"errors"
	"testing"

	"ptop/pcb"
)

// What each map holds is read when it is asked for and not before; it says what that costs, and how old it is.
func TestSmapsOnDemand(t *testing.T) {
	d := newBench(t, 120, 60, Options{})
	d.keys("Enter 6")
	d.feed(3)
	d.wants("s reads it (smaps): the kernel walks every page", "sEach map", "Largest, by virtual size")
	if d.b.smaps != 0 {
		t.Fatal("it was read unasked")
	}
	d.hold = true
	d.keys("s s s Down") // the screen works meanwhile, and asks once
	d.wants("reading…")
	d.hold = false
	d.work()
	if d.b.smaps != 1 {
		t.Errorf("it was read %d times", d.b.smaps)
	}
	d.wants("in 42ms; it stands until s reads it anew", "11M    10M    9.0M   8.0M   7.0M   6.0M  [heap]", "and 6 more", "7f00-7fff rw-s")
	d.feed(4)
	d.feed(5)
	if d.b.smaps != 1 {
		t.Error("a reading of the process reads it again")
	}
	d.wants("[heap]")
	d.keys("s")
	if d.b.smaps != 2 {
		t.Error("it is not read anew")
	}
	d.b.smapsErr = errors.New("reading /proc/500/smaps: blocked reader: its memory map is locked")
	d.keys("s")
	d.wants("blocked reader: its memory map is locked", "[heap]") // the one before stands beside
	d.keys("5 s")
	if d.b.smaps != 3 {
		t.Error("s reads it on another page")
	}
	d.keys("6 J") // another process
	d.lacks("it stands until", "blocked reader")
	d.wants("s reads it")
}

// An answer that comes when another process is looked at is nobody's.
func TestSmapsOfTheOneBefore(t *testing.T) {
	d := newBench(t, 120, 60, Options{})
	d.keys("Enter 6")
	d.hold = true
	d.keys("s J")
	d.hold = false
	d.work()
	d.wants("1 systemd", "s reads it")
	d.lacks("it stands until")
}

// Who has no memory has no maps to read, and no zeros.
func TestMemoryOfAKernelThread(t *testing.T) {
	d := newBench(t, 120, 60, Options{})
	d.b.bend = func(x *pcb.Detail) { x.Maps = pcb.MapsSummary{} }
	d.keys("Enter 6")
	d.wants("it has no memory of its own")
	d.lacks("virtual size", "s reads it")
}

func TestPathEnd(t *testing.T) {
	for _, c := range []struct {
		path, want string
		w          int
	}{
		{"/usr/lib/libc.so.6", "/usr/lib/libc.so.6", 18},
		{"/usr/lib/libc.so.6", "…libc.so.6", 10},
		{"[anon]", "[anon]", 3},
	} {
		if got := pathEnd(c.path, c.w); got != c.want {
			t.Errorf("%q in %d cells is %q, want %q", c.path, c.w, got, c.want)
		}
	}
}
