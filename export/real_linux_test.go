package export

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"ptop/collect"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
	"ptop/tree"
)

// realFrame reads this machine twice, so that rates are there.
func realFrame(t *testing.T) *monitor.Frame {
	t.Helper()
	c, err := collect.New(collect.Options{Want: collect.WantSched | collect.WantIO | collect.WantThreads | collect.WantIdle})
	if err != nil {
		t.Fatal(err)
	}
	var before, after pcb.Snapshot
	for _, s := range []*pcb.Snapshot{&before, &after} {
		if err := c.Collect(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond) // some interval for rates, however long it becomes
	}
	f := &monitor.Frame{Snap: &after, Rates: &pcb.RateSet{}, Forest: tree.Build(&after, nil)}
	f.Rates.Compute(&before, &after)
	return f
}

// What is written of this very machine is as the schema says, in every form, and holds this very process.
func TestRealMachine(t *testing.T) {
	f := realFrame(t)
	s := compiled(t)
	for name, q := range map[string]view.Query{"plain": {}, "tree": {Tree: true}, "threads": {Threads: true}} {
		t.Run(name, func(t *testing.T) { valid(t, s, write(t, Options{Version: "test", Query: &q}, f)) })
	}
	m := valid(t, s, write(t, Options{Query: &view.Query{PIDs: []int32{int32(os.Getpid())}}}, f))
	own := m["processes"].([]any)[0].(map[string]any)
	for key, want := range map[string]any{
		"pid": float64(os.Getpid()), "ppid": float64(os.Getppid()), "uid": float64(os.Geteuid()), "kernel_thread": false,
	} {
		if own[key] != want {
			t.Errorf("of this process %s is %v, want %v", key, own[key], want)
		}
	}
	if got := fmt.Sprint(own["args"]); got != fmt.Sprint(os.Args) {
		t.Errorf("the arguments of this process are %s, want %v", got, os.Args)
	}
	if rss, _ := own["rss_bytes"].(float64); rss < 1<<20 {
		t.Errorf("this process takes %v bytes", own["rss_bytes"])
	}
}
