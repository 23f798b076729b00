package collect

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ptop/pcb"
)

// statTail is a stat file behind the name, each field with a value of its own.
const statTail = " S 1 70 71 34816 72 4194304 11 12 13 14 250 50 30 20 10 -10 3 0 66157 4096000 99 18446744073709551615 " +
	"26 27 28 29 30 0 0 4096 16384 0 0 0 17 1 7 2 0 8 0 45 46 47 48 49 50 51 768\n"

func TestParseStat(t *testing.T) {
	const ms = time.Millisecond
	want := pcb.Process{
		ID: pcb.ID{Start: 66157}, State: 'S', PPID: 1, PGID: 70, SID: 71, TTY: 34816, TPGID: 72, KFlags: 4194304,
		MinFlt: 11, CMinFlt: 12, MajFlt: 13, UTime: 2500 * ms, STime: 500 * ms, CUTime: 300 * ms, CSTime: 200 * ms,
		Priority: 10, Nice: -10, Threads: 3, Started: 661570 * ms, VSize: 4096000,
		ExitSig: 17, Processor: 1, RTPriority: 7, Policy: 2, GTime: 80 * ms, ExitCode: 768, Have: pcb.FieldStat,
	}
	for _, name := range []string{"sh", "a) R 1 (b", "new\nline", "", ") ) )", "\x1b[31m"} {
		var got pcb.Process
		var line statLine
		if !parseStat([]byte("42 ("+name+")"+statTail), &got, &line) || string(line.comm) != name {
			t.Errorf("comm %q came out as %q", name, line.comm)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("comm %q: -want +got\n%s", name, diff)
		}
	}
}

// An exec changes the places of code, stack and arguments, and so the mark; running on does not.
func TestParseStatExecMark(t *testing.T) {
	mark := func(text string) uint64 {
		var p pcb.Process
		var line statLine
		parseStat([]byte(text), &p, &line)
		return line.exec
	}
	base := mark("42 (sh)" + statTail)
	if base != mark("42 (sh) R 1 70 71 34816 72 4194304 99 12 99 14 990 90 30 20 10 -10 3 0 66157 9996000 99 5 26 27 28 99 99 0 0 4096 16384 0 0 0 17 0 7 2 0 8 0 45 46 47 48 49 50 51 0") {
		t.Error("the mark changed without an exec")
	}
	if base == mark("42 (sh) S 1 70 71 34816 72 4194304 11 12 13 14 250 50 30 20 10 -10 3 0 66157 4096000 99 5 26 27 29 29 30 0 0 4096 16384 0 0 0 17 1 7 2 0 8 0 45 46 47 48 49 50 51 768") {
		t.Error("another stack has the same mark")
	}
}

func TestParseStatCut(t *testing.T) {
	whole := "42 (sh)" + statTail
	for n := range 60 {
		var p pcb.Process
		var line statLine
		if parseStat([]byte(whole[:n]), &p, &line) || p.Have != 0 {
			t.Errorf("%q counts as read", whole[:n])
		}
	}
}

const statusText = "Name:\ta\\nb\\\\c\nState:\tS (sleeping)\nTgid:\t42\nTracerPid:\t9\nUid:\t1000\t1001\t1000\t1000\nGid:\t100\t101\t100\t100\n" +
	"NSpid:\t42\t7\t1\nVmRSS:\t    1708 kB\nRssAnon:\t     112 kB\nRssFile:\t    1500 kB\nRssShmem:\t      96 kB\nVmSwap:\t       8 kB\n" +
	"SigPnd:\t0000000000000001\nShdPnd:\t0000000000010000\nSigBlk:\t0000000000010000\nSigIgn:\t0000000000000004\nSigCgt:\tfffffffe7ffbfeff\n" +
	"voluntary_ctxt_switches:\t123\nnonvoluntary_ctxt_switches:\t45\n"

func TestParseStatus(t *testing.T) {
	var got pcb.Process
	var line statusLine
	parseStatus([]byte(statusText), &got, &line)
	want := pcb.Process{
		TracerPID: 9, UID: 1000, EUID: 1001, GID: 100, EGID: 101, RSS: 1708 << 10, Anon: 112 << 10, Shared: 1596 << 10, Swap: 8 << 10,
		SigPending: 1, SigShared: 1 << 16, SigBlocked: 1 << 16, SigIgnored: 4, SigCaught: 0xfffffffe7ffbfeff,
		Voluntary: 123, Involuntary: 45,
		Have: pcb.FieldTracer | pcb.FieldCreds | pcb.FieldNSPID | pcb.FieldMemory | pcb.FieldSignals | pcb.FieldSwitches,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if name := string(unescapeName(line.name)); name != "a\nb\\c" {
		t.Errorf("name %q", name)
	}
	if pids := parseNSPIDs(line.nspids); !slices.Equal(pids, []int32{42, 7, 1}) {
		t.Errorf("pids in namespaces %v", pids)
	}
}

// A figure whose line was cut is unknown, not smaller.
func TestParseStatusCut(t *testing.T) {
	var p pcb.Process
	parseStatus([]byte("Uid:\t1\t2\t3\t4\nVmRSS:\t   17"), &p, &statusLine{})
	if p.Have != 0 || p.RSS != 0 {
		t.Errorf("read %+v of a cut file", p)
	}
}

func TestParseSmallFiles(t *testing.T) {
	run, delay, ok := parseSchedstat([]byte("9051 54170 1\n"))
	if run != 9051 || delay != 54170 || !ok {
		t.Errorf("schedstat: %v %v %v", run, delay, ok)
	}
	if _, _, ok := parseSchedstat([]byte("0\n")); ok {
		t.Error("a cut schedstat counts as read")
	}
	var p pcb.Process
	parseIO([]byte("rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n"), &p)
	want := pcb.Process{ReadChars: 1, WriteChars: 2, ReadCalls: 3, WriteCalls: 4, ReadBytes: 5, WriteBytes: 6, Have: pcb.FieldIO}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("io: -want +got\n%s", diff)
	}
}

func TestParseCgroup(t *testing.T) {
	for text, want := range map[string]string{
		"0::/user.slice/session-1.scope\n":                        "/user.slice/session-1.scope",
		"9:name=systemd:/init.scope\n8:pids:/x\n0::/\n":           "/init.scope",
		"9:name=systemd:/\n4:memory:/another/c6\n1:cpu:/\n0::/\n": "/another/c6",
		"2:cpu,cpuacct:/docker/ab\n1:name=systemd:/docker/ab\n":   "/docker/ab",
		"0::/\n":             "/",
		"0::/a:b:c\n":        "/a:b:c",
		"":                   "",
		"garbage\nmore":      "",
		"0::/../other.scope": "/../other.scope",
	} {
		if got := string(parseCgroup([]byte(text))); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

// Whatever stands in a file, parsing it ends, and what it says of a name is a part of the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte("42 (sh)" + statTail))
	f.Add([]byte(statusText))
	f.Add([]byte("1 (a) b) R"))
	f.Add([]byte("0::/x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p pcb.Process
		var line statLine
		if parseStat(text, &p, &line) {
			if len(line.comm) > len(text) || p.State == 0 || p.Started < 0 || p.UTime < 0 {
				t.Errorf("stat %q gives %+v", text, p)
			}
		}
		var status statusLine
		parseStatus(text, &p, &status)
		parseNSPIDs(status.nspids)
		unescapeName(slices.Clone(status.name))
		parseSchedstat(text)
		parseIO(text, &p)
		parseCgroup(text)
		appendNumbers(nil, text)
	})
}

func BenchmarkParse(b *testing.B) {
	stat, err := os.ReadFile("/proc/self/stat")
	status, err2 := os.ReadFile("/proc/self/status")
	if err != nil || err2 != nil {
		b.Skip("no /proc here")
	}
	b.Run("stat", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parseStat(stat, &pcb.Process{}, &statLine{})
		}
	})
	b.Run("status", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parseStatus(status, &pcb.Process{}, &statusLine{})
		}
	})
}
