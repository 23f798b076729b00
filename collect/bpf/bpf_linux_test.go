//go:build amd64 || arm64

package bpf

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"ptop/internal/sick"
)

// What a kernel has against the program is said in full here; Open says the last of it.
func TestTheKernelTakesIt(t *testing.T) {
	sick.NeedRoot(t, "it loads a program into the kernel")
	var objects taskObjects
	err := loadTaskObjects(&objects, nil)
	if verifier := (*ebpf.VerifierError)(nil); errors.As(err, &verifier) {
		t.Fatalf("%+v", verifier)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := objects.Close(); err != nil {
		t.Error(err)
	}
}

func open(t *testing.T) *Reader {
	t.Helper()
	sick.NeedRoot(t, "the task iterator")
	r, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// read gives copies of a reading's records, by thread.
func read(t *testing.T, r *Reader, since time.Duration) map[int32]Record {
	t.Helper()
	if err := r.Begin(since); err != nil {
		t.Fatal(err)
	}
	defer r.End()
	all, last := map[int32]Record{}, int32(0)
	for {
		more, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return all
		}
		for record := range r.Records() {
			if record.Tid <= last {
				t.Fatalf("thread %d comes behind %d", record.Tid, last)
			}
			last = record.Tid
			all[record.Tid] = *record
		}
	}
}

// A record is what the process that reads knows of itself.
func TestOwnRecord(t *testing.T) {
	all := read(t, open(t), 0)
	own, ok := all[int32(os.Getpid())]
	if !ok {
		t.Fatal("ptop itself is not there")
	}
	comm, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	sid, _ := unix.Getsid(0)
	switch {
	case own.Is&Process == 0 || !own.Full() || own.Is&Memory == 0 || own.Is&Handlers == 0:
		t.Errorf("the record has %b in %d bytes", own.Is, own.Size)
	case string(own.Name())+"\n" != string(comm):
		t.Errorf("the name is %q, not %q", own.Name(), comm)
	case own.Ppid != int32(os.Getppid()), own.Pgid != int32(unix.Getpgrp()), own.Sid != int32(sid), own.Euid != uint32(os.Geteuid()):
		t.Errorf("parent %d, group %d, session %d, user %d", own.Ppid, own.Pgid, own.Sid, own.Euid)
	}
	threads := int32(0)
	for _, r := range all {
		if r.Tgid == own.Tid {
			threads++
		}
	}
	if threads < own.Threads-2 || threads > own.Threads+2 { // some come and go meanwhile
		t.Errorf("%d records of %d threads", threads, own.Threads)
	}
}

// Of who has not run since the last reading the handlers are not told again.
func TestHandlersOfTheResting(t *testing.T) {
	cmd := exec.Command("sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	r, pid := open(t), int32(cmd.Process.Pid)
	if all := read(t, r, 0); all[pid].Is&Handlers == 0 {
		t.Error("the first reading has no handlers")
	}
	for end := time.Now().Add(20 * time.Second); ; {
		if all := read(t, r, time.Millisecond); all[pid].Is&Handlers == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the handlers of a process at rest are told each time")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Each reading is whole, however many there were before it, and what is begun and not ended is no hindrance.
func TestReadings(t *testing.T) {
	r := open(t)
	for range 3 {
		if err := r.Begin(0); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	listed, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	processes := 0
	for _, record := range read(t, r, 0) {
		if record.Is&Process != 0 {
			processes++
		}
	}
	if processes < len(listed)*9/10 {
		t.Errorf("%d processes of %d", processes, len(listed))
	}
}
