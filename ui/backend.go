// Package ui is the terminal screen (tview). It consumes Frames and emits intents through a Backend; it never
// touches /proc and signals nobody but its own job, to stop it.
package ui

import (
	"context"
	"time"

	"ptop/internal/blast"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
)

// Backend is what the screen needs from the program. Detail, Smaps, Bind and Scout can block and are called off the UI goroutine.
type Backend interface {
	// Frames is the stream of Frames; only the newest waits in it. It is closed when sampling has ended.
	Frames() <-chan *monitor.Frame
	// SetDelay changes the time between two readings.
	SetDelay(time.Duration)
	// Refresh asks for a reading now.
	Refresh()
	// ReadThreads asks for every thread in the readings to come, or no longer.
	ReadThreads(bool)
	// Attend names the processes of which every reading is to hold everything; of the others, those at rest may have turns.
	Attend(pids []int32)
	// Follow has the Frames to come tell the Standing of one process; a zero ID ends that.
	Follow(pcb.ID)
	// Detail reads one process in depth.
	Detail(context.Context, pcb.ID) (*pcb.Detail, error)
	// Smaps reads what each memory map of a process holds, which can take seconds.
	Smaps(context.Context, pcb.ID) (*pcb.Smaps, error)
	// Bind holds on to processes by identity, and to those in their scope, for a dialog that may end in an action on
	// them. What could not be bound is an Outcome with an error.
	Bind(context.Context, []pcb.ID, pcb.Scope) (pcb.Target, []pcb.Outcome)
	// Scout reads what is asked for to tell what an action would reach.
	Scout(context.Context, *blast.Plan) *blast.Evidence
	// ActionsOff says why no action is possible ("--read-only", another machine's /proc); empty when they are.
	ActionsOff() string
}

// Options is what the command line and the configuration say about the screen.
type Options struct {
	Delay   time.Duration
	Grace   time.Duration    // of a graceful stop, between SIGTERM and SIGKILL
	Query   view.Query       // what the table shows first
	Columns []*column.Column // nil for the default
	NoColor bool
	ASCII   bool // no box drawing or block characters
	Theme   string
	VimKeys bool
	Version string
}
