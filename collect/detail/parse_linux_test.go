package detail

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/procfs"

	"ptop/pcb"
)

func TestDescribeSyscall(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "running\n": "running", "nonsense\n": "",
		"-1 0x7ffd4f1d4b18 0x7f3c6e2d1c0a\n":                           "waiting outside a system call",
		"435 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffd4f1d4b18 0x7f3c6e2d1c0a\n":  "clone3(0x1, 0x2, 0x3, 0x4, 0x5, 0x6)",
		"9999 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffd4f1d4b18 0x7f3c6e2d1c0a\n": "call 9999(0x1, 0x2, 0x3, 0x4, 0x5, 0x6)",
	} {
		if got := describeSyscall(text, []pcb.OpenFile{{FD: 1, Target: "pipe:[7]"}}); got != want {
			t.Errorf("%q gave %q, want %q", text, got, want)
		}
	}
}

func TestAddStatus(t *testing.T) {
	var p pcb.Process
	addStatus(&p, "Name:\tx\nTracerPid:\t12\nNSpid:\t300\t7\nSigPnd:\t0000000000010000\nShdPnd:\t0000000000000001\n"+
		"SigBlk:\t0000000000000002\nSigIgn:\t0000000000000004\nSigCgt:\t8000000000000000\n")
	want := pcb.Process{
		TracerPID: 12, NSPIDs: []int32{300, 7}, SigPending: 1 << 16, SigShared: 1, SigBlocked: 2, SigIgnored: 4, SigCaught: 1 << 63,
		Have: pcb.FieldSignals | pcb.FieldTracer | pcb.FieldNSPID,
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	p = pcb.Process{}
	if addStatus(&p, "Name:\tx\nSigPnd:\tcut"); p.Have != 0 {
		t.Errorf("a cut status gave %+v", p)
	}
}

func TestParseStack(t *testing.T) {
	// cat /proc/PID/stack of a shell that waits, Linux 6.18.
	got := parseStack("[<0>] do_wait+0x5b/0x110\n[<0>] kernel_wait4+0xb4/0x140\nno frame\n[<0>] __do_sys_wait4+0x92/0xa0\n")
	if diff := cmp.Diff([]string{"do_wait", "kernel_wait4", "__do_sys_wait4"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseLimits(t *testing.T) {
	const heading = "Limit                     Soft Limit           Hard Limit           Units     \n"
	text := heading +
		"Max cpu time              unlimited            unlimited            seconds   \n" +
		"Max open files            1024                 524288               files     \n" +
		"Max nice priority         0                    0                    \n"
	used := int64(7)
	want := []pcb.Limit{
		{Name: "Max cpu time", Soft: -1, Hard: -1, Unit: "seconds"},
		{Name: "Max open files", Soft: 1024, Hard: 524288, Unit: "files", Used: &used},
		{Name: "Max nice priority"},
	}
	if diff := cmp.Diff(want, parseLimits(text, map[string]int64{"Max open files": 7})); diff != "" {
		t.Error(diff)
	}
	for _, broken := range []string{"", "Limit\nMax", "Units Hard Limit Soft Limit\nx"} {
		if got := parseLimits(broken, nil); got != nil {
			t.Errorf("%q gave %v", broken, got)
		}
	}
	if got := parseLimits(heading+"short\n", nil); got != nil {
		t.Errorf("a cut line gave %v", got)
	}
}

func TestSumMaps(t *testing.T) {
	// A maps file, cut, with a library mapped twice and a name with a space.
	text := `55d0c0000000-55d0c0002000 r-xp 00000000 fe:01 131 /usr/bin/a b (deleted)
55d0c1000000-55d0c1003000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000001000 r--p 00000000 fe:01 132                        /lib/x.so
7f0000001000-7f0000004000 r-xp 00001000 fe:01 132                        /lib/x.so
7f0000010000-7f0000011000 rw-s 00000000 00:01 9                          /dev/zero (deleted)
7f0000020000-7f0000024000 rw-p 00000000 00:00 0 
7ffd00000000-7ffd00005000 rw-p 00000000 00:00 0                          [stack]
`
	const page = 4096
	want := pcb.MapsSummary{
		Count: 7, Size: 19 * page, Heap: 3 * page, Stack: 5 * page, Anon: 4 * page, File: 6 * page, Shared: page,
		Largest: []pcb.Mapping{
			{Name: "[stack]", Size: 5 * page, Maps: 1},
			{Name: "/lib/x.so", Size: 4 * page, Maps: 2},
			{Name: "[anon]", Size: 4 * page, Maps: 1},
			{Name: "[heap]", Size: 3 * page, Maps: 1},
			{Name: "/usr/bin/a b (deleted)", Size: 2 * page, Maps: 1},
			{Name: "/dev/zero (deleted)", Size: page, Maps: 1},
		},
	}
	got, err := sumMaps(strings.NewReader(text))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, line := range []string{"x", "1-2", "2-1 r--p 0 0 0", "1-2 r 0 0 0"} {
		if _, err := sumMaps(strings.NewReader(line)); err == nil {
			t.Errorf("%q was taken for a map", line)
		}
	}
	var many strings.Builder
	for i := range 3 * maxMappings {
		fmt.Fprintf(&many, "%x-%x r--p 0 0:0 1 /%d\n", i, i+1, i)
	}
	if got, err := sumMaps(strings.NewReader(many.String())); err != nil || got.Count != 3*maxMappings || len(got.Largest) != maxMappings {
		t.Errorf("%d maps, %d named, %v", got.Count, len(got.Largest), err)
	}
}

func TestParseSocketTables(t *testing.T) {
	// Lines of net/unix, net/netlink and net/packet, Linux 6.18.
	for _, test := range []struct {
		line  string
		parse func(string) (pcb.Socket, bool)
		want  pcb.Socket
	}{
		{
			"0000000077d61dbd: 00000003 00000000 00000000 0001 03  1601", parseUnix,
			pcb.Socket{Proto: "unix", Inode: 1601, State: "CONNECTED"},
		},
		{
			"0000000077d61dbd: 00000002 00000000 00010000 0001 01 31601 @a b  c\x1b[2J", parseUnix,
			pcb.Socket{Proto: "unix", Inode: 31601, State: "LISTEN", Local: "@a b  c\x1b[2J"},
		},
		{
			"0000000072a0d21f 4   1529       00000000 12       34       0     2        0        77      ", parseNetlink,
			pcb.Socket{Proto: "netlink", Inode: 77, Local: "family 4 port 1529", RecvQ: 12, SendQ: 34},
		},
		{
			"0000000060 3      3    0003   2     1 5      0      99", parsePacket,
			pcb.Socket{Proto: "packet", Inode: 99, Local: "protocol 0x0003 interface 2", RecvQ: 5},
		},
		{
			"   0: 0100007F:1F90 0200007F:0050 01 0000000A:00000010 00:00000000 00000000     0        0 4242 1 ff 100", parseTCP,
			pcb.Socket{Proto: "tcp", Inode: 4242, State: "ESTABLISHED", Local: "127.0.0.1:8080", Remote: "127.0.0.2:80", SendQ: 10, RecvQ: 16},
		},
		{
			" 1: B80D01200000000000000000010000FF:0016 00000000000000000000000000000000:0000 0A 0:0 0 0 0 0 7 1", parseTCP,
			pcb.Socket{Proto: "tcp", Inode: 7, State: "LISTEN", Local: "[2001:db8::ff00:1]:22"},
		},
	} {
		if got, ok := test.parse(test.line); !ok || got != test.want {
			t.Errorf("%q gave %+v, want %+v", test.line, got, test.want)
		}
	}
	for name, parse := range map[string]func(string) (pcb.Socket, bool){"tcp": parseTCP, "unix": parseUnix, "netlink": parseNetlink, "packet": parsePacket} {
		for _, line := range []string{"", "x", "a b c d e f g h i", "0: 1 2 3 4 5 x /p"} {
			if got, ok := parse(line); ok {
				t.Errorf("%s: %q gave %+v", name, line, got)
			}
		}
	}
}

func parseTCP(line string) (pcb.Socket, bool) { return parseIP("tcp", line) }

func TestEndpointsAndStates(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{parseEndpoint("xyz:1"), ""},
		{parseEndpoint("0100:1"), ""},
		{endpoint(net.IPv4zero, 0), ""},
		{endpoint(net.IPv4zero, 80), "0.0.0.0:80"},
		{endpoint(net.IPv6loopback, 443), "[::1]:443"},
		{ipState("tcp", 1), "ESTABLISHED"},
		{ipState("tcp", 10), "LISTEN"},
		{ipState("udp6", 7), "UNCONNECTED"},
		{ipState("tcp6", 7), "CLOSE"},
		{ipState("tcp", 99), ""},
		{fileKind("/dev/shm/x", 0), "file"},
		{fileKind("/dev/pts/0", 0), "dev"},
		{fileKind("socket:[1]", 0), "socket"},
		{fileKind("anon_inode:[timerfd]", 0), "anon"},
		{scaleBytes(1023), "1023 B"},
		{scaleBytes(512 << 20), "512 MiB"},
		{scaleBytes(3 << 29), "1.5 GiB"},
		{scaleBytes(1 << 61), "2048 PiB"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// A hierarchy of version 2 and two of version 1, as a machine has them, in files.
func TestCgroupFigures(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"v2/memory.max":                        "max\n",
		"v2/app.slice/memory.max":              "1073741824\n",
		"v2/app.slice/pids.max":                "max\n",
		"v2/app.slice/web/memory.max":          "max\n",
		"v2/app.slice/web/memory.current":      "536870912\n",
		"v2/app.slice/web/pids.max":            "100\n",
		"v2/app.slice/web/pids.current":        "7\n",
		"v2/app.slice/web/cpu.max":             "150000 100000\n",
		"v2/app.slice/web/cpu.stat":            "usage_usec 9\nnr_periods 10\nnr_throttled 3\nthrottled_usec 1500000\n",
		"v2/app.slice/web/memory.high":         "1073741824\n",
		"v2/app.slice/web/memory.events":       "low 0\nhigh 5\nmax 0\noom 1\noom_kill 1\n",
		"v2/app.slice/web/memory.pressure":     "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=2.00 avg60=0.00 avg300=0.00 total=1\n",
		"v2/app.slice/web/memory.swap.max":     "1073741824\n",
		"v2/app.slice/web/memory.swap.current": "268435456\n",
		"v2/app.slice/web/cpu.weight":          "50\n",
		"v2/app.slice/io.max":                  "8:0 rbps=1048576 wbps=max riops=max wiops=max\n8:16 rbps=max wbps=max riops=9 wiops=max\n",
		"v2/app.slice/web/io.max":              "",
		"v2/app.slice/web/pids.events":         "max 4\n",
		"cpu/half/cpu.cfs_quota_us":            "50000\n",
		"cpu/half/cpu.cfs_period_us":           "100000\n",
		"cpu/half/cpu.stat":                    "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n",
		"memory/tight/memory.limit_in_bytes":   "2048\n",
		"memory/tight/memory.usage_in_bytes":   "1024\n",
		"v2/app.slice/web/cpu.pressure":        "some avg10=1.50 avg60=0.20 avg300=0.00 total=9\n",
		"v2/app.slice/web/cgroup.events":       "populated 1\nfrozen 1\n",
		"memory/web/memory.limit_in_bytes":     "9223372036854771712\n",
		"memory/web/memory.usage_in_bytes":     "1024\n",
		"cpu/web/cpu.cfs_quota_us":             "-1\n",
		"cpu/web/cpu.stat":                     "nr_throttled 2\nthrottled_time 2000000\n",
		"cpu/web/memory.usage_in_bytes":        "of the wrong hierarchy\n",
		"part/docker/x/memory.usage_in_bytes":  "not where the mount shows it\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mounts := []*procfs.MountInfo{
		{FSType: "tmpfs", MountPoint: root, Root: "/"},
		{FSType: "cgroup2", MountPoint: filepath.Join(root, "v2"), Root: "/"},
		{FSType: "cgroup", MountPoint: filepath.Join(root, "memory"), Root: "/docker/x", SuperOptions: map[string]string{"memory": ""}},
		{FSType: "cgroup", MountPoint: filepath.Join(root, "cpu"), Root: "/", SuperOptions: map[string]string{"cpu": "", "cpuacct": ""}},
	}
	for line, want := range map[string][]pcb.CgroupFigure{
		"0::/app.slice/web": {
			{Name: "cpu.max", Value: "1.5 CPUs"},
			{Name: "cpu.weight", Value: "50"},
			{Name: "cpu.stat nr_periods", Value: "10"},
			{Name: "cpu.stat nr_throttled", Value: "3 (30 % of the periods)"},
			{Name: "cpu.stat throttled_usec", Value: "1.5s"},
			{Name: "cpu.pressure some", Value: "1.50 %, 0.20 %, 0.00 % over 10, 60, 300 s"},
			{Name: "memory.current", Value: "512 MiB"},
			{Name: "memory.max", Value: "no limit"},
			{Name: "memory.max of app.slice", Value: "1 GiB"},
			{Name: "memory.high", Value: "1 GiB"},
			{Name: "memory.swap.current", Value: "256 MiB (25 % of memory.swap.max)"},
			{Name: "memory.swap.max", Value: "1 GiB"},
			{Name: "memory.events high", Value: "5"},
			{Name: "memory.events max", Value: "0"},
			{Name: "memory.events oom", Value: "1"},
			{Name: "memory.events oom_kill", Value: "1"},
			{Name: "memory.pressure some", Value: "0.00 %, 0.00 %, 0.00 % over 10, 60, 300 s"},
			{Name: "memory.pressure full", Value: "2.00 %, 0.00 %, 0.00 % over 10, 60, 300 s"},
			{Name: "io.max of app.slice", Value: "8:0 rbps=1048576 wbps=max riops=max wiops=max"},
			{Name: "io.max of app.slice", Value: "8:16 rbps=max wbps=max riops=9 wiops=max"},
			{Name: "pids.current", Value: "7 (7 % of pids.max)"},
			{Name: "pids.max", Value: "100"},
			{Name: "pids.events max", Value: "4"},
			{Name: "cgroup.events frozen", Value: "1"},
		},
		"0::/../other":        nil,
		"4:memory:/elsewhere": nil, // not below what the mount shows
		"5:devices:/web":      nil,
		"nonsense":            nil,
		"4:memory:/docker/x/web": {
			{Name: "memory.usage_in_bytes", Value: "1 KiB"},
			{Name: "memory.limit_in_bytes", Value: "no limit"},
		},
		"4:memory:/docker/x/tight": {
			{Name: "memory.usage_in_bytes", Value: "1 KiB (50 % of memory.limit_in_bytes)"},
			{Name: "memory.limit_in_bytes", Value: "2 KiB"},
		},
		"1:cpu,cpuacct:/half": {
			{Name: "cpu.cfs_quota_us", Value: "0.5 CPUs"},
			{Name: "cpu.stat nr_periods", Value: "0"},
			{Name: "cpu.stat nr_throttled", Value: "0"},
			{Name: "cpu.stat throttled_time", Value: "0s"},
		},
		"1:cpu,cpuacct:/web": {
			{Name: "cpu.cfs_quota_us", Value: "no limit"},
			{Name: "cpu.stat nr_throttled", Value: "2"},
			{Name: "cpu.stat throttled_time", Value: "2ms"},
		},
	} {
		if diff := cmp.Diff(want, cgroupFigures(line, mounts)); diff != "" {
			t.Errorf("%s, - want, + got:\n%s", line, diff)
		}
	}
}

func TestReadStringsIsCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cmdline")
	for _, test := range []struct {
		text string
		want []string
		cut  bool
	}{
		{"", nil, false},
		{"a\x00\x00b\x00", []string{"a", "", "b"}, false},
		{"title of its own", []string{"title of its own"}, false},
		{strings.Repeat("x", 2048), []string{strings.Repeat("x", 1024)}, true},
	} {
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readStrings(path, 1024)
		if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != test.cut {
			t.Errorf("%.20q: %v\n%s", test.text, err, diff)
		}
		if test.cut && explain(err, true) != "cut at 1 KiB" {
			t.Errorf("the cut is told as %q", explain(err, true))
		}
	}
}

// FuzzLines: no line of a table that holds names of a process's choice makes a parser panic or invent a size.
func FuzzLines(f *testing.F) {
	f.Add("55d0c0000000-55d0c0002000 r-xp 00000000 fe:01 131 /usr/bin/a")
	f.Add("0000000077d61dbd: 00000003 00000000 00010000 0001 03  1601 /run/x")
	f.Add("435 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffd4f1d4b18 0x7f3c6e2d1c0a")
	f.Add("some avg10=1.50 avg60=0.20 avg300=0.00 total=9")
	f.Fuzz(func(t *testing.T, line string) {
		if size, _, name, err := parseMap(line); err == nil && (size >= 1<<63 && !strings.Contains(line, "-") || !strings.Contains(line, name)) {
			t.Errorf("%q gave size %d and name %q", line, size, name)
		}
		if s, ok := parseUnix(line); ok && !strings.HasSuffix(line, s.Local) {
			t.Errorf("%q gave path %q", line, s.Local)
		}
		parseTCP(line)
		parseNetlink(line)
		parsePacket(line)
		describeSyscall(line, nil)
		parseStack(line)
		parseLimits("Limit Soft Limit Hard Limit Units\n"+line, nil)
		showPressure("cpu.pressure", line)
		showBytes("memory.max", line)
		showQuota("cpu.max", line)
	})
}
