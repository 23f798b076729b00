package collect

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
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
