package export

import (
	"testing"

	"ptop/pcb"
)

// Where the kernel tells of births and ends, the document has them; where it does not, it says why.
func TestEvents(t *testing.T) {
	f := frame()
	f.Rates.Born, f.Rates.Gone = 3, 2
	schema := compiled(t)
	events := valid(t, schema, write(t, Options{}, f))["events"].(map[string]any)
	made := events["short_lived"].([]any)[0].(map[string]any)
	forker := made["forker"].(map[string]any)
	lost := events["lost_parents"].([]any)[0].(map[string]any)
	for what, got := range map[string][2]any{
		"source":       {events["source"], "proc-connector"},
		"lost":         {events["lost"], 2.0},
		"appeared":     {events["appeared"], 3.0},
		"forker":       {forker["id"], "42:4200"},
		"per_s":        {made["per_s"], 610.0},
		"status":       {made["exit_statuses"].([]any)[1].(map[string]any)["status"], "exit 1"},
		"lost status":  {lost["status"], "killed by SIGKILL"},
		"lost without": {lost["parent"].(map[string]any)["id"], nil},
		"children":     {float64(len(lost["children"].([]any))), 2.0},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %v, want %v", what, got[0], got[1])
		}
	}
	f.Snap.Events, f.Snap.EventsOff = nil, "it takes CAP_NET_ADMIN"
	events = valid(t, schema, write(t, Options{}, f))["events"].(map[string]any)
	if events["source"] != "proc" || events["reason"] != "it takes CAP_NET_ADMIN" || events["forks"] != nil || events["vanished"] != 2.0 {
		t.Errorf("without: %v", events)
	}
	f.Snap.Events = &pcb.Events{} // nothing happened, and no time has passed
	valid(t, schema, write(t, Options{}, f))
}
