package view

import (
	"ptop/internal/column"
	"ptop/internal/monitor"
)

// Shown is what a screen shows: a reading, and which rows of it in which columns.
type Shown struct {
	Frame   *monitor.Frame
	Query   Query
	Columns []*column.Column // nil when none were chosen
}
