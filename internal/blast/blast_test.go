package blast

import (
	"slices"
	"strings"
	"testing"

	"ptop/pcb"
	"ptop/tree"
)

const usual = pcb.FieldStat | pcb.FieldSignals

// someone is a living process with the usual signals: none ignored, none blocked, none caught.
func someone(pid, ppid int32, name string, change ...func(*pcb.Process)) pcb.Process {
	p := pcb.Process{ID: pcb.ID{PID: pid, Start: uint64(pid)}, PPID: ppid, State: 'S', Comm: name, PGID: pid, SID: pid, Threads: 1, Have: usual}
	for _, do := range change {
		do(&p)
	}
	return p
}

func mask(sig pcb.Signal) uint64 { return 1 << (sig - 1) }

func within(unit string) func(*pcb.Process) {
	return func(p *pcb.Process) { p.Container = &pcb.Container{Unit: unit} }
}

// house is a machine: a login with ptop in it, a web server, a container, and what is sick.
func house() *pcb.Snapshot {
	s := &pcb.Snapshot{Self: pcb.Self{PID: 12}}
	boxed := func(in int32) func(*pcb.Process) {
		return func(p *pcb.Process) {
			p.NSPIDs, p.Container = []int32{p.PID, in}, &pcb.Container{Runtime: "docker", ID: "0123456789abcdef", Name: "shop"}
		}
	}
	s.Procs = []pcb.Process{
		someone(1, 0, "systemd", func(p *pcb.Process) { p.SigCaught = mask(pcb.SIGTERM) }),
		someone(2, 0, "kthreadd", func(p *pcb.Process) { p.KFlags = pcb.PFKernelThread }),
		someone(10, 1, "sshd", within("session-3.scope")),
		someone(11, 10, "bash", func(p *pcb.Process) { p.TTY, p.SigIgnored = 34816, mask(pcb.SIGTERM) }),
		someone(12, 11, "ptop", func(p *pcb.Process) { p.SID = 11 }),
		someone(13, 11, "make", func(p *pcb.Process) { p.SID = 11 }),
		someone(20, 1, "nginx", within("nginx.service"), func(p *pcb.Process) { p.SigCaught = mask(pcb.SIGTERM) }),
		someone(21, 20, "worker", within("nginx.service"), func(p *pcb.Process) { p.PGID = 20 }),
		someone(22, 20, "worker", within("nginx.service"), func(p *pcb.Process) { p.PGID = 20 }),
		someone(23, 20, "sh", func(p *pcb.Process) { p.State, p.PGID = 'Z', 20 }),
		someone(30, 1, "app", boxed(1)),
		someone(31, 30, "db", boxed(7)),
		someone(40, 1, "stuck", func(p *pcb.Process) { p.State = 'D' }),
		someone(41, 1, "vim", func(p *pcb.Process) { p.State = 'T' }),
		someone(42, 1, "blocker", func(p *pcb.Process) { p.SigBlocked = mask(pcb.SIGTERM) }),
	}
	return s
}

// radius gives the points of a deed as lines: weight, kind, text.
func radius(scope pcb.Scope, deed Deed, e *Evidence, pids ...int32) (string, Radius) {
	s := house()
	p := &Plan{Snap: s, Forest: tree.Build(s, nil), Scope: scope, Deed: deed}
	for _, pid := range pids {
		p.IDs = append(p.IDs, pcb.ID{PID: pid, Start: uint64(pid)})
	}
	r := p.Radius(e)
	var lines []string
	for _, one := range r.Points {
		lines = append(lines, one.Weight.String()+" "+one.Kind+": "+one.Text)
	}
	return strings.Join(lines, "\n"), r
}

var (
	term     = Deed{Signal: pcb.SIGTERM}
	kill     = Deed{Signal: pcb.SIGKILL}
	stop     = Deed{Signal: pcb.SIGSTOP}
	graceful = Deed{Signal: pcb.SIGTERM, Graceful: true}
	renice   = Deed{Set: pcb.SetNice}
)

func TestRadius(t *testing.T) {
	listens := &Evidence{
		Probes: map[pcb.ID]*pcb.Probe{
			{PID: 20, Start: 20}: {Have: pcb.ProbeFiles, Listening: []string{"tcp 0.0.0.0:80", "tcp 127.0.0.1:81"}},
			{PID: 21, Start: 21}: {Have: pcb.ProbeFiles, Listening: []string{"tcp 0.0.0.0:80"}},
		},
		Restart: map[string]string{"nginx.service": "always"},
	}
	for name, test := range map[string]struct {
		scope pcb.Scope
		deed  Deed
		e     *Evidence
		pids  []int32
		want  []string
		lacks []string
	}{
		"PID 1":            {pcb.Alone, term, nil, []int32{1}, []string{"danger pid_1: PID 1 is what holds the system"}, nil},
		"PID 1 gracefully": {pcb.Alone, graceful, nil, []int32{1}, []string{"danger pid_1: PID 1 holds the system, or this container, together: it is left out"}, nil},
		"ptop":             {pcb.Alone, term, nil, []int32{12}, []string{"danger self: ptop itself is among them"}, nil},
		"its login":        {pcb.Alone, kill, nil, []int32{10}, []string{"danger own_ancestor: ptop itself runs below sshd (10): you would lose this login"}, nil},
		"its shell": {
			pcb.Alone, term, nil,
			[]int32{11},
			[]string{"danger own_ancestor: ptop itself runs below bash (11)", "caution session_leader: bash (11) leads the session of a terminal", "SIGHUP may end 2 processes more", "caution caveat: bash (11) ignores SIGTERM"},
			nil,
		},
		"its shell, renamed": {pcb.Alone, Deed{Signal: pcb.SIGCHLD}, nil, []int32{11}, nil, []string{"own_ancestor", "session_leader"}},
		"its shell, stopped": {pcb.Alone, stop, nil, []int32{11}, []string{"this terminal may hang"}, []string{"session_leader"}},
		"server": {
			pcb.Alone, term, listens,
			[]int32{20},
			[]string{
				"caution listening: nobody listens any more at tcp 127.0.0.1:81", "note listening_kept: stays open: tcp 0.0.0.0:80, held by worker (21), too",
				"caution restart: systemd starts nginx.service again (Restart=always); systemctl stop nginx.service", "note descendants_left: 2 descendants are left alone, with another parent: worker (21), worker (22)",
				"note zombies: 1 dead child goes to PID 1", "note catches: nginx (20) catches SIGTERM",
			},
			nil,
		},
		"server with its subtree": {
			pcb.Subtree, graceful, listens,
			[]int32{20},
			[]string{"nobody listens any more at tcp 0.0.0.0:80, tcp 127.0.0.1:81", "note in_scope: it goes to 2 others in the subtree: worker (21), worker (22)", "where 1 process listens could not be read", "worker (21), worker (22) have no handler for SIGTERM and end at once"},
			[]string{"descendants_left", "stays open"},
		},
		"a worker's group":     {pcb.Group, kill, nil, []int32{21}, []string{"in the process group: nginx (20), worker (22)", "note no_cleanup"}, []string{"catches"}},
		"a worker alone":       {pcb.Alone, term, nil, []int32{21}, []string{"worker (21) has no handler for SIGTERM and ends at once"}, []string{"restart"}},
		"server stopped":       {pcb.Alone, stop, listens, []int32{20}, []string{"nobody answers as long at tcp 127.0.0.1:81"}, []string{"restart", "left alone"}},
		"server reniced":       {pcb.Alone, renice, listens, []int32{20}, nil, []string{"listen", "restart", "left alone", "catches"}},
		"unit not read":        {pcb.Alone, term, nil, []int32{20}, []string{"caution restart: systemd may start nginx.service again; "}, nil},
		"unit does not return": {pcb.Alone, term, &Evidence{Restart: map[string]string{"nginx.service": "no"}}, []int32{20}, []string{"note restart: systemd does not start nginx.service again (Restart=no)"}, nil},
		"unit may return":      {pcb.Alone, term, &Evidence{Restart: map[string]string{"nginx.service": "on-failure"}}, []int32{20}, []string{"caution restart: systemd may start nginx.service again (Restart=on-failure)"}, nil},
		"container": {
			pcb.Alone, kill, nil,
			[]int32{30},
			[]string{"danger container_pid_1: app (30) is PID 1 of container shop: everything in it ends with it (1 process)", "caution restart: docker starts it again if its restart policy says so; docker stop shop stops it"},
			[]string{"left alone"},
		},
		"container, asked":      {pcb.Alone, term, nil, []int32{30}, []string{"app (30) is PID 1 of a pid namespace and has no handler for SIGTERM: the kernel drops it"}, nil},
		"container, gracefully": {pcb.Alone, graceful, nil, []int32{30}, []string{"has no handler for SIGTERM: SIGKILL ends it after the grace"}, nil},
		"within a container":    {pcb.Alone, kill, nil, []int32{31}, nil, []string{"container_pid_1", "restart"}},
		"zombie":                {pcb.Alone, kill, nil, []int32{23}, []string{"caution caveat: sh (23) is dead already: only its parent nginx (20) can let it go"}, []string{"no_cleanup"}},
		"kernel thread":         {pcb.Alone, kill, nil, []int32{2}, []string{"kthreadd (2) is a kernel thread: these ignore signals"}, nil},
		"uninterruptible":       {pcb.Alone, kill, nil, []int32{40}, []string{"stuck (40) sleeps uninterruptibly"}, nil},
		"stopped":               {pcb.Alone, term, nil, []int32{41}, []string{"vim (41) is stopped: it acts on the signal when it goes on"}, nil},
		"stopped, gracefully":   {pcb.Alone, graceful, nil, []int32{41}, []string{"vim (41) is stopped: it gets SIGCONT, too"}, nil},
		"stopped, killed":       {pcb.Alone, kill, nil, []int32{41}, nil, []string{"caveat"}},
		"blocked":               {pcb.Alone, term, nil, []int32{42}, []string{"blocker (42) blocks SIGTERM: it may take it by sigwait or signalfd, or when it lifts that"}, nil},
		"blocked, gracefully":   {pcb.Alone, graceful, nil, []int32{42}, []string{"blocker (42) blocks SIGTERM: it may take it by sigwait or signalfd, or when it lifts that; if not, SIGKILL ends it after the grace, and it can't clean up"}, nil},
		"PID 1 is left out":     {pcb.Alone, graceful, nil, []int32{1}, nil, []string{"descendants_left", "catches"}},
		"two alike":             {pcb.Alone, kill, nil, []int32{2, 23, 40}, []string{"kthreadd (2) is a kernel thread", "sh (23) is dead already"}, nil},
		"its login, all of it":  {pcb.Subtree, Deed{Signal: pcb.Signal(10)}, nil, []int32{10}, []string{"danger self: ptop itself is among them", "danger own_ancestor"}, nil},
		"gone meanwhile":        {pcb.Subtree, kill, nil, []int32{99}, nil, []string{"caveat"}},
	} {
		text, r := radius(test.scope, test.deed, test.e, test.pids...)
		for _, words := range test.want {
			if !strings.Contains(text, words) {
				t.Errorf("%s: nobody says %q:\n%s", name, words, text)
			}
		}
		for _, words := range test.lacks {
			if strings.Contains(text, words) {
				t.Errorf("%s: it says %q:\n%s", name, words, text)
			}
		}
		if !slices.IsSortedFunc(r.Points, func(a, b Point) int { return int(b.Weight) - int(a.Weight) }) {
			t.Errorf("%s: the gravest is not first:\n%s", name, text)
		}
	}
}

// What is computed from the Snapshot is whom the Target is extended to.
func TestReached(t *testing.T) {
	for _, test := range []struct {
		scope pcb.Scope
		pid   int32
		want  []int32
	}{
		{pcb.Alone, 20, []int32{20}},
		{pcb.Subtree, 20, []int32{20, 21, 22}}, // the zombie is left out
		{pcb.Group, 22, []int32{22, 20, 21}},
		{pcb.Subtree, 23, nil}, // dead already
		{pcb.Group, 2, nil},
		{pcb.Subtree, 11, []int32{11, 13}}, // ptop is left out
		{pcb.Alone, 99, nil},
	} {
		_, r := radius(test.scope, term, nil, test.pid)
		var pids []int32
		for _, id := range r.Reached {
			pids = append(pids, id.PID)
		}
		if !slices.Equal(pids, test.want) {
			t.Errorf("scope %d of %d reaches %v, not %v", test.scope, test.pid, pids, test.want)
		}
	}
}

// What stays open is told holder by holder, and what could not be read in the right number.
func TestPortsByHolder(t *testing.T) {
	both := []string{"tcp 0.0.0.0:80", "tcp 127.0.0.1:81"}
	text, _ := radius(pcb.Alone, term, &Evidence{Probes: map[pcb.ID]*pcb.Probe{
		{PID: 20, Start: 20}: {Have: pcb.ProbeFiles, Listening: append([]string{"udp *:53"}, both...)},
		{PID: 21, Start: 21}: {Have: pcb.ProbeFiles, Listening: both},
		{PID: 22, Start: 22}: {Have: pcb.ProbeFiles, Listening: []string{"udp *:53"}},
	}}, 20)
	if want := "stays open: udp *:53, held by worker (22), too; tcp 0.0.0.0:80, tcp 127.0.0.1:81, held by worker (21), too"; !strings.Contains(text, want) {
		t.Errorf("it lacks %q:\n%s", want, text)
	}
	text, _ = radius(pcb.Alone, term, &Evidence{}, 21, 22)
	if want := "where 2 processes listen could not be read"; !strings.Contains(text, want) {
		t.Errorf("it lacks %q:\n%s", want, text)
	}
}

// A kernel thread, and the dead, get no nice value.
func TestNiceOfThoseBeyond(t *testing.T) {
	text, r := radius(pcb.Alone, renice, nil, 2, 23)
	if len(r.Reached) != 0 || !strings.Contains(text, "kthreadd (2) is a kernel thread: its nice value is left alone") {
		t.Errorf("reached are %v:\n%s", r.Reached, text)
	}
}

// What a setting changes is told by its name, whom it is not for is left out, and where it changes nothing that is said.
func TestRadiusOfSettings(t *testing.T) {
	for _, test := range []struct {
		set     pcb.SettingKind
		pid     int32
		change  func(*pcb.Process)
		want    string
		reached int
	}{
		{pcb.SetAffinity, 2, nil, "caution caveat: kthreadd (2) is a kernel thread: its CPU affinity is left alone", 0},
		{pcb.SetOOMScoreAdj, 23, nil, "caution caveat: sh (23) is dead already", 0},
		{pcb.SetPolicy, 12, nil, "danger self: ptop itself is among them: its scheduling policy is left alone", 0},
		{pcb.SetNice, 12, nil, "", 1},
		{pcb.SetNice, 20, func(p *pcb.Process) { p.Policy = pcb.PolicyFIFO }, "nginx (20) runs in real time (fifo): its nice value counts only when that ends", 1},
		{pcb.SetNice, 20, func(p *pcb.Process) { p.Policy = pcb.PolicyIdle }, "(idle): its nice value counts only when that ends", 1},
		{pcb.SetIOPriority, 20, func(p *pcb.Process) { p.Policy = pcb.PolicyFIFO }, "", 1},
		{pcb.SetPolicy, 20, func(p *pcb.Process) { p.Policy = pcb.PolicyDeadline }, "nginx (20) runs by its deadline: its scheduling policy is left alone", 1},
	} {
		s := house()
		if test.change != nil {
			test.change(s.Lookup(pcb.ID{PID: test.pid, Start: uint64(test.pid)}))
		}
		p := &Plan{Snap: s, Forest: tree.Build(s, nil), IDs: []pcb.ID{{PID: test.pid}}, Deed: Deed{Set: test.set}}
		r := p.Radius(&Evidence{})
		said := ""
		for _, one := range r.Points {
			said += one.Weight.String() + " " + one.Kind + ": " + one.Text + "\n"
		}
		if len(r.Reached) != test.reached || !strings.Contains(said, test.want) || test.want == "" && said != "" {
			t.Errorf("%s of %d reaches %v, and says %q, not %q", test.set.Info().Name, test.pid, r.Reached, said, test.want)
		}
		if probes, units := p.Ask(); len(probes)+len(units) != 0 {
			t.Errorf("%s asks for %v and %v", test.set.Info().Name, probes, units)
		}
	}
}

// Those out of reach are not told as reached, whether they are known with their start or by the pid alone.
func TestBarred(t *testing.T) {
	s := house()
	p := &Plan{Snap: s, Forest: tree.Build(s, nil), IDs: []pcb.ID{{PID: 20}}, Scope: pcb.Subtree, Deed: term, Barred: []pcb.ID{{PID: 20, Start: 20}, {PID: 21}, {PID: 22, Start: 1}}}
	if r := p.Radius(nil); len(r.Reached) != 1 || r.Reached[0].PID != 22 {
		t.Errorf("reached are %v", r.Reached)
	}
}

func TestAsk(t *testing.T) {
	s := house()
	p := &Plan{Snap: s, Forest: tree.Build(s, nil), IDs: []pcb.ID{{PID: 20}}, Deed: term}
	probes, units := p.Ask()
	if len(probes) != 3 || probes[0].Kinds != pcb.ProbeFiles || !slices.Equal(units, []string{"nginx.service"}) {
		t.Errorf("asks for %v and %v", probes, units)
	}
	p.Deed = renice
	if probes, units = p.Ask(); len(probes)+len(units) != 0 {
		t.Errorf("a nice value asks for %v and %v", probes, units)
	}
}
