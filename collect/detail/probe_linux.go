package detail

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"ptop/internal/bounded"
	"ptop/pcb"
)

// The bounds of one pass of probing. A pass delays the Frame that it is for.
const (
	maxProbes    = 64
	passTimeout  = 250 * time.Millisecond
	probeTimeout = 100 * time.Millisecond // one part of one process
	maxBlockedBy = 4                      // blocked readers at once, of each pool
)

// Prober reads evidence about suspects. It is for one goroutine.
type Prober struct {
	root   string
	memory bounded.Pool // readers of environ, which the memory map lock can block
	plain  bounded.Pool // all others
	exes   map[exeKey]exeFacts
	nets   map[string]listeners // by network namespace
}

// NewProber makes a Prober of the /proc at root (empty for /proc).
func NewProber(root string) *Prober {
	if root == "" {
		root = "/proc"
	}
	return &Prober{
		root: root, exes: make(map[exeKey]exeFacts), nets: make(map[string]listeners),
		memory: bounded.Pool{Max: maxBlockedBy}, plain: bounded.Pool{Max: maxBlockedBy},
	}
}

// pass is one call of Probe.
type pass struct {
	*Prober
	ctx      context.Context
	deadline time.Time
	mounts   []*procfs.MountInfo // read once, when the first freezer is asked for
}

// Probe reads what is asked for, of the first 64 processes that are named, for at most 250 ms. A process that is
// missing in the answer has ended, or its turn did not come.
func (p *Prober) Probe(ctx context.Context, _ *pcb.Snapshot, want []pcb.ProbeRequest) map[pcb.ID]*pcb.Probe {
	ctx, cancel := context.WithTimeout(ctx, passTimeout)
	defer cancel()
	now := &pass{Prober: p, ctx: ctx}
	now.deadline, _ = ctx.Deadline()
	out := make(map[pcb.ID]*pcb.Probe)
	for _, request := range merge(want) {
		if ctx.Err() != nil {
			break
		}
		if probe := now.probe(request); probe != nil {
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
			out[i].Kinds |= request.Kinds
		} else if len(out) < maxProbes {
			at[request.ID] = len(out)
			out = append(out, request)
		}
	}
	return out
}

// suspect is one process being probed.
type suspect struct {
	*pass
	*pcb.Probe
	dir string // where its files are: its own directory, or a living thread's when the leader has exited
}

// probe reads one process; nil when it is not there, or not to the end.
func (p *pass) probe(request pcb.ProbeRequest) *pcb.Probe {
	dir := filepath.Join(p.root, strconv.Itoa(int(request.ID.PID)))
	held, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(held)
	stat, err := readStat(held)
	if err != nil || startOf(stat) != request.ID.Start {
		return nil
	}
	s := &suspect{pass: p, Probe: &pcb.Probe{ID: request.ID, At: monotonic()}, dir: livingDir(dir, stat)}
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
		{pcb.ProbePids, (*suspect).readPids},
		{pcb.ProbePIDNS, (*suspect).readPIDNS},
	} {
		if request.Kinds&part.kind == 0 {
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
	// All was read by path. As the process that is held since the beginning is still there, it had the pid all the time.
	if _, err := readStat(held); err != nil {
		return nil
	}
	return s.Probe
}

// within reads one part on another thread, for as long as the pass has left and one process may take. Of a reader
// that did not return nothing is touched any more.
func within[T any](s *suspect, pool *bounded.Pool, read func(ctx context.Context) (T, error)) (T, error) {
	timeout := min(probeTimeout, time.Until(s.deadline))
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	var got T
	_, err := pool.Read(s.ID.PID, timeout, func() ([]byte, error) {
		var err error
		got, err = read(ctx)
		return nil, err
	})
	if errors.Is(err, bounded.ErrBlocked) || errors.Is(err, bounded.ErrBusy) {
		var none T
		return none, err
	}
	return got, err
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
		text, err := os.ReadFile(filepath.Join(thread, "stat"))
		if field := afterComm(text); err == nil && len(field) > 0 && string(field[0]) != "Z" && string(field[0]) != "X" {
			return thread
		}
	}
	return dir
}

func (s *suspect) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}
