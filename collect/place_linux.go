package collect

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// place is what is true of the /proc that is read, as seen from where ptop runs.
type place struct {
	live         bool   // a running kernel's, which is our own
	foreignWhy   string // why its pids are not ours to act on; empty when they are
	hidePID      bool
	subsetPID    bool
	pidNamespace string
	reader       *rights // whoever read it: ptop, or who made the capture; nil when unknown
}

// initPIDNamespace is the inode of the first pid namespace (PROC_PID_INIT_INO).
const initPIDNamespace = "pid:[4026531836]"

func findPlace(root string) place {
	p := place{reader: ownRights()}
	var fs unix.Statfs_t
	p.live = unix.Statfs(root, &fs) == nil && fs.Type == unix.PROC_SUPER_MAGIC
	if !p.live {
		p.foreignWhy = root + " is a capture or another machine's /proc"
		p.reader = readMeta(root).Reader
		return p
	}
	p.hidePID = !p.reader.Ptrace && mountedWith(root, "hidepid=")
	p.subsetPID = mountedWith(root, "subset=")
	own, err := os.Readlink(filepath.Join(root, "self"))
	status, statusErr := os.ReadFile(filepath.Join(root, "self/status"))
	if err != nil || statusErr != nil || own != strconv.Itoa(os.Getpid()) || namespaceLevels(status) > 1 {
		p.foreignWhy = root + " belongs to another pid namespace than ptop"
	}
	p.pidNamespace = pidNamespace(filepath.Join(root, "1"))
	if p.pidNamespace == "" && p.foreignWhy == "" { // its pids are those of our own namespace
		p.pidNamespace = pidNamespace("/proc/self")
	}
	return p
}

// pidNamespace tells whether a process is in the first pid namespace: "init" or "child", empty when it can't be told.
func pidNamespace(process string) string {
	switch link, err := os.Readlink(process + "/ns/pid"); {
	case err != nil:
		return ""
	case link == initPIDNamespace:
		return "init"
	}
	return "child"
}

// namespaceLevels counts the pids of a status file's NSpid line: one for each namespace from that of the /proc
// instance down.
func namespaceLevels(status []byte) int {
	_, rest, _ := bytes.Cut(status, []byte("\nNSpid:"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return len(bytes.Fields(line))
}

// mountedWith reports whether the file system mounted at dir has an option of that beginning other than 0 or off.
func mountedWith(dir, option string) bool {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	dir, _ = filepath.Abs(dir)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[4] != dir {
			continue
		}
		for _, o := range strings.Split(fields[5]+","+fields[len(fields)-1], ",") {
			if value, ok := strings.CutPrefix(o, option); ok && value != "0" && value != "off" {
				return true
			}
		}
	}
	return false
}
