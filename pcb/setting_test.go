package pcb

import (
	"slices"
	"strings"
	"testing"
)

func TestSettingsAreDeclaredWhole(t *testing.T) {
	for i := range Settings {
		info := &Settings[i]
		if info.Kind.Info() != info {
			t.Errorf("%s stands at another place than its kind", info.Name)
		}
		for _, text := range []string{info.Name, info.Short, info.Do, info.Did, info.of, info.Command, info.Arg, info.Effect} {
			if text == "" {
				t.Errorf("%s is not whole: %+v", info.Name, info)
			}
		}
		for k := range info.Choices {
			c := &info.Choices[k].Setting
			back, err := info.Parse(c.String())
			if c.Kind != info.Kind || c.Check() != nil || err != nil || back.String() != c.String() {
				t.Errorf("%s offers %+v, which is read as %+v, %v", info.Name, c, back, err)
			}
		}
	}
}

func TestParseSetting(t *testing.T) {
	for _, test := range []struct {
		kind SettingKind
		text string
		want string // the value, or what the error has
	}{
		{SetNice, "10", "10"},
		{SetNice, " -20 ", "-20"},
		{SetNice, "20", "nice 20 does not exist: want -20 to 19"},
		{SetNice, "", "is no nice value"},
		{SetIOPriority, "best-effort 4", "best effort 4"},
		{SetIOPriority, "Best Effort 0", "best effort 0"},
		{SetIOPriority, "be", "best effort 4"},
		{SetIOPriority, "rt 7", "realtime 7"},
		{SetIOPriority, "realtime", "realtime 4"},
		{SetIOPriority, "idle", "idle"},
		{SetIOPriority, "none", "none"},
		{SetIOPriority, "idle 3", "the I/O class idle has no levels"},
		{SetIOPriority, "best-effort 8", "I/O level 8 does not exist: want 0 to 7"},
		{SetIOPriority, "best-effort x", "is no I/O priority"},
		{SetIOPriority, "be 4 5", "is no I/O priority"},
		{SetIOPriority, "", "is no I/O priority"},
		{SetAffinity, "0", "CPU 0"},
		{SetAffinity, "5, 0-3,2", "CPUs 0-3,5"},
		{SetAffinity, "3-1", "is no list of CPUs"},
		{SetAffinity, "-1", "is no list of CPUs"},
		{SetAffinity, "0-99999999", "is no list of CPUs"},
		{SetAffinity, "8191", "CPU 8191"},
		{SetAffinity, "8192", "is no list of CPUs"},
		{SetAffinity, "", "is no list of CPUs"},
		{SetPolicy, "fifo 10", "fifo 10"},
		{SetPolicy, "SCHED_RR 99", "rr 99"},
		{SetPolicy, "other", "other"},
		{SetPolicy, "batch", "batch"},
		{SetPolicy, "idle", "idle"},
		{SetPolicy, "fifo", "fifo takes a priority from 1 to 99"},
		{SetPolicy, "rr 100", "rr takes a priority from 1 to 99"},
		{SetPolicy, "rr -1", "is no policy"},
		{SetPolicy, "other 3", "other takes no priority"},
		{SetPolicy, "deadline", "the policy deadline can't be set"},
		{SetPolicy, "sched_", "can't be set"},
		{SetPolicy, "x", "is no policy"},
		{SetPolicy, "", "is no policy"},
		{SetOOMScoreAdj, "-1000", "-1000"},
		{SetOOMScoreAdj, "1001", "the OOM score adjustment 1001 does not exist: want -1000 to 1000"},
		{SetOOMScoreAdj, "max", "is no OOM score adjustment"},
	} {
		s, err := test.kind.Info().Parse(test.text)
		switch {
		case err != nil && !strings.Contains(err.Error(), test.want):
			t.Errorf("%q: %v, want %q", test.text, err, test.want)
		case err == nil && (s.String() != test.want || s.Kind != test.kind):
			t.Errorf("%q is read as %+v, not %s", test.text, s, test.want)
		}
	}
}

func TestSettingInWords(t *testing.T) {
	nice, fifo := Nice(7), Setting{Kind: SetPolicy, Policy: PolicyFIFO, RTPriority: 99}
	for got, want := range map[string]string{
		nice.Do():                       "renice to 7",
		nice.Did(""):                    "reniced to 7",
		nice.Did("3 of 4 threads"):      "reniced 3 of 4 threads to 7",
		fifo.Do():                       "set the scheduling policy to fifo 99",
		fifo.Did("3 of 4 threads"):      "set the scheduling policy of 3 of 4 threads to fifo 99",
		CPUList([]int{0, 1, 2, 4}):      "0-2,4",
		CPUList([]int{7}):               "7",
		CPUList(nil):                    "",
		PolicyName(PolicyDeadline):      "deadline",
		PolicyName(4):                   "",
		PolicyName(1 << 20):             "",
		policyText(&Setting{Policy: 4}): "4",
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if risk := fifo.Risk(); !strings.Contains(risk, "may stop answering") || !strings.Contains(risk, "at 99") {
		t.Errorf("the risk of %s: %s", fifo.String(), risk)
	}
	if cpus, err := ParseCPUList("0-2,4"); err != nil || !slices.Equal(cpus, []int{0, 1, 2, 4}) {
		t.Errorf("%v, %v", cpus, err)
	}
}
