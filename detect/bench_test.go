package detect

import (
	"fmt"
	"testing"
	"time"

	"ptop/pcb"
	"ptop/tree"
)

// A reading in which nothing is sick: what the detectors cost all the time.
func BenchmarkDetect(b *testing.B) {
	for _, n := range []int{300, 3000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, rates := healthy(n)
			forest := tree.Build(s, nil)
			tracker := NewTracker(NewSettings())
			tracker.Suspects(s, rates, forest)
			b.ReportAllocs()
			for b.Loop() {
				s.Mono += time.Second
				s.Boot += time.Second
				tracker.Suspects(s, rates, forest)
				if findings, _ := tracker.Judge(nil); len(findings) > 0 {
					b.Fatal(findings[0].Summary)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/process")
		})
	}
}

// What 5,000 zombies cost, of one parent and of 500.
func BenchmarkDetectZombies(b *testing.B) {
	const dead = 5000
	for _, parents := range []int{1, 500} {
		b.Run(fmt.Sprintf("%d-of-%d", dead, parents), func(b *testing.B) {
			s, rates := healthy(parents + 1)
			for i := range dead {
				z := proc(int32(len(s.Procs)+1), int32(2+i%parents), "worker", deadFor(time.Minute))
				z.ExitCode = int32(i % 7 << 8)
				s.Procs = append(s.Procs, z)
				rates.Procs = append(rates.Procs, pcb.Rates{})
			}
			forest := tree.Build(s, nil)
			tracker := NewTracker(NewSettings())
			for b.Loop() {
				s.Mono += time.Second
				s.Boot += time.Second
				tracker.Suspects(s, rates, forest)
				if findings, _ := tracker.Judge(nil); len(findings) < parents {
					b.Fatalf("%d findings", len(findings))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(s.Procs)), "ns/process")
		})
	}
}

// services are the cgroup files of a machine with some.
var services = func() (all [20]string) {
	for k := range all {
		all[k] = fmt.Sprintf("12:pids:/system.slice/service-%[1]d.service\n8:memory:/system.slice/service-%[1]d.service\n0::/system.slice/service-%[1]d.service\n", k)
	}
	return all
}()

// healthy is a machine with n processes: sessions of a shell with jobs, and services.
func healthy(n int) (*pcb.Snapshot, *pcb.RateSet) {
	s := &pcb.Snapshot{Boot: bootAt, Time: epoch, Host: pcb.Host{PIDMax: 1 << 22}}
	s.Procs = append(s.Procs, proc(1, 0, "init"))
	for i := 2; i <= n; i++ {
		parent := int32(1)
		if i%4 != 0 {
			parent = int32(i / 4 * 4)
		}
		p := proc(int32(i), max(1, parent), "worker")
		if parent > 1 {
			p.PGID, p.SID = parent, parent
		}
		p.Cgroups = services[i/4%len(services)]
		p.UID = uint32(i / 4 % len(services))
		s.Procs = append(s.Procs, p)
	}
	rates := &pcb.RateSet{Procs: make([]pcb.Rates, n)}
	for i := range rates.Procs {
		rates.Procs[i] = pcb.Rates{Elapsed: time.Second, CPU: 1, HotDemand: 1, Voluntary: 10}
	}
	return s, rates
}

// A healthy process costs no memory, however many there are.
func TestNoAllocationPerProcess(t *testing.T) {
	measure := func(n int) float64 {
		s, rates := healthy(n)
		forest := tree.Build(s, nil)
		tracker := NewTracker(NewSettings())
		return testing.AllocsPerRun(5, func() {
			s.Mono += time.Second
			tracker.Suspects(s, rates, forest)
			tracker.Judge(nil)
		})
	}
	if few, many := measure(500), measure(5000); many > few {
		t.Errorf("%v allocations for 500 processes, %v for 5000", few, many)
	}
}
