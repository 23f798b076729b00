//go:build amd64 || arm64

package bpf

import (
	"errors"
	"testing"
	"time"

	"github.com/cilium/ebpf"

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

func BenchmarkRead(b *testing.B) {
	r, err := Open()
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if err := r.Begin(time.Second); err != nil {
			b.Fatal(err)
		}
		for {
			more, err := r.Next()
			if err != nil {
				b.Fatal(err)
			}
			if !more {
				break
			}
			for rec := range r.Records() {
				if rec.Is&Process != 0 {
					n++
				}
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(n), "ns/process")
}
