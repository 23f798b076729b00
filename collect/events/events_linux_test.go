package events

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/collect"
	"ptop/internal/sick"
	"ptop/pcb"
)

// watch listens to the real kernel.
func watch(t testing.TB) *Source {
	t.Helper()
	sick.NeedRoot(t, "CAP_NET_ADMIN")
	collector, err := collect.New(collect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSource(collector)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_ = collector.Close()
	})
	if s.stream == nil {
		sick.Missing(t, "the proc connector: "+s.why)
	}
	return s
}

func reading(t testing.TB, s *Source) *pcb.Snapshot {
	t.Helper()
	snap := &pcb.Snapshot{}
	if err := s.Collect(t.Context(), snap); err != nil {
		t.Fatal(err)
	}
	if snap.Events == nil {
		t.Fatalf("no events: %s", snap.EventsOff)
	}
	return snap
}

// That others begin to listen, or no longer do, is no loss.
func TestOthersListen(t *testing.T) {
	s := watch(t)
	reading(t, s)
	for range 20 {
		watch(t)
	}
	if e := reading(t, s).Events; e.Lost != 0 {
		t.Errorf("%d events lost", e.Lost)
	}
}

// Thousands of forks a second: none is lost, and each is counted once, however the readings cut them.
func TestCountsAreExact(t *testing.T) {
	s := watch(t)
	reading(t, s)
	const born, failed = 8000, 80 // as the case has them
	c := sick.Start(t, "forks-8000")
	var forks, short, statuses uint64
	byStatus := map[int32]uint64{}
	for end := time.Now().Add(5 * time.Minute); forks < born && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		snap := reading(t, s)
		e := snap.Events
		if e.Lost != 0 {
			t.Fatalf("%d events lost", e.Lost)
		}
		var sum uint64
		for i := range e.Forkers {
			f := &e.Forkers[i]
			sum += f.ShortLived
			if int(f.ID.PID) != c.PID {
				continue
			}
			if f.ID.Start == 0 || f.Name == "" || f.Ended {
				t.Errorf("the forker is told of as %+v", f)
			}
			forks += f.Forks
			short += f.ShortLived
			statuses += f.OtherStatuses
			for _, x := range f.Statuses {
				byStatus[x.Status] += x.Count
				statuses += x.Count
			}
		}
		if sum+e.Rest != e.ShortLived {
			t.Errorf("%d short-lived, of whom %d are attributed and %d not", e.ShortLived, sum, e.Rest)
		}
	}
	// Few are alive when a reading is taken: those were born in one interval and ended in another.
	if forks != born || short != statuses || short < born*9/10 || short > born {
		t.Errorf("%d forks, %d short-lived, %d statuses; forked were %d", forks, short, statuses, born)
	}
	if byStatus[1<<8] == 0 || byStatus[1<<8] > failed || byStatus[0]+byStatus[1<<8] != short {
		t.Errorf("statuses %v; %d ended with 1", byStatus, failed)
	}
}

func forkerOf(e *pcb.Events, pid int) *pcb.Forker {
	for i := range e.Forkers {
		if int(e.Forkers[i].ID.PID) == pid {
			return &e.Forkers[i]
		}
	}
	return nil
}

// until takes readings until one satisfies.
func until(t *testing.T, s *Source, what string, good func(*pcb.Snapshot) bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if good(reading(t, s)) {
			return
		}
	}
	t.Errorf("never seen: %s", what)
}

// Programs that are gone before anybody looks are known by name; what short-lived shells start is their living parent's.
func TestWhatIsMadeIsKnown(t *testing.T) {
	s := watch(t)
	c := sick.Start(t, "churn-exec")
	until(t, s, "a forker whose short-lived grandchildren called exec, one of them caught by its name", func(snap *pcb.Snapshot) bool {
		f := forkerOf(snap.Events, c.PID)
		if f == nil || f.ShortLived == 0 || f.Execs == 0 || f.Execs > f.ShortLived || len(f.Names) == 0 {
			return false
		}
		return f.Names[0] == "true"
	})
}

// Threads are no processes, and a process has ended when its last thread has, though its main thread ended before.
func TestThreads(t *testing.T) {
	s := watch(t)
	c := sick.Start(t, "churn-threads")
	var born uint64
	until(t, s, "threads born", func(snap *pcb.Snapshot) bool {
		if f := forkerOf(snap.Events, c.PID); f != nil {
			t.Fatalf("threads count as processes: %+v", f)
		}
		born += snap.Events.Threads
		return born > 100
	})
	half := sick.Start(t, "zombie-leader-exited")
	reading(t, s)
	reading(t, s)
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock() // the stream goes on
	p := s.stream.ledger.live[int32(half.PID)]
	if p == nil || !p.leaderGone || p.others == 0 {
		t.Errorf("one whose threads work on is %+v", p)
	}
}

// A parent that ended between two readings is told of with the children that it left.
func TestParentsEnd(t *testing.T) {
	s := watch(t)
	reading(t, s)
	c := sick.Start(t, "orphan-quick")
	until(t, s, "the end of its parent", func(snap *pcb.Snapshot) bool {
		for _, e := range snap.Events.Ends {
			if int(e.ID.PID) != c.Of("parent") {
				continue
			}
			if e.Status != 7<<8 || len(e.Children) != 1 || int(e.Children[0]) != c.PID || e.Name != "lost-parent" || e.At > snap.Boot+time.Minute || e.At < snap.Boot-time.Minute {
				t.Errorf("told is %+v", e)
			}
			return true
		}
		return false
	})
}

// What is read of another /proc is not of this kernel.
func TestForeign(t *testing.T) {
	s := NewSource(fake{})
	defer s.Close()
	snap := &pcb.Snapshot{}
	if err := s.Collect(t.Context(), snap); err != nil || snap.Events != nil || snap.EventsOff == "" {
		t.Errorf("%v, %+v, %q", err, snap.Events, snap.EventsOff)
	}
}

type fake struct{}

func (fake) Collect(_ context.Context, s *pcb.Snapshot) error {
	s.Foreign = true
	return nil
}

// What 5,000 forks a second cost: run with -bench; the figures are CPU time of this process alone.
func BenchmarkStorm(b *testing.B) {
	s := watch(b)
	reading(b, s)
	c := sick.Start(b, "forks-steady")
	var forks, lost uint64
	before, began := cpu(), time.Now()
	for b.Loop() {
		time.Sleep(time.Second)
		s.stream.mu.Lock()
		s.stream.drain()
		e := s.stream.ledger.cut(&pcb.Snapshot{Coverage: pcb.Coverage{HidePID: true}}, now(), now(), 0)
		s.stream.mu.Unlock()
		if f := forkerOf(e, c.PID); f != nil {
			forks += f.Forks
		}
		lost += e.Lost
	}
	elapsed := time.Since(began)
	b.ReportMetric(float64(forks)/elapsed.Seconds(), "forks/s")
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(100*float64(cpu()-before)/float64(elapsed), "%CPU")
}

func cpu() time.Duration {
	var use unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &use)
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
