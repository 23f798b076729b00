//go:build !unix

package ui

import (
	"context"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
)

func openScreen() (tcell.Screen, error) { return tcell.NewScreen() }

// saveTerminal has nothing to save: the console keeps its modes to itself.
func saveTerminal() func() { return func() {} }

// jobControl does nothing: there is no job control.
type jobControl struct{}

func newJobControl(_, _ func()) *jobControl { return &jobControl{} }

func (*jobControl) close() {}

func (*jobControl) suspend(context.Context, *tview.Application) {}
