package cli

import (
	"runtime"
	"runtime/debug"
)

// firstGC is the heap, in bytes, with which the garbage of a single reading is looked for first. Up to some ten thousand
// processes there is less in all, and what little of it is garbage is given back sooner by the end of ptop.
const firstGC = 64 << 20

// putOffGC leaves the garbage of a command that answers once where it is until the heap has grown to firstGC; from then on
// the collector does as it usually does. Who set GOGC has a say already.
func (p *program) putOffGC() {
	if p.opt.iterations != 1 || p.env.get("GOGC") != "" {
		return
	}
	const smallest = 4 << 20 // the heap at which Go's collector begins when its percentage is 100
	usual := debug.SetGCPercent(100 * firstGC / smallest)
	runtime.AddCleanup(new([16]byte), func(percent int) { debug.SetGCPercent(percent) }, usual)
}
