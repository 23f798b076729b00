package detail

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/internal/sick"
	"ptop/pcb"
)

func TestProbeSleepers(t *testing.T) {
	t.Parallel()
	sick.NeedFUSE(t)
	c := sick.Start(t, "hung-unkillable")
	var s pcb.Sleeper
	for end := time.Now().Add(10 * time.Second); s.WChan == "" && time.Now().Before(end); time.Sleep(5 * time.Millisecond) { // it may have just been woken by the signal
		got := probed(t, NewProber(""), idOf(t, c.Of("stuck")), pcb.ProbeSleepers).Sleepers
		if len(got) != 1 {
			t.Fatalf("%+v", got)
		}
		s = got[0]
	}
	if int(s.TID) != c.Of("stuck") || s.WChan != "request_wait_answer" || s.Syscall != "read" || !strings.HasSuffix(s.File, "/mount/file") ||
		s.FSType != "fuse" || s.FSSource != "sick" || s.FSDevice == "" || !s.KillPending || !slices.Contains(s.Stack, "vfs_read") || len(s.Refused) > 0 {
		t.Errorf("%+v", s)
	}
	if got := probed(t, NewProber(""), idOf(t, c.Of("server")), pcb.ProbeSleepers).Sleepers; len(got) > 0 {
		t.Errorf("its server: %+v", got)
	}
}
