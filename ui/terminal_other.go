//go:build !unix

package ui

import (
	"context"
	"os"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
)

// terminal is the console, which keeps its modes to itself.
type terminal struct{}

func openTerminal(Options) (*terminal, error) { return &terminal{}, nil }

func (*terminal) screen() (tcell.Screen, error) { return tcell.NewScreen() }

func (*terminal) restore() {}

func (*terminal) close() {}

// notifyFaults does nothing: nobody can send them.
func notifyFaults(chan<- os.Signal) {}

// jobControl does nothing: there is no job control.
type jobControl struct{}

func newJobControl(_, _ func()) *jobControl { return &jobControl{} }

func (*jobControl) close() {}

func (*jobControl) ending() {}

func (*jobControl) suspend(context.Context, *tview.Application, func()) {}
