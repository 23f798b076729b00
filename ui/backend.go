// Package ui is the terminal screen (tview). It consumes Frames and emits intents through a Backend; it never
// touches /proc and signals nobody but its own job, to stop it.
package ui

import (
	"context"
	"time"

	"ptop/internal/blast"
	"ptop/internal/column"
	"ptop/internal/filter"
	"ptop/internal/life"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
)

// Backend is what the screen needs from the program. Detail, Smaps, Bind, Present, Scout and what writes files can block and are called off
// the UI goroutine.
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
	Detail(context.Context, pcb.ID, pcb.Dear) (*pcb.Detail, error)
	// Smaps reads what each memory map of a process holds, which can take seconds.
	Smaps(context.Context, pcb.ID) (*pcb.Smaps, error)
	// Bind holds on to processes by identity, and to those in their scope, for a dialog that may end in an action on
	// them. What could not be bound is an Outcome with an error.
	Bind(context.Context, []pcb.ID, pcb.Scope) (pcb.Target, []pcb.Outcome)
	// Present reads how a setting of a process stands.
	Present(context.Context, pcb.ID, pcb.SettingKind) (pcb.Present, error)
	// Scout reads what is asked for to tell what an action would reach.
	Scout(context.Context, *blast.Plan) *blast.Evidence
	// Report writes an incident report into new files, and says where they are.
	Report(*life.Incident) (where string, err error)
	// Export writes the rows that are shown into a new file, in one of ExportForms, and says where that is.
	Export(form, path string, shown view.Shown) (where string, err error)
	// Record begins a recording in a new file.
	Record(path string) (Recording, error)
	// SaveSettings writes the screen's settings to the configuration file, and gives its name; none when there is no such file
	// and none is needed. It can block.
	SaveSettings(context.Context, []Setting) (path string, err error)
	// ActionsOff says why no action is possible ("--read-only", another machine's /proc); empty when they are.
	ActionsOff() string
}

// ExportForms are the forms in which the rows of the table can be written.
var ExportForms = []string{"json", "csv", "text", "tree"}

// Recording is a file that readings are written into, one after the other. Add and Close can block.
type Recording interface {
	// Path is the file's.
	Path() string
	// Add writes a reading, and gives the file's size in bytes. After an error the recording has ended; what is in the file
	// are whole readings.
	Add(*monitor.Frame) (size int64, err error)
	// Close ends the recording.
	Close() error
}

// Setting is a key of the configuration with the value that the screen has.
type Setting struct {
	Key, Value string
	Usual      bool // nobody needs to be told: the file may go without it
}

// Options is what the command line and the configuration say about the screen.
type Options struct {
	Delay   time.Duration
	Grace   time.Duration    // of a graceful stop, between SIGTERM and SIGKILL
	Query   view.Query       // what the table shows first
	Columns []*column.Column // nil for the default
	Widths  column.Widths    // of columns of which a width was asked for
	Saved   filter.Saved     // filters that have a name
	NoColor bool
	ASCII   bool   // no box drawing or block characters
	Theme   string // one of ThemeNames; empty for the default
	Colors  string // one of ColorDepths; empty for what the terminal says
	Meters  string // one of MeterModes; empty for the default
	VimKeys bool
	Version string
}
