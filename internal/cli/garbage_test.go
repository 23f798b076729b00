package cli

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// percent is the garbage collector's percentage.
func percent() int {
	now := debug.SetGCPercent(100)
	debug.SetGCPercent(now)
	return now
}

func TestGarbageIsPutOffOnce(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for _, p := range []*program{
		{opt: options{iterations: 0}},
		{opt: options{iterations: 1}, env: environment{"GOGC=200"}},
	} {
		if p.putOffGC(); percent() != 100 {
			t.Errorf("%d iterations, %v: %d percent", p.opt.iterations, p.env, percent())
		}
	}
	p := &program{opt: options{iterations: 1}}
	if p.putOffGC(); percent() != 1600 {
		t.Fatalf("%d percent, want the first collection at 64 MiB", percent())
	}
	for deadline := time.Now().Add(30 * time.Second); percent() != 100; time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Now().After(deadline) {
			t.Fatalf("still %d percent after a collection", percent())
		}
	}
}
