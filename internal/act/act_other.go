//go:build !linux

package act

import (
	"fmt"
	"runtime"

	"ptop/pcb"
)

// Bind fails for every process: this system gives no way to signal a process and nobody else.
func Bind(_ string, ids []pcb.ID, _ pcb.Scope) (pcb.Target, []pcb.Outcome) {
	failed := make([]pcb.Outcome, len(ids))
	for i, id := range ids {
		failed[i] = pcb.Outcome{ID: id, Err: fmt.Errorf("ptop acts on processes on Linux only, not on %s", runtime.GOOS)}
	}
	return nobody{}, failed
}

// Refusals gives nobody: nobody is bound.
func Refusals(pcb.Target, pcb.Signal) []pcb.Outcome { return nil }

// Present fails: there is nothing that could be set.
func Present(string, pcb.ID, pcb.SettingKind) (pcb.Present, error) {
	return pcb.Present{}, fmt.Errorf("ptop acts on processes on Linux only, not on %s", runtime.GOOS)
}

// RaiseOwn does nothing: a monitor that starts late is no worry on the systems where ptop does not diagnose.
func RaiseOwn() {}

// nobody is a target without processes.
type nobody struct{}

func (nobody) Signal(pcb.Signal, ...pcb.ID) []pcb.Outcome { return nil }
func (nobody) Set(pcb.Setting) []pcb.Outcome              { return nil }
func (nobody) Look() pcb.Members                          { return nil }
func (nobody) Extend() pcb.Members                        { return nil }
func (nobody) Close()                                     {}
