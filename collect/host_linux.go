package collect

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/shirou/gopsutil/v3/host"

	"ptop/pcb"
)

// readHost reads what does not change while a kernel runs. A figure that a foreign /proc does not tell is absent: that
// of the machine ptop runs on would be a lie.
func readHost(root string) pcb.Host {
	meta := readMeta(root)
	h := pcb.Host{
		OS:       "linux",
		Hostname: firstLine(root, "sys/kernel/hostname"),
		BootID:   firstLine(root, "sys/kernel/random/boot_id"),
		Kernel:   firstLine(root, "sys/kernel/osrelease"),
		Arch:     firstLine(root, "sys/kernel/arch"), // Linux 6.1 and later
		PageSize: meta.PageSize,
	}
	if meta.Arch != "" {
		h.Arch = meta.Arch
	}
	if !sameKernel(root) {
		return h
	}
	h.PageSize = os.Getpagesize()
	if h.Arch == "" {
		h.Arch, _ = host.KernelArch()
	}
	return h
}

// sameKernel reports whether root tells of the kernel that ptop runs on, be it by another mount or from another
// namespace.
func sameKernel(root string) bool {
	const id = "sys/kernel/random/boot_id"
	own := firstLine("/proc", id)
	return own != "" && own == firstLine(root, id)
}

// firstLine reads the first line of a small file below root; empty when there is none.
func firstLine(root, file string) string {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}
