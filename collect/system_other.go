//go:build !linux

package collect

import (
	"context"
	"runtime"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/load"
	"github.com/shirou/gopsutil/v3/mem"

	"ptop/pcb"
)

// readSystem fills sys with the host-wide figures that this system has.
func readSystem(ctx context.Context, sys *pcb.System) {
	if all, err := cpu.TimesWithContext(ctx, false); err == nil && len(all) > 0 {
		sys.Total = cpuTimes(-1, all[0])
	}
	each, err := cpu.TimesWithContext(ctx, true)
	if err == nil {
		for i, times := range each {
			id, err := strconv.Atoi(strings.TrimPrefix(times.CPU, "cpu"))
			if err != nil {
				id = i
			}
			sys.CPUs = append(sys.CPUs, cpuTimes(id, times))
		}
	}
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		sys.Memory = &pcb.Memory{
			Total: m.Total, Available: m.Available, Free: m.Free, Buffers: m.Buffers, Cached: m.Cached, Shared: m.Shared, Slab: m.Slab,
		}
	}
	if s, err := mem.SwapMemoryWithContext(ctx); err == nil {
		sys.Swap = &pcb.Swap{Total: s.Total, Free: s.Free}
	}
	if l, err := load.AvgWithContext(ctx); err == nil && runtime.GOOS != "windows" { // there gopsutil makes it up
		sys.Load = &[3]float64{l.Load1, l.Load5, l.Load15}
	}
}

func cpuTimes(id int, t cpu.TimesStat) pcb.CPUTimes {
	return pcb.CPUTimes{
		ID: id, User: t.User, Nice: t.Nice, System: t.System, Idle: t.Idle, IOWait: t.Iowait, IRQ: t.Irq, SoftIRQ: t.Softirq,
		Steal: t.Steal, Guest: t.Guest,
	}
}
