package pcb

import (
	"fmt"
	"strconv"
	"strings"
)

// Signal is a Linux signal number. It is ptop's own type so that masks and names read on one system can be
// shown on another.
type Signal int

// The signals that ptop itself reasons about.
const (
	SIGHUP  Signal = 1
	SIGINT  Signal = 2
	SIGQUIT Signal = 3
	SIGKILL Signal = 9
	SIGTERM Signal = 15
	SIGCHLD Signal = 17
	SIGCONT Signal = 18
	SIGSTOP Signal = 19
	SIGTSTP Signal = 20
	SIGTTIN Signal = 21
	SIGTTOU Signal = 22

	SIGURG   Signal = 23
	SIGWINCH Signal = 28
)

// SignalInfo is one signal: its name without SIG, and what it does by default.
type SignalInfo struct {
	Number Signal
	Name   string
	Help   string
}

// Signals lists the standard signals by number.
var Signals = []SignalInfo{
	{1, "HUP", "hang up: daemons reload, others end"},
	{2, "INT", "interrupt, as by Ctrl-C"},
	{3, "QUIT", "end with a core dump"},
	{4, "ILL", "illegal instruction"},
	{5, "TRAP", "trace trap"},
	{6, "ABRT", "abort with a core dump"},
	{7, "BUS", "bus error"},
	{8, "FPE", "arithmetic error"},
	{9, "KILL", "end at once; can't be caught, blocked or ignored"},
	{10, "USR1", "what the program makes of it; ends it by default"},
	{11, "SEGV", "invalid memory reference"},
	{12, "USR2", "what the program makes of it; ends it by default"},
	{13, "PIPE", "write to a pipe without reader"},
	{14, "ALRM", "timer"},
	{15, "TERM", "ask to end; the program may clean up first"},
	{16, "STKFLT", "unused"},
	{17, "CHLD", "a child ended or stopped; ignored by default"},
	{18, "CONT", "go on after a stop"},
	{19, "STOP", "stop; can't be caught, blocked or ignored"},
	{20, "TSTP", "stop, as by Ctrl-Z"},
	{21, "TTIN", "background read from the terminal"},
	{22, "TTOU", "background write to the terminal"},
	{23, "URG", "urgent data on a socket"},
	{24, "XCPU", "CPU time limit"},
	{25, "XFSZ", "file size limit"},
	{26, "VTALRM", "virtual timer"},
	{27, "PROF", "profiling timer"},
	{28, "WINCH", "window size changed"},
	{29, "IO", "I/O possible"},
	{30, "PWR", "power failing"},
	{31, "SYS", "bad system call"},
}

// signalMin and signalMax are the lowest and the highest real-time signal, SIGRTMIN and SIGRTMAX.
const signalMin, signalMax = 34, 64

// String gives the name with SIG: SIGTERM, SIGRTMIN+3, or SIG99 for what has no name.
func (s Signal) String() string {
	if s >= 1 && int(s) <= len(Signals) {
		return "SIG" + Signals[s-1].Name
	}
	if s >= signalMin && s <= signalMax {
		return "SIGRTMIN+" + strconv.Itoa(int(s-signalMin))
	}
	return "SIG" + strconv.Itoa(int(s))
}

// ParseSignal reads a name with or without SIG, in any case, or a number.
func ParseSignal(text string) (Signal, error) {
	if n, err := strconv.Atoi(text); err == nil {
		if n >= 1 && n <= signalMax {
			return Signal(n), nil
		}
		return 0, fmt.Errorf("signal %d does not exist: want 1 to %d", n, signalMax)
	}
	name := strings.TrimPrefix(strings.ToUpper(text), "SIG")
	for _, s := range Signals {
		if s.Name == name {
			return s.Number, nil
		}
	}
	if s := realTime(name); s != 0 {
		return s, nil
	}
	return 0, fmt.Errorf("signal %q does not exist: want a name such as TERM or HUP, or a number from 1 to %d", text, signalMax)
}

// realTime reads RTMIN, RTMIN+3, RTMAX, RTMAX-3; 0 for what is none.
func realTime(name string) Signal {
	for _, end := range []struct {
		name, sign string
		at, step   int
	}{{"RTMIN", "+", signalMin, 1}, {"RTMAX", "-", signalMax, -1}} {
		rest, ok := strings.CutPrefix(name, end.name)
		if ok && rest == "" {
			return Signal(end.at)
		}
		if rest, ok = strings.CutPrefix(rest, end.sign); !ok {
			continue
		}
		if n, err := strconv.ParseUint(rest, 10, 8); err == nil && n <= signalMax-signalMin {
			return Signal(end.at + end.step*int(n))
		}
	}
	return 0
}

// InMask reports whether the signal's bit is set in one of the masks of a Process.
func (s Signal) InMask(mask uint64) bool { return s >= 1 && s <= signalMax && mask&(1<<(s-1)) != 0 }

// Stops reports whether the signal stops a process by default.
func (s Signal) Stops() bool { return s >= SIGSTOP && s <= SIGTTOU }

// Ends reports whether the signal ends a process by default.
func (s Signal) Ends() bool {
	switch s {
	case 0, SIGCHLD, SIGCONT, SIGURG, SIGWINCH:
		return false
	}
	return !s.Stops()
}

// MaskSignals lists the signals of a mask by number.
func MaskSignals(mask uint64) []Signal {
	var out []Signal
	for s := Signal(1); s <= signalMax; s++ {
		if s.InMask(mask) {
			out = append(out, s)
		}
	}
	return out
}

// DescribeExit says a wait status (Process.ExitCode of a zombie) in words: "exit 3", "killed by SIGKILL",
// "killed by SIGSEGV, core dumped".
func DescribeExit(status int32) string {
	sig := Signal(status & 0x7f)
	if sig == 0 {
		return "exit " + strconv.Itoa(int(status>>8)&0xff)
	}
	if status&0x80 != 0 {
		return "killed by " + sig.String() + ", core dumped"
	}
	return "killed by " + sig.String()
}
