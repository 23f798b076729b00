package life

import (
	"time"

	"ptop/detect"
	"ptop/internal/view"
)

// Incident is what a screen shows at a moment and what it has told until then, for a report of it.
type Incident struct {
	view.Shown
	At      time.Time     // when the report was asked for
	Watched time.Duration // how long ptop had been watching at the reading
	Paused  bool          // the reading is one that was held
	Limits  string        // what limits the table, in the screen's words; empty for nothing
	Said    []Said        // what the screen has told, oldest first
	Cleared []Cleared     // the findings that have cleared, oldest first
}

// Said is one sentence that the screen has told.
type Said struct {
	At   time.Time
	Text string
}

// Cleared is a finding as it was last, and when it was found no more.
type Cleared struct {
	At      time.Time
	Finding detect.Finding
}
