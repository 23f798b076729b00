//go:build !linux

package detail

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v3/process"

	"ptop/pcb"
)

// Reader reads processes in depth, as far as this system lets it.
type Reader struct{}

// New makes a Reader; there is no /proc to choose on this system.
func New(string) *Reader { return &Reader{} }

// Read reads one process. An ID without a start time means whoever has the pid. The error says that the process has
// ended; what else was not to be had is in Problems.
func (*Reader) Read(ctx context.Context, id pcb.ID, with pcb.Dear) (*pcb.Detail, error) {
	p, err := process.NewProcessWithContext(ctx, id.PID)
	if err != nil {
		return nil, fmt.Errorf("process %d %w", id.PID, ErrEnded)
	}
	start, err := p.CreateTimeWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("detail: reading process %d: %w", id.PID, err)
	}
	if id.Start != 0 && id.Start != uint64(start) {
		return nil, fmt.Errorf("process %v %w; its pid is borne by %d:%d now", id, ErrEnded, id.PID, start)
	}
	d := &pcb.Detail{ID: pcb.ID{PID: id.PID, Start: uint64(start)}, Time: time.Now(), With: with, Problems: make(map[pcb.DetailPart]string)}
	d.Process.ID = d.ID
	if d.Process.Comm, err = p.NameWithContext(ctx); err != nil {
		d.Process.Comm = ""
	}
	d.Exe, _ = p.ExeWithContext(ctx)
	d.Args = need(d, pcb.PartArgs)(p.CmdlineSliceWithContext(ctx))
	d.Environ = need(d, pcb.PartEnviron)(p.EnvironWithContext(ctx))
	if d.Cwd, err = p.CwdWithContext(ctx); err != nil {
		d.Problems[pcb.PartCwd] = explain(err)
	}
	readFiles(ctx, d, p)
	for _, part := range []pcb.DetailPart{
		pcb.PartThreads, pcb.PartMaps, pcb.PartLimits, pcb.PartNamespaces, pcb.PartCgroup, pcb.PartWChan, pcb.PartStack, pcb.PartSyscall,
	} {
		d.Problems[part] = "not available on " + runtime.GOOS
	}
	return d, nil
}

// Smaps is not to be had on this system.
func (*Reader) Smaps(_ context.Context, id pcb.ID) (*pcb.Smaps, error) {
	return nil, fmt.Errorf("reading the memory maps of process %d: not available on %s", id.PID, runtime.GOOS)
}

// need notes why a part could not be had.
func need(d *pcb.Detail, part pcb.DetailPart) func([]string, error) []string {
	return func(got []string, err error) []string {
		if err != nil {
			d.Problems[part] = explain(err)
		}
		return got
	}
}

func explain(err error) string {
	return fmt.Sprintf("not available on %s: %v", runtime.GOOS, err)
}

func readFiles(ctx context.Context, d *pcb.Detail, p *process.Process) {
	files, err := p.OpenFilesWithContext(ctx)
	if err != nil {
		d.Problems[pcb.PartFiles] = explain(err)
	}
	for _, f := range files {
		d.Files = append(d.Files, pcb.OpenFile{FD: int(f.Fd), Target: f.Path, Kind: "file"})
	}
	d.FilesTotal = len(d.Files)
	sockets, err := p.ConnectionsWithContext(ctx)
	if err != nil {
		d.Problems[pcb.PartSockets] = explain(err)
	}
	for _, s := range sockets {
		proto := "tcp"
		switch {
		case s.Family != syscall.AF_INET && s.Family != syscall.AF_INET6:
			proto = "unix"
		case s.Type == syscall.SOCK_DGRAM:
			proto = "udp"
		}
		d.Sockets = append(d.Sockets, pcb.Socket{
			FD: int(s.Fd), Proto: proto, State: s.Status,
			Local: endpoint(s.Laddr.IP, s.Laddr.Port), Remote: endpoint(s.Raddr.IP, s.Raddr.Port),
		})
	}
}

// endpoint writes an address with its port; the one of nobody is empty.
func endpoint(host string, port uint32) string {
	if port == 0 {
		return host
	}
	return net.JoinHostPort(host, strconv.FormatUint(uint64(port), 10))
}
