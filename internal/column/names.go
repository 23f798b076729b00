package column

import (
	"strconv"
	"strings"
	"sync"

	"ptop/pcb"
)

// Spaced gives a command line with spaces for the NULs between its arguments.
func Spaced(cmdline string) string { return strings.ReplaceAll(cmdline, "\x00", " ") }

// names remembers the texts of numbers that many processes share (masks, terminals, users without a name), so that
// a column does not make them anew for each.
type names struct {
	mu   sync.RWMutex
	made map[uint64]string
	make func(uint64) string
}

// namesMax bounds the memory of a names; beyond it, it begins anew.
const namesMax = 4096

func newNames(fn func(uint64) string) *names { return &names{made: map[uint64]string{}, make: fn} }

func (n *names) of(key uint64) string {
	n.mu.RLock()
	s, ok := n.made[key]
	n.mu.RUnlock()
	if ok {
		return s
	}
	s = n.make(key)
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.made) >= namesMax {
		clear(n.made)
	}
	n.made[key] = s
	return s
}

var (
	decimals   = newNames(func(n uint64) string { return strconv.FormatUint(n, 10) })
	ttyNames   = newNames(ttyName)
	maskNames  = newNames(signalNames)
	groupNames = newNames(fieldNames)
)

// ttyName gives the name of a terminal's device number as the kernel packs it; empty for none.
func ttyName(dev uint64) string {
	dev &= 0xffffffff
	major, minor := dev>>8&0xfff, dev&0xff|dev>>12&0xfff00
	switch {
	case dev == 0:
		return ""
	case major >= 136 && major <= 143:
		return "pts/" + strconv.FormatUint((major-136)<<8+minor, 10)
	case major == 4 && minor < 64:
		return "tty" + strconv.FormatUint(minor, 10)
	case major == 4:
		return "ttyS" + strconv.FormatUint(minor-64, 10)
	case major == 5 && minor == 1:
		return "console"
	case major == 229:
		return "hvc" + strconv.FormatUint(minor, 10)
	}
	return strconv.FormatUint(major, 10) + ":" + strconv.FormatUint(minor, 10)
}

// signalNames lists a mask's signals, NUL-separated.
func signalNames(mask uint64) string {
	list := pcb.MaskSignals(mask)
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = s.String()
	}
	return strings.Join(parts, "\x00")
}

var fieldsNamed = []struct {
	field pcb.Fields
	name  string
}{
	{pcb.FieldStat, "stat"},
	{pcb.FieldCreds | pcb.FieldSignals | pcb.FieldMemory, "status"},
	{pcb.FieldSwitches | pcb.FieldSwitchesSum, "switches"},
	{pcb.FieldSched | pcb.FieldSchedSum, "schedstat"},
	{pcb.FieldIO, "io"},
	{pcb.FieldFDs, "fds"},
	{pcb.FieldCmdline, "cmdline"},
	{pcb.FieldExe, "exe"},
	{pcb.FieldCgroup, "cgroup"},
	{pcb.FieldExitCode, "exit_code"},
	{pcb.FieldTracer, "tracer"},
	{pcb.FieldNSPID, "nspid"},
	{pcb.FieldIdle | pcb.FieldEnded, "sched"},
	{pcb.FieldOnCPU, "on_cpu"},
	{pcb.FieldWChan, "wchan"},
	{pcb.FieldPIDNS, "pid_namespace"},
	{pcb.FieldCgroupID, "cgroup_id"},
	{pcb.FieldExecs, "execs"},
	{pcb.FieldReaping, "reaping"},
	{pcb.FieldBlocker, "blocker"},
}

// fieldNames lists the groups of a field mask, NUL-separated.
func fieldNames(mask uint64) string {
	var parts []string
	for _, f := range fieldsNamed {
		if pcb.Fields(mask)&f.field != 0 {
			parts = append(parts, f.name)
		}
	}
	return strings.Join(parts, "\x00")
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz"

// letter gives the text of a state letter; empty for what is none.
func letter(c byte) string {
	if c < 'A' || c > 'z' {
		return ""
	}
	return letters[c-'A' : c-'A'+1]
}

func policy(n uint32) Value {
	if name := pcb.PolicyName(n); name != "" {
		return text(name)
	}
	return text(decimals.of(uint64(n)))
}
