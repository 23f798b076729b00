package detail

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"ptop/internal/bounded"
	"ptop/internal/smallfile"
	"ptop/pcb"
)

// The bounds of one pass of probing. A pass delays the Frame that it is for.
const (
	maxProbes    = 64
	passTimeout  = 250 * time.Millisecond // after which no probe is begun
	probeTimeout = 100 * time.Millisecond // one probe
)

// Prober reads evidence about suspects. It is for one goroutine.
type Prober struct {
	root   string
	memory bounded.Pool // readers that the memory map lock of the process can block
	paths  bounded.Pool // readers that walk a path, which may lead to a dead server
	plain  bounded.Pool // all others

	mu   sync.Mutex // over what follows: a reader that is late writes to it when it ends
	exes map[exeKey]exeFacts
	nets map[string]listeners // by network namespace

	kept map[pcb.ID]*kept // evidence about those that rest

	mounting sync.Mutex          // over what follows
	mounts   []*procfs.MountInfo // of cgroup hierarchies
	mountsAt time.Time
}

// NewProber makes a Prober of the /proc at root (empty for /proc).
func NewProber(root string) *Prober {
	if root == "" {
		root = "/proc"
	}
	return &Prober{
		root: root, exes: make(map[exeKey]exeFacts), nets: make(map[string]listeners), kept: make(map[pcb.ID]*kept),
		memory: bounded.Pool{Max: maxBlocked}, paths: bounded.Pool{Max: maxBlocked}, plain: bounded.Pool{Max: maxBlocked},
	}
}

// pass is one call of Probe.
type pass struct {
	*Prober
	ctx    context.Context
	snap   *pcb.Snapshot
	groups *groups
}

// Probe reads what is asked for, of the first 64 processes that are named, for about 250 ms. What the kernel lets every
// reader wait for is told as blocked; a process that is missing in the answer has ended, or its turn did not come.
func (p *Prober) Probe(ctx context.Context, snap *pcb.Snapshot, want []pcb.ProbeRequest) map[pcb.ID]*pcb.Probe {
	now := &pass{Prober: p, ctx: ctx, snap: snap, groups: &groups{}}
	p.forget(monotonic())
	end := time.Now().Add(passTimeout)
	out := make(map[pcb.ID]*pcb.Probe)
	for _, request := range merge(want) {
		if ctx.Err() != nil || time.Now().After(end) {
			break
		}
		if probe := now.probe(&request, snap.Lookup(request.ID)); probe != nil {
			out[request.ID] = probe
		}
	}
	return out
}

// merge makes one request of all about the same process, in their order, and cuts them at the bound.
func merge(want []pcb.ProbeRequest) []pcb.ProbeRequest {
	at := make(map[pcb.ID]int)
	var out []pcb.ProbeRequest
	for _, request := range want {
		if i, ok := at[request.ID]; ok {
			out[i].Join(request)
		} else if len(out) < maxProbes {
			at[request.ID] = len(out)
			out = append(out, request)
		}
	}
	return out
}

// probe reads one process; nil when it is not there, or not to the end. row is what the Snapshot has of it, if anything.
// What the memory map lock blocks is read by itself, and so is what a dead file server does: neither keeps the rest.
func (p *pass) probe(request *pcb.ProbeRequest, row *pcb.Process) *pcb.Probe {
	probe := p.recall(request, row)
	left := request.Kinds &^ (probe.Have | probe.Denied)
	if left == 0 {
		return &probe
	}
	probe, there := p.readAnew(request, row, probe, left)
	if !there {
		delete(p.kept, request.ID)
		return nil
	}
	p.remember(request, row, &probe, left)
	return &probe
}

// readAnew adds to a probe what is left to read; false when the process is not there to the end.
func (p *pass) readAnew(request *pcb.ProbeRequest, row *pcb.Process, probe pcb.Probe, left pcb.ProbeKinds) (pcb.Probe, bool) {
	if row != nil && row.Blocked { // whoever reads it now waits, too
		probe.Blocked = left & (pcb.BehindMemory | pcb.BehindPaths)
		if !row.Have.Has(pcb.FieldStat) {
			probe.Blocked = left
		}
		left &^= probe.Blocked
	}
	alone := row != nil && row.Have.Has(pcb.FieldCore) && row.Threads == 1
	for _, step := range []struct {
		pool  *bounded.Pool
		kinds pcb.ProbeKinds
	}{
		{&p.plain, left &^ (pcb.BehindMemory | pcb.BehindPaths)}, {&p.memory, left & pcb.BehindMemory}, {&p.paths, left & pcb.BehindPaths},
	} {
		if step.kinds == 0 {
			continue
		}
		next, err := p.read(step.pool, &suspect{pass: p, Probe: probe, peers: request.Peers, alone: alone}, step.kinds)
		switch {
		case err == nil:
			probe = next
			left &^= step.kinds
		case errors.Is(err, bounded.ErrBlocked):
			probe.Blocked |= left
			return probe, true
		case !errors.Is(err, bounded.ErrBusy):
			return probe, false
		}
	}
	return probe, true
}

// read gives the probe of a suspect with these kinds added to it.
func (p *pass) read(pool *bounded.Pool, s *suspect, kinds pcb.ProbeKinds) (pcb.Probe, error) {
	ctx, cancel := context.WithTimeout(p.ctx, probeTimeout)
	defer cancel()
	s.ctx = ctx
	_, err := pool.Read(s.ID.PID, probeTimeout, func() ([]byte, error) { return nil, s.read(kinds) })
	if err != nil { // of a reader that did not return nothing is touched any more
		return pcb.Probe{}, err
	}
	return s.Probe, nil
}

// suspect is one process being probed, by a goroutine that the kernel may never let go.
type suspect struct {
	*pass
	pcb.Probe
	ctx   context.Context
	peers []int32
	alone bool   // it has one thread, says the Snapshot, which may be another's memory by the time a late reader asks
	dir   string // where its files are: its own directory, or a living thread's when the leader has exited
}

// read adds these kinds to the probe. An error says that the process is not there, or not to the end.
func (s *suspect) read(kinds pcb.ProbeKinds) error {
	dir := filepath.Join(s.root, strconv.Itoa(int(s.ID.PID)))
	held, err := unix.Open(dir+"/stat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(held)
	stat, err := readAt0(held, make([]byte, 1024))
	if err != nil {
		return err
	}
	if startOf(stat) != s.ID.Start {
		return unix.ESRCH
	}
	s.dir = livingDir(dir, stat)
	for _, part := range []struct {
		kind pcb.ProbeKinds
		read func(*suspect) error
	}{
		{pcb.ProbeThreads, (*suspect).readThreads},
		{pcb.ProbeFiles, (*suspect).readFiles},
		{pcb.ProbeEnv, (*suspect).readEnv},
		{pcb.ProbeExe, (*suspect).readExe},
		{pcb.ProbeFreezer, (*suspect).readFreezer},
		{pcb.ProbeFDs, (*suspect).readFDs},
		{pcb.ProbeThread, (*suspect).readThread},
		{pcb.ProbeCgroup, (*suspect).readCgroup},
		{pcb.ProbePIDNS, (*suspect).readPIDNS},
		{pcb.ProbeOOM, (*suspect).readOOM},
		{pcb.ProbeNproc, (*suspect).readNproc},
		{pcb.ProbeNewFDs, (*suspect).readNewFDs},
		{pcb.ProbeLocks, (*suspect).readLocks},
		{pcb.ProbeSleepers, (*suspect).readSleepers},
		{pcb.ProbeExeFile, (*suspect).readExeFile},
		{pcb.ProbeLibraries, (*suspect).readLibraries},
	} {
		if kinds&part.kind == 0 {
			continue
		}
		err := part.read(s)
		if errors.Is(err, os.ErrPermission) {
			s.Denied |= part.kind
		}
		if err == nil {
			s.Have |= part.kind
		}
	}
	// All that was read by path was of one process: as the one whose stat was opened before is there yet, it has had the pid
	// all the time. Of another bearer an open file tells nothing.
	_, err = readAt0(held, make([]byte, 1))
	return err
}

// readAt0 reads the beginning of an open file of a process; ESRCH when that has ended.
func readAt0(fd int, buf []byte) ([]byte, error) {
	for {
		n, err := unix.Pread(fd, buf, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n == 0 && err == nil {
			err = unix.ESRCH
		}
		return buf[:max(0, n)], err
	}
}

// afterComm gives the fields of a stat line that follow the name: the state is the first.
func afterComm(stat []byte) [][]byte {
	return bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
}

// startOf is the start time in a stat line (field 22); the highest number when there is none.
func startOf(stat []byte) uint64 {
	field := afterComm(stat)
	if len(field) < 20 {
		return ^uint64(0)
	}
	start, err := strconv.ParseUint(string(field[19]), 10, 64)
	if err != nil {
		return ^uint64(0)
	}
	return start
}

// livingDir is where the files of a process are. When its leader has exited and others work on, its own are empty,
// and those of any living thread are full.
func livingDir(dir string, stat []byte) string {
	if field := afterComm(stat); len(field) < 18 || string(field[0]) != "Z" || string(field[17]) == "1" {
		return dir
	}
	names, _, err := listNames(filepath.Join(dir, "task"), maxThreadProbes)
	if err != nil {
		return dir
	}
	for _, name := range names {
		thread := filepath.Join(dir, "task", name)
		text, err := smallfile.ReadRecord(filepath.Join(thread, "stat"))
		if field := afterComm(text); err == nil && len(field) > 0 && string(field[0]) != "Z" && string(field[0]) != "X" {
			return thread
		}
	}
	return dir
}

func (s *suspect) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}
