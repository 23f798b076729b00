package pcb

import (
	"fmt"
	"strings"
)

// SettingKind is which setting of a process a Setting is about.
type SettingKind uint8

// The kinds. What there is to know of each stands in Settings.
const (
	SetNice SettingKind = iota + 1
	SetIOPriority
	SetAffinity
	SetPolicy
	SetOOMScoreAdj
)

// IOClass is a class of I/O priority, as ioprio_set(2) numbers it.
type IOClass uint8

// The classes. None leaves it to the nice value; Idle gets the disk when nobody else wants it.
const (
	IONone IOClass = iota
	IORealtime
	IOBestEffort
	IOIdle
)

// The scheduling policies that can be set, and the one that is never touched, as Process.Policy has them.
const (
	PolicyOther    uint32 = 0
	PolicyFIFO     uint32 = 1
	PolicyRR       uint32 = 2
	PolicyBatch    uint32 = 3
	PolicyIdle     uint32 = 5
	PolicyDeadline uint32 = 6
)

// Setting is one setting of a process with the value that it is to have, or has.
type Setting struct {
	Kind SettingKind

	Nice        int     // of SetNice: -20, the most CPU, to 19 (setpriority(2))
	IOClass     IOClass // of SetIOPriority (ioprio_set(2))
	IOLevel     int     // of IORealtime and IOBestEffort: 0, before the others, to 7; else 0
	CPUs        []int   // of SetAffinity: the CPUs that it may run on, ascending, at least one (sched_setaffinity(2))
	Policy      uint32  // of SetPolicy: as Process.Policy (sched_setscheduler(2))
	RTPriority  uint32  // of PolicyFIFO and PolicyRR: 1 to 99, before the others; else 0
	OOMScoreAdj int     // of SetOOMScoreAdj: -1000, never killed, to 1000, the first victim (/proc/PID/oom_score_adj)
}

// Present is how a setting of a process stands.
type Present struct {
	Setting Setting // the main thread's; another one's where that has ended
	Differ  bool    // other threads have other values
	Allowed []int   // of SetAffinity: the CPUs that its cpuset allows; nil when they can't be told
}

// SettingInfo declares one kind of setting. What is offered, parsed, checked, done and said of it follows.
type SettingInfo struct {
	Kind    SettingKind
	Name    string          // "nice value"
	Short   string          // as an error begins with it: "nice"
	Do, Did string          // "renice", "reniced"
	of      string          // what stands between Did and whom it was done to
	Command string          // of the screen's command line
	Arg     string          // what that takes
	Effect  string          // what it does to a process, in a sentence
	Whole   bool            // a process has one value, else each thread has its own
	Choices []SettingChoice // what a menu offers; nil for CPUs, which each machine has its own of
	More    bool            // there are other values than those

	check func(*Setting) error
	parse func(string) (Setting, error)
	text  func(*Setting) string
	risk  func(*Setting) string
}

// SettingChoice is a value that a menu offers.
type SettingChoice struct {
	Setting Setting
	Help    string
}

// Settings lists the settings of a process that can be changed.
var Settings = []SettingInfo{
	{
		Kind: SetNice, Name: "nice value", Short: "nice", Do: "renice", Did: "reniced", of: " ", Command: "renice", Arg: "N",
		Effect:  "every thread of it gets the nice value",
		Choices: niceChoices(), check: checkNice, parse: parseNice, risk: noRisk,
		text: func(s *Setting) string { return fmt.Sprint(s.Nice) },
	}, {
		Kind: SetIOPriority, Name: "I/O priority", Short: "I/O priority", Do: "set the I/O priority", Did: "set the I/O priority", of: " of ",
		Command: "ionice", Arg: "CLASS LEVEL",
		Effect:  "every thread of it gets the I/O priority; it counts where the disk's scheduler heeds it, as bfq and mq-deadline do",
		Choices: ioChoices(), check: checkIO, parse: parseIO, text: ioText, risk: ioRisk,
	}, {
		Kind: SetAffinity, Name: "CPU affinity", Short: "affinity", Do: "set the CPU affinity", Did: "set the CPU affinity", of: " of ",
		Command: "affinity", Arg: "CPUS",
		Effect: "every thread of it runs on these CPUs alone; what it starts later does, too",
		check:  checkCPUs, parse: parseAffinity, risk: noRisk,
		text: cpusText,
	}, {
		Kind: SetPolicy, Name: "scheduling policy", Short: "policy", Do: "set the scheduling policy", Did: "set the scheduling policy", of: " of ",
		Command: "policy", Arg: "NAME PRIORITY",
		Effect:  "every thread of it is scheduled so; its nice value stays, and what it starts later inherits both",
		Choices: policyChoices(), More: true, check: checkPolicy, parse: parsePolicy, text: policyText, risk: policyRisk,
	}, {
		Kind: SetOOMScoreAdj, Name: "OOM score adjustment", Short: "oom_score_adj", Do: "set the OOM score adjustment", Did: "set the OOM score adjustment", of: " of ",
		Command: "oom", Arg: "N", Whole: true,
		Effect:  "the kernel adds so many thousandths of the memory to what it uses when it looks whom to kill; what it starts later inherits that",
		Choices: oomChoices(), More: true, check: checkOOM, parse: parseOOM, risk: oomRisk,
		text: func(s *Setting) string { return fmt.Sprint(s.OOMScoreAdj) },
	},
}

// Info gives what is declared of the kind, which must be one of those above.
func (k SettingKind) Info() *SettingInfo { return &Settings[k-1] }

// Parse reads a value as a person types it: "10", "best-effort 4", "0-3,5", "fifo 10", "-500".
func (i *SettingInfo) Parse(text string) (Setting, error) {
	s, err := i.parse(strings.ToLower(strings.TrimSpace(text)))
	if err != nil {
		return Setting{}, err
	}
	s.Kind = i.Kind
	return s, s.Check()
}

// Check says why there is no such value.
func (s *Setting) Check() error { return s.Kind.Info().check(s) }

// String gives the value alone: "10", "best effort 4", "CPUs 0-3,5", "fifo 10".
func (s *Setting) String() string { return s.Kind.Info().text(s) }

// Do says what is to be done: "renice to 10".
func (s *Setting) Do() string { return s.Kind.Info().Do + " to " + s.String() }

// Did says what was done, to whom where that is not empty: "reniced 12 of 12 threads to 10".
func (s *Setting) Did(whom string) string {
	info := s.Kind.Info()
	if whom != "" {
		whom = info.of + whom
	}
	return info.Did + whom + " to " + s.String()
}

// Risk says what the value puts at risk; empty for nothing worth a word.
func (s *Setting) Risk() string { return s.Kind.Info().risk(s) }

// Nice is the setting of a nice value.
func Nice(n int) Setting { return Setting{Kind: SetNice, Nice: n} }
