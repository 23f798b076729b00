package ui

import (
	"fmt"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"

	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
	"ptop/tree"
)

// crowd is a reading of n processes.
func crowd(n int) *monitor.Frame {
	f := machine(2)
	for i := range n - len(f.Snap.Procs) {
		pid := int32(2000 + i)
		p := proc(pid, 1+int32(i%7)*100%500, 'S', "worker", fmt.Sprintf("/opt/app/bin/worker --id %d --queue default", i))
		f.Snap.Procs = append(f.Snap.Procs, p)
		f.Rates.Procs = append(f.Rates.Procs, pcb.Rates{CPU: float64(i*7919%1000) / 10, Wait: 1, Voluntary: 2})
	}
	f.Forest = tree.Build(f.Snap, nil)
	return f
}

// What a reading costs the screen, and what a key costs.
func BenchmarkScreen(b *testing.B) {
	for _, n := range []int{300, 10_000} {
		f := crowd(n)
		for _, c := range []struct {
			name string
			tree bool
			do   func(a *app)
		}{
			{"frame", false, func(a *app) { a.adopt(f) }},
			{"frame-tree", true, func(a *app) { a.adopt(f) }},
			{"key", false, func(a *app) { a.press(keyEvent("Down")) }},
		} {
			b.Run(fmt.Sprintf("%s-%d", c.name, n), func(b *testing.B) {
				a, err := newApp(newFakeBackend(), Options{Query: view.Query{Tree: c.tree}})
				if err != nil {
					b.Fatal(err)
				}
				a.now = func() time.Time { return t0 }
				screen := tcell.NewSimulationScreen("UTF-8")
				if err := screen.Init(); err != nil {
					b.Fatal(err)
				}
				defer screen.Fini()
				screen.SetSize(200, 50)
				screen.Show()
				a.adopt(f)
				b.ReportAllocs()
				for b.Loop() {
					c.do(a)
					screen.Clear()
					a.draw(screen, 200, 50)
				}
			})
		}
	}
}

// Drawing costs the same however many rows are out of sight.
func TestHiddenRowsCostNothing(t *testing.T) {
	allocations := func(n int, tree bool) float64 {
		d := newBench(t, 200, 50, Options{Query: view.Query{Tree: tree}})
		d.show(crowd(n))
		for range 3 {
			d.app.draw(d.screen, 200, 50)
		}
		return testing.AllocsPerRun(10, func() { d.app.draw(d.screen, 200, 50) })
	}
	for _, tree := range []bool{false, true} {
		if few, many := allocations(300, tree), allocations(3000, tree); many > few+5 {
			t.Errorf("tree %t: %v allocations beside 300 rows, %v beside 3000", tree, few, many)
		}
	}
}
