package column

import (
	"math"
	"time"

	"ptop/pcb"
)

// Values.

func number[T ~int | ~int32 | ~int64 | ~uint32](n T) Value { return Value{Kind: Int, Int: int64(n)} }

// counter is a number that the kernel counts without a sign.
func counter(n uint64) Value { return Value{Kind: Int, Int: int64(min(n, math.MaxInt64))} }

func text(s string) Value { return Value{Kind: Text, Text: s} }

// named is a text that is absent when empty.
func named(s string) Value {
	if s == "" {
		return Value{}
	}
	return text(s)
}

func truth(b bool) Value {
	if b {
		return Value{Kind: Bool, Int: 1}
	}
	return Value{Kind: Bool}
}

func seconds(d time.Duration) Value { return Value{Kind: Float, Float: d.Seconds()} }

// rate is a figure that is absent when it could not be told.
func rate(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Value{Kind: Float, Float: f}
}

// Accessors.

// ofProc gives a value of the process, when the groups it comes from could be read. A thread's row shows its process's.
func ofProc(need pcb.Fields, get func(*pcb.Process) Value) func(*Row) Value {
	return func(r *Row) Value {
		if r.Proc == nil || !r.Proc.Have.Has(need) {
			return Value{}
		}
		return get(r.Proc)
	}
}

// onlyProc is ofProc for what a thread's row must not repeat, because it counts all threads.
func onlyProc(need pcb.Fields, get func(*pcb.Process) Value) func(*Row) Value {
	return perThread(ofProc(need, get), nothing)
}

func nothing(*Row) Value { return Value{} }

// ofThread gives a value of a thread's row.
func ofThread(need pcb.Fields, get func(*pcb.Thread) Value) func(*Row) Value {
	return func(r *Row) Value {
		if !r.Thread.Have.Has(need) {
			return Value{}
		}
		return get(r.Thread)
	}
}

// perThread takes one accessor for the row of a process and another for that of a thread.
func perThread(proc, thread func(*Row) Value) func(*Row) Value {
	return func(r *Row) Value {
		if r.Thread != nil {
			return thread(r)
		}
		return proc(r)
	}
}

// ofRates gives a rate of the process; a thread's row has none.
func ofRates(get func(*pcb.Rates) float64) func(*Row) Value {
	return func(r *Row) Value {
		if r.Rates == nil || r.Thread != nil {
			return Value{}
		}
		return rate(get(r.Rates))
	}
}

// ofBothRates gives a rate of the process or of the thread.
func ofBothRates(get func(*pcb.Rates) float64, thread func(*pcb.ThreadRates) float64) func(*Row) Value {
	return perThread(ofRates(get), func(r *Row) Value {
		if r.ThreadRates == nil {
			return Value{}
		}
		return rate(thread(r.ThreadRates))
	})
}
