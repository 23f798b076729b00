package ui

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"

	"ptop/detect"
	"ptop/internal/blast"
	"ptop/internal/monitor"
	"ptop/pcb"
	"ptop/tree"
)

var t0 = time.Date(2026, 3, 1, 3, 12, 0, 0, time.UTC)

const hostile = "ev\x1b]52;c;AAAA\x07il\n\u202e[red]x\u2066"

// Pids of the fake machine.
const (
	pidInit, pidAgent, pidBurner, pidHostile, pidStopped, pidKernel, pidFirstZombie = 1, 400, 500, 600, 700, 2, 1000
	zombies                                                                         = 5
)

const seen = pcb.FieldStat | pcb.FieldCreds | pcb.FieldMemory | pcb.FieldSignals | pcb.FieldCmdline | pcb.FieldSwitches |
	pcb.FieldSwitchesSum | pcb.FieldSched | pcb.FieldExitCode

func proc(pid, ppid int32, state byte, comm, cmdline string) pcb.Process {
	return pcb.Process{
		ID: pcb.ID{PID: pid, Start: uint64(pid) * 10}, PPID: ppid, State: state, Comm: comm, User: "app", EUID: 1000, Threads: 1,
		Cmdline: strings.ReplaceAll(cmdline, " ", "\x00"), RSS: uint64(pid) << 12, Started: time.Duration(pid) * time.Second, Have: seen,
	}
}

// machine is a made-up reading; seq changes what moves. The burner and the agent swap places in the order by CPU
// with every reading.
func machine(seq uint64) *monitor.Frame {
	s := &pcb.Snapshot{
		Time: t0.Add(time.Duration(seq) * 2 * time.Second), Mono: time.Duration(seq) * 2 * time.Second, Boot: 12*24*time.Hour + 4*time.Hour, Source: "proc",
		Host:     pcb.Host{Hostname: "web-07", OS: "linux", Kernel: "6.18", CPUs: 2, PIDMax: 4096},
		Coverage: pcb.Coverage{Listed: 40, Read: 40}, Self: pcb.Self{PID: pidStopped, RSS: 18 << 20},
		System: pcb.System{
			Memory: &pcb.Memory{Total: 24 << 30, Available: 12 << 30, Cached: 4 << 30}, Swap: &pcb.Swap{},
			Load: &[3]float64{1.2, 0.98, 0.91}, CPUPressure: &pcb.Pressure{Some10: 4.2},
		},
	}
	add := func(p pcb.Process) { s.Procs = append(s.Procs, p) }
	add(proc(pidInit, 0, 'S', "systemd", "/sbin/init splash"))
	k := proc(pidKernel, 0, 'S', "kthreadd", "")
	k.KFlags = pcb.PFKernelThread
	add(k)
	for pid := int32(10); pid < 30; pid++ {
		add(proc(pid, 1, 'S', fmt.Sprintf("svc%d", pid), fmt.Sprintf("/usr/sbin/svc%d --foreground", pid)))
	}
	add(proc(pidAgent, 1, 'S', "checkout-agent", "/srv/checkout-agent --workers 8"))
	add(proc(pidBurner, 1, 'R', "python3", "/usr/bin/python3 report.py"))
	add(proc(pidHostile, pidAgent, 'S', hostile, "/tmp/"+hostile))
	add(proc(pidStopped, 1, 'T', "vim", "vim notes"))
	for i := range int32(zombies) {
		add(proc(pidFirstZombie+i, pidAgent, 'Z', "sh", ""))
	}
	f := &monitor.Frame{Seq: seq, Snap: s, Rates: &pcb.RateSet{Interval: 2 * time.Second}}
	nan := math.NaN()
	for i := range s.Procs {
		r := pcb.Rates{CPU: 0, Wait: nan, Voluntary: 1, Involuntary: 0}
		switch s.Procs[i].PID {
		case pidBurner:
			r.CPU = 98.7
		case pidAgent:
			r.CPU = 50 + 100*float64(seq%2)
		}
		f.Rates.Procs = append(f.Rates.Procs, r)
	}
	share := pcb.CPUShare{User: 40, System: 20, Busy: 60}
	f.Rates.System = pcb.SystemRates{CPUs: []pcb.CPUShare{share, {ID: 1, User: 5, Busy: 5}}, Total: share, CtxSwitches: 41000, Forks: 12, SelfCPU: 0.4}
	f.Forest = tree.Build(s, nil)
	f.Findings = findingsOf(s)
	f.Own(func() { poison(f) })
	return f
}

// poison makes the memory of a Frame that was released useless, as another reading in it would: whatever a screen shows of
// it is wrong, or a fault.
func poison(f *monitor.Frame) {
	for i := range f.Snap.Procs {
		f.Snap.Procs[i] = pcb.Process{ID: pcb.ID{PID: -1}, State: '?', Comm: released, Cmdline: released, User: released, Have: ^pcb.Fields(0)}
	}
	for i := range f.Snap.Threads {
		f.Snap.Threads[i] = pcb.Thread{TID: -1, State: '?', Comm: released, Have: ^pcb.Fields(0)}
	}
	f.Snap.Procs, f.Snap.Threads = f.Snap.Procs[:0], f.Snap.Threads[:0]
	clear(f.Rates.Procs)
	clear(f.Rates.Threads)
	*f.Forest = tree.Forest{}
}

// released is what a screen must not show.
const released = "RELEASED"

func findingsOf(s *pcb.Snapshot) []detect.Finding {
	agent := detect.Subject{ID: pcb.ID{PID: pidAgent, Start: pidAgent * 10}, Name: "checkout-agent", User: "app"}
	var dead []pcb.ID
	for i := range int32(zombies) {
		dead = append(dead, pcb.ID{PID: pidFirstZombie + i, Start: uint64(pidFirstZombie+i) * 10})
	}
	burner := detect.Subject{ID: pcb.ID{PID: pidBurner, Start: pidBurner * 10}, Name: "python3"}
	return []detect.Finding{
		{
			Detector: "zombie", Cause: "parent-never-waits", Severity: detect.Critical, Confidence: detect.Proved, Since: s.Time.Add(-7 * time.Minute),
			Subject: detect.Subject{ID: pcb.ID{PID: pidFirstZombie, Start: pidFirstZombie * 10}, Name: "sh"}, Culprit: &agent, Count: zombies, Members: dead,
			Summary: "checkout-agent (400) leaves 4.9 dead children a second: it never calls wait()",
			Why:     "It has not called wait since it started.", So: "The pids run out.",
			Evidence: []detect.Evidence{
				{Key: "sigchld_blocked", Value: true, Source: "/proc/400/status SigBlk"},
				{Key: "oldest_dead_seconds", Value: 4*time.Minute + 25*time.Second + 208291465},
			},
			Remedies: []detect.Remedy{
				{Do: "restart checkout-agent", Risk: "its connections drop", Act: &detect.Action{Signal: pcb.SIGTERM, Target: agent.ID}},
				{Do: "kill the zombies", Command: "kill -9 1000", Never: true},
			},
			Missing: []string{"the current system call (needs CAP_SYS_PTRACE)"},
		},
		{Detector: "runaway-cpu", Cause: "spin", Severity: detect.Warning, Since: s.Time.Add(-time.Minute), Subject: burner, Count: 1, Summary: "python3 (500) burns a CPU since a minute"},
	}
}

// fakeBackend records what the screen asks for.
type fakeBackend struct {
	threads bool // ReadThreads asked for them
	attend  []int32
	frames  chan *monitor.Frame
	off     string

	mu        sync.Mutex
	bound     [][]pcb.ID
	signals   []string
	closed    int
	delay     time.Duration
	details   int
	bindFail  bool
	refreshed int
	followed  pcb.ID
	gone      []pcb.ID   // who has ended of those that were bound
	deadly    pcb.Signal // which signal they end by
	scope     pcb.Scope  // of the last binding
	known     blast.Evidence
	present   map[pcb.SettingKind]pcb.Present // how settings stand; of others it can't be read
	scouted   []int                           // how many processes the plans had that were scouted
	saved     []Setting                       // by SaveSettings
	nothing   bool                            // had to be saved
	saveFail  error
	smaps     int               // how often it was asked for
	smapsErr  error             // what is answered then
	bend      func(*pcb.Detail) // what a Detail is before it is given; nil for as it is
	written   fakeFiles
}

func newFakeBackend() *fakeBackend { return &fakeBackend{frames: make(chan *monitor.Frame, 1)} }

func (b *fakeBackend) Frames() <-chan *monitor.Frame { return b.frames }
func (b *fakeBackend) Attend(pids []int32)           { b.mu.Lock(); b.attend = pids; b.mu.Unlock() }
func (b *fakeBackend) ReadThreads(on bool)           { b.mu.Lock(); b.threads = on; b.mu.Unlock() }
func (b *fakeBackend) SetDelay(d time.Duration)      { b.mu.Lock(); b.delay = d; b.mu.Unlock() }
func (b *fakeBackend) Refresh()                      { b.mu.Lock(); b.refreshed++; b.mu.Unlock() }
func (b *fakeBackend) Follow(id pcb.ID)              { b.mu.Lock(); b.followed = id; b.mu.Unlock() }
func (b *fakeBackend) ActionsOff() string            { return b.off }

func (b *fakeBackend) SaveSettings(_ context.Context, settings []Setting) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.saveFail != nil {
		return "", b.saveFail
	}
	b.saved = settings
	if b.nothing {
		return "", nil
	}
	return "/home/app/.config/ptop/config.toml", nil
}

func (b *fakeBackend) Detail(_ context.Context, id pcb.ID, with pcb.Dear) (*pcb.Detail, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.details++
	if id.PID == pidStopped {
		return nil, errors.New("detail: blocked reader")
	}
	p := proc(id.PID, 1, 'S', "x", "x")
	p.SigBlocked = 1 << 16
	used := int64(900)
	d := &pcb.Detail{
		ID: id, Time: t0, With: with, Process: p, Environ: []string{"HOME=/root", "DB_PASSWORD=hunter2", "EVIL=" + hostile},
		Cwd: "/srv", Files: []pcb.OpenFile{{FD: 3, Target: "/var/log/" + hostile, Kind: "file", Flags: "w"}}, FilesTotal: 4000,
		Sockets:    []pcb.Socket{{FD: 4, Proto: "tcp", Local: "0.0.0.0:80", Remote: "0.0.0.0:0", State: "LISTEN"}},
		ThreadList: []pcb.Thread{{TID: id.PID, State: 'S', Comm: hostile, Have: seen, At: time.Duration(b.details) * time.Second, RunTime: time.Duration(b.details) * time.Second / 2}},
		Maps:       pcb.MapsSummary{Count: 12, Size: 1 << 30, HaveRollup: true, RSS: 1 << 20, Largest: []pcb.Mapping{{Name: "[heap]", Size: 4096, Maps: 1}}},
		Limits:     []pcb.Limit{{Name: "open files", Soft: 1024, Hard: -1, Used: &used}},
		Namespaces: []pcb.Namespace{{Kind: "pid", Inode: 4026531836}}, CgroupPath: []string{"0::/system.slice/x.service"},
		CgroupFigures: []pcb.CgroupFigure{{Name: "memory.max", Value: "512 MiB"}},
		WChan:         "do_wait", Problems: map[pcb.DetailPart]string{pcb.PartStack: "not permitted"},
	}
	if b.bend != nil {
		b.bend(d)
	}
	return d, nil
}

func (b *fakeBackend) Present(_ context.Context, _ pcb.ID, kind pcb.SettingKind) (pcb.Present, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now, known := b.present[kind]; known {
		return now, nil
	}
	return pcb.Present{}, errors.New("it can't be read")
}

func (b *fakeBackend) Smaps(_ context.Context, id pcb.ID) (*pcb.Smaps, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.smaps++
	if b.smapsErr != nil {
		return nil, b.smapsErr
	}
	heap := pcb.MappingUse{Name: "[heap]", Maps: 3, Size: 12 << 20, RSS: 11 << 20, PSS: 10 << 20, Private: 9 << 20, Dirty: 8 << 20, Swap: 7 << 20, Locked: 6 << 20}
	one := pcb.MappingUse{Name: "/tmp/" + hostile, Address: "7f00-7fff", Perms: "rw-s", Maps: 1, Size: 5 << 20, RSS: 4 << 20}
	return &pcb.Smaps{ID: id, Time: t0, Took: 42 * time.Millisecond, Total: heap, ByName: []pcb.MappingUse{heap}, Names: 7, Largest: []pcb.MappingUse{one}}, nil
}

func (b *fakeBackend) Scout(_ context.Context, plan *blast.Plan) *blast.Evidence {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.scouted = append(b.scouted, len(plan.Snap.Procs))
	return &b.known
}

func (b *fakeBackend) Bind(_ context.Context, ids []pcb.ID, scope pcb.Scope) (pcb.Target, []pcb.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.scope = scope
	b.bound = append(b.bound, append([]pcb.ID(nil), ids...))
	if b.bindFail {
		return nil, []pcb.Outcome{{ID: ids[0], Name: "gone", Err: errors.New("has ended; nothing was signalled")}}
	}
	return &fakeTarget{b, ids}, nil
}

type fakeTarget struct {
	b   *fakeBackend
	ids []pcb.ID
}

func (t *fakeTarget) Signal(sig pcb.Signal, to ...pcb.ID) []pcb.Outcome {
	t.b.mu.Lock()
	if sig == t.b.deadly {
		t.b.gone = t.ids
	}
	t.b.mu.Unlock()
	return t.act("sent "+sig.String(), to)
}

func (t *fakeTarget) Set(s pcb.Setting) []pcb.Outcome { return t.act(s.Did(""), nil) }
func (t *fakeTarget) Extend() pcb.Members             { return nil }

func (t *fakeTarget) Look() (all pcb.Members) {
	t.b.mu.Lock()
	defer t.b.mu.Unlock()
	for _, id := range t.ids {
		all = append(all, pcb.Member{ID: id, Name: "p", State: 'S', Gone: slices.Contains(t.b.gone, id)})
	}
	return all
}

func (t *fakeTarget) act(did string, to []pcb.ID) []pcb.Outcome {
	t.b.mu.Lock()
	defer t.b.mu.Unlock()
	var out []pcb.Outcome
	for _, id := range t.ids {
		if len(to) > 0 && !slices.Contains(to, id) {
			continue
		}
		t.b.signals = append(t.b.signals, fmt.Sprintf("%s %v", did, id))
		out = append(out, pcb.Outcome{ID: id, Name: "p", Did: did})
	}
	return out
}

func (t *fakeTarget) Close() { t.b.mu.Lock(); t.b.closed++; t.b.mu.Unlock() }

// bench is an app on a simulated screen without an event loop: everything happens at once.
type bench struct {
	*app
	t       *testing.T
	b       *fakeBackend
	screen  tcell.SimulationScreen
	w, h    int
	clock   time.Time
	waiting []func(context.Context) func() // work that was started and not yet done
	hold    bool                           // keep it waiting
	quits   int
}

func newBench(t *testing.T, w, h int, o Options) *bench {
	t.Helper()
	b := newFakeBackend()
	o.Query.HideKernel = true
	a, err := newApp(b, o)
	if err != nil {
		t.Fatal(err)
	}
	d := &bench{app: a, t: t, b: b, screen: tcell.NewSimulationScreen("UTF-8"), w: w, h: h, clock: t0}
	if err := d.screen.Init(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.screen.Fini)
	d.screen.SetSize(w, h)
	a.now = func() time.Time { return d.clock }
	a.spawn = func(work func(context.Context) func()) {
		d.waiting = append(d.waiting, work)
		if !d.hold {
			d.work()
		}
	}
	a.patience, a.cureLook, a.repeatPause = 0, 0, 0
	a.quit = func() { d.quits++ }
	d.feed(1)
	d.feed(2)
	return d
}

// work does what was started.
func (d *bench) work() {
	for len(d.waiting) > 0 {
		w := d.waiting[0]
		d.waiting = d.waiting[1:]
		if then := w(context.Background()); then != nil {
			then()
		}
	}
}

// feed shows a reading.
func (d *bench) feed(seq uint64) {
	f := machine(seq)
	d.clock = f.Snap.Time
	d.mail.mail.frame = f
	d.mail.mail.events = f.Events
	d.receive()
	d.app.draw(d.screen, d.w, d.h)
}

// keys presses keys, named as in docs/keys.md, separated by blanks.
func (d *bench) keys(strokes string) *bench {
	for _, k := range strings.Fields(strokes) {
		d.press(keyEvent(k))
		d.app.draw(d.screen, d.w, d.h)
	}
	return d
}

// typed presses one key for each character.
func (d *bench) typed(text string) *bench {
	for _, r := range text {
		d.press(tcell.NewEventKey(tcell.KeyRune, r, tcell.ModNone))
		d.app.draw(d.screen, d.w, d.h)
	}
	return d
}

// text is the screen as lines of text.
func (d *bench) text() string {
	d.t.Helper()
	d.screen.Clear()
	d.app.draw(d.screen, d.w, d.h)
	d.screen.Show()
	text := contents(d.screen)
	if strings.Contains(text, released) {
		d.t.Errorf("the screen shows a reading that was released:\n%s", text)
	}
	return text
}

func contents(s tcell.SimulationScreen) string {
	cells, w, _ := s.GetContents()
	var b strings.Builder
	for i, c := range cells {
		if i > 0 && i%w == 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(c.Runes))
	}
	return b.String()
}

func (d *bench) wants(words ...string) {
	d.t.Helper()
	text := d.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			d.t.Errorf("the screen lacks %q:\n%s", w, text)
		}
	}
}

func (d *bench) lacks(words ...string) {
	d.t.Helper()
	text := d.text()
	for _, w := range words {
		if strings.Contains(text, w) {
			d.t.Errorf("the screen shows %q:\n%s", w, text)
		}
	}
}

// emptied is a reading in which nobody is left.
func emptied(f *monitor.Frame) *monitor.Frame {
	f.Snap.Procs, f.Rates.Procs, f.Findings = nil, nil, nil
	f.Forest = tree.Build(f.Snap, nil)
	return f
}
