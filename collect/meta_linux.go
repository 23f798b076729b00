package collect

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"ptop/pcb"
)

// metaFile is the file in which a capture keeps what no file of /proc tells.
const metaFile = "ptop-meta.json"

// captureMeta is the contents of metaFile.
type captureMeta struct {
	Time      time.Time               `json:"time"`       // wall clock when the capture began
	Boot      time.Duration           `json:"boot_ns"`    // time since boot, suspend included, at the same moment
	ExecStart map[int32]time.Duration `json:"exec_start"` // a running task's se.exec_start, by CPU, in ns; see clocks.execStart
	Arch      string                  `json:"arch"`
	PageSize  int                     `json:"page_size"`
	Reader    *rights                 `json:"reader"` // who read: what a 0 that stands there means depends on that
}

// rights is what the kernel shows a reader of /proc.
type rights struct {
	UID    uint32 `json:"uid"`
	Ptrace bool   `json:"ptrace"` // CAP_SYS_PTRACE: every process may be looked into
}

// ownRights are those of ptop itself.
func ownRights() *rights {
	return &rights{UID: uint32(os.Geteuid()), Ptrace: hasCapability(capSysPtrace)}
}

// sees reports whether the reader is shown what the kernel keeps from others than a process's user and root.
func (r *rights) sees(p *pcb.Process) bool {
	return r != nil && (r.Ptrace || p.Have.Has(pcb.FieldCreds) && p.UID == r.UID && p.EUID == r.UID)
}

// readMeta reads a capture's own file; zero for a /proc, which has none.
func readMeta(root string) captureMeta {
	var meta captureMeta
	text, err := os.ReadFile(filepath.Join(root, metaFile))
	if err != nil || json.Unmarshal(text, &meta) != nil {
		return captureMeta{}
	}
	return meta
}
