package pcb

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func noRisk(*Setting) string { return "" }

// The nice values.
const NiceMin, NiceMax = -20, 19

func niceChoices() (out []SettingChoice) {
	help := map[int]string{NiceMin: "the most CPU", 0: "the usual", NiceMax: "only what the others leave"}
	for n := NiceMin; n <= NiceMax; n++ {
		out = append(out, SettingChoice{Nice(n), help[n]})
	}
	return out
}

func checkNice(s *Setting) error {
	if s.Nice < NiceMin || s.Nice > NiceMax {
		return fmt.Errorf("nice %d does not exist: want %d to %d", s.Nice, NiceMin, NiceMax)
	}
	return nil
}

func parseNice(text string) (Setting, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return Setting{}, fmt.Errorf("%q is no nice value: want a number from %d to %d", text, NiceMin, NiceMax)
	}
	return Nice(n), nil
}

// ioLevels is how many levels a class of I/O priority has; ioUsual is the one that a class without a number means.
const ioLevels, ioUsual = 8, 4

var ioClasses = [...]string{"none", "realtime", "best effort", "idle"}

// leveled reports whether a class has levels.
func (c IOClass) leveled() bool { return c == IORealtime || c == IOBestEffort }

func ioChoices() (out []SettingChoice) {
	add := func(c IOClass, level int, help string) {
		out = append(out, SettingChoice{Setting{Kind: SetIOPriority, IOClass: c, IOLevel: level}, help})
	}
	help := map[int]string{0: "before the others", ioUsual: "the usual", ioLevels - 1: "after the others"}
	add(IONone, 0, "as the nice value has it")
	for level := range ioLevels {
		add(IOBestEffort, level, help[level])
	}
	add(IOIdle, 0, "when nobody else wants the disk")
	for level := range ioLevels {
		add(IORealtime, level, map[int]string{0: "before everybody else, always"}[level])
	}
	return out
}

func checkIO(s *Setting) error {
	switch {
	case int(s.IOClass) >= len(ioClasses):
		return fmt.Errorf("I/O class %d does not exist: want none, best effort, idle or realtime", s.IOClass)
	case !s.IOClass.leveled() && s.IOLevel != 0:
		return fmt.Errorf("the I/O class %s has no levels", ioClasses[s.IOClass])
	case s.IOLevel < 0 || s.IOLevel >= ioLevels:
		return fmt.Errorf("I/O level %d does not exist: want 0 to %d", s.IOLevel, ioLevels-1)
	}
	return nil
}

func parseIO(text string) (Setting, error) {
	words := strings.Fields(strings.ReplaceAll(text, "best effort", "best-effort"))
	class, known := IONone, false
	if len(words) > 0 {
		class, known = map[string]IOClass{
			"none": IONone, "realtime": IORealtime, "real-time": IORealtime, "rt": IORealtime, "best-effort": IOBestEffort, "be": IOBestEffort, "idle": IOIdle,
		}[words[0]]
	}
	s := Setting{IOClass: class}
	if class.leveled() {
		s.IOLevel = ioUsual
	}
	var err error
	if len(words) == 2 {
		s.IOLevel, err = strconv.Atoi(words[1])
	}
	if !known || err != nil || len(words) > 2 {
		return Setting{}, fmt.Errorf("%q is no I/O priority: want none, idle, or best-effort or realtime with a level from 0 to %d", text, ioLevels-1)
	}
	return s, nil
}

func ioText(s *Setting) string {
	if int(s.IOClass) >= len(ioClasses) {
		return fmt.Sprintf("class %d", s.IOClass)
	}
	if s.IOClass.leveled() {
		return fmt.Sprintf("%s %d", ioClasses[s.IOClass], s.IOLevel)
	}
	return ioClasses[s.IOClass]
}

func ioRisk(s *Setting) string {
	switch s.IOClass {
	case IORealtime:
		return "it goes before everybody else at the disk: as long as it keeps that busy, the others wait, this login too"
	case IOIdle:
		return "on a busy disk it may wait for ever, and so does who waits for a lock or an answer of it"
	}
	return ""
}

// cpuMost bounds the numbers of CPUs: the most that Linux can be built for.
const cpuMost = 8192

func checkCPUs(s *Setting) error {
	if len(s.CPUs) == 0 {
		return errors.New("no CPU is named: a process needs one to run on")
	}
	if last := slices.Max(s.CPUs); last >= cpuMost || slices.Min(s.CPUs) < 0 {
		return fmt.Errorf("CPU %d does not exist", last)
	}
	return nil
}

func parseAffinity(text string) (Setting, error) {
	cpus, err := ParseCPUList(text)
	return Setting{CPUs: cpus}, err
}

// ParseCPUList reads a list of CPUs as the kernel writes it: "0-3,5".
func ParseCPUList(text string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.ParseUint(from, 10, 31)
		last, err2 := strconv.ParseUint(to, 10, 31)
		if err1 != nil || err2 != nil || first > last || last >= cpuMost {
			return nil, fmt.Errorf("%q is no list of CPUs: want numbers below %d and ranges of them, such as 0-3,5", text, cpuMost)
		}
		for n := first; n <= last; n++ {
			out = append(out, int(n))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// CPUList writes CPUs, ascending, as the kernel does: "0-3,5".
func CPUList(cpus []int) string {
	var parts []string
	for i := 0; i < len(cpus); {
		k := i
		for k+1 < len(cpus) && cpus[k+1] == cpus[k]+1 {
			k++
		}
		part := strconv.Itoa(cpus[i])
		if k > i {
			part += "-" + strconv.Itoa(cpus[k])
		}
		parts = append(parts, part)
		i = k + 1
	}
	return strings.Join(parts, ",")
}

func cpusText(s *Setting) string {
	if len(s.CPUs) == 1 {
		return "CPU " + CPUList(s.CPUs)
	}
	return "CPUs " + CPUList(s.CPUs)
}

// rtMost is the highest real-time priority; the lowest is 1.
const rtMost = 99

// policies are the names of the policies, by number.
var policies = [...]string{"other", "fifo", "rr", "batch", 5: "idle", "deadline", "ext"}

// PolicyName names a scheduling policy, as Process.Policy has it; empty for one that is not known.
func PolicyName(policy uint32) string {
	if policy < uint32(len(policies)) {
		return policies[policy]
	}
	return ""
}

// RealTime reports whether a scheduling policy is one of real-time priorities.
func RealTime(policy uint32) bool { return policy == PolicyFIFO || policy == PolicyRR }

func policyChoices() (out []SettingChoice) {
	add := func(policy, priority uint32, help string) {
		out = append(out, SettingChoice{Setting{Kind: SetPolicy, Policy: policy, RTPriority: priority}, help})
	}
	add(PolicyOther, 0, "fairly among the others: the usual")
	add(PolicyBatch, 0, "the same, but it wakes behind others")
	add(PolicyIdle, 0, "when nobody else wants the CPU")
	for _, real := range []struct {
		policy uint32
		help   string
	}{{PolicyFIFO, "before every normal process, until it sleeps"}, {PolicyRR, "before every normal process, in turn with its equals"}} {
		for _, priority := range []uint32{1, 10, 50, rtMost} {
			add(real.policy, priority, real.help)
		}
	}
	return out
}

func checkPolicy(s *Setting) error {
	name := PolicyName(s.Policy)
	switch {
	case RealTime(s.Policy) && (s.RTPriority < 1 || s.RTPriority > rtMost):
		return fmt.Errorf("%s takes a priority from 1 to %d", name, rtMost)
	case RealTime(s.Policy):
	case s.Policy != PolicyOther && s.Policy != PolicyBatch && s.Policy != PolicyIdle:
		return fmt.Errorf("the policy %s can't be set: want other, batch, idle, fifo or rr", policyText(s))
	case s.RTPriority != 0:
		return fmt.Errorf("%s takes no priority", name)
	}
	return nil
}

func parsePolicy(text string) (Setting, error) {
	words := strings.Fields(text)
	var s Setting
	at := -1
	if len(words) > 0 {
		at = slices.Index(policies[:], strings.TrimPrefix(words[0], "sched_"))
		s.Policy = uint32(max(at, 0))
	}
	var err error
	if len(words) == 2 {
		var n uint64
		n, err = strconv.ParseUint(words[1], 10, 32)
		s.RTPriority = uint32(n)
	}
	if at < 0 || err != nil || len(words) > 2 {
		return Setting{}, fmt.Errorf("%q is no policy: want other, batch, idle, or fifo or rr with a priority from 1 to %d", text, rtMost)
	}
	return s, nil
}

func policyText(s *Setting) string {
	name := PolicyName(s.Policy)
	switch {
	case name == "":
		return strconv.FormatUint(uint64(s.Policy), 10)
	case RealTime(s.Policy):
		return fmt.Sprintf("%s %d", name, s.RTPriority)
	}
	return name
}

func policyRisk(s *Setting) string {
	switch {
	case RealTime(s.Policy):
		text := "a thread of it that does not sleep keeps every normal process off its CPU: the machine, and this terminal, may stop answering"
		if s.RTPriority == rtMost {
			text += "; at 99 it goes before threads of the kernel that others depend on, too"
		}
		return text
	case s.Policy == PolicyIdle:
		return "on a busy machine it hardly runs, and so does who waits for a lock or an answer of it"
	}
	return ""
}

// The OOM score adjustments.
const oomMin, oomMax = -1000, 1000

func oomChoices() (out []SettingChoice) {
	help := map[int]string{oomMin: "never killed", -500: "spared as long as others will do", 0: "the usual: by what it uses", 500: "sooner than others", oomMax: "the first victim"}
	for n := oomMin; n <= oomMax; n += 100 {
		out = append(out, SettingChoice{Setting{Kind: SetOOMScoreAdj, OOMScoreAdj: n}, help[n]})
	}
	return out
}

func checkOOM(s *Setting) error {
	if s.OOMScoreAdj < oomMin || s.OOMScoreAdj > oomMax {
		return fmt.Errorf("the OOM score adjustment %d does not exist: want %d to %d", s.OOMScoreAdj, oomMin, oomMax)
	}
	return nil
}

func parseOOM(text string) (Setting, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return Setting{}, fmt.Errorf("%q is no OOM score adjustment: want a number from %d to %d", text, oomMin, oomMax)
	}
	return Setting{OOMScoreAdj: n}, nil
}

func oomRisk(s *Setting) string {
	switch {
	case s.OOMScoreAdj == oomMin:
		return "when memory runs out, everybody else is killed before it; if it is the one that takes the memory, the machine may stop"
	case s.OOMScoreAdj < 0:
		return "when memory runs out, others are killed in its place"
	case s.OOMScoreAdj > 0:
		return "when memory runs out, it is killed before others that use more"
	}
	return ""
}
