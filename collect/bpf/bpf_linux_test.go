//go:build amd64 || arm64

package bpf

import (
	"testing"
	"time"
)

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
