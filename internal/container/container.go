// Package container tells from a cgroup path where a process belongs: container, pod, systemd unit, login session.
package container

import (
	"strconv"
	"strings"

	"ptop/pcb"
)

// Parse reads one cgroup path, as the last field of a line of /proc/PID/cgroup has it. It gives nil when nothing
// in it is recognised; nothing is guessed. Of things nested in each other, such as the units of a systemd that runs
// in a container, the innermost of each kind is told.
func Parse(cgroupPath string) *pcb.Container {
	var c pcb.Container
	parent := ""
	for part := range strings.SplitSeq(cgroupPath, "/") {
		if part == "" {
			continue
		}
		addUnit(&c, part)
		addPod(&c, parent, part)
		addContainer(&c, parent, part)
		parent = part
	}
	if c == (pcb.Container{}) {
		return nil
	}
	return &c
}

// addUnit reads a directory that systemd made. Its name has a "_" before it where it would clash with a file of
// the kernel's.
func addUnit(c *pcb.Container, part string) {
	name := strings.TrimPrefix(part, "_")
	if strings.Contains(name, ":") { // a path meant for systemd in the hands of a runtime that does not use it
		return
	}
	switch {
	case hasStem(name, ".slice"):
		c.Slice, c.Unit, c.Session = name, "", ""
	case hasStem(name, ".service"):
		c.Unit, c.Session = name, ""
	case hasStem(name, ".scope"):
		c.Unit, c.Session = name, ""
		if session, ok := strings.CutPrefix(strings.TrimSuffix(name, ".scope"), "session-"); ok {
			c.Session = session
		}
	}
}

func hasStem(name, suffix string) bool {
	return len(name) > len(suffix) && strings.HasSuffix(name, suffix)
}

// addPod reads what the kubelet names after a pod (its two cgroup drivers), and podman's pods.
func addPod(c *pcb.Container, parent, part string) {
	if _, uid, ok := strings.Cut(part, "-pod"); ok && strings.Contains(part, "kubepods") {
		uid, _, ok = strings.Cut(uid, ".slice")
		if uid = strings.ReplaceAll(uid, "_", "-"); ok && isPodUID(uid) {
			c.Pod = uid
		}
		return
	}
	if uid, ok := strings.CutPrefix(part, "pod"); ok && isPodUID(uid) {
		c.Pod = uid
		return
	}
	if id, ok := strings.CutPrefix(part, "machine-libpod_pod_"); ok && isID(strings.TrimSuffix(id, ".slice")) {
		c.Pod = strings.TrimSuffix(id, ".slice")
	} else if parent == "libpod_parent" && isID(part) {
		c.Pod = part
	}
}

// prefixes are what runtimes put before the identifier, in the name of a scope or of a plain directory.
var prefixes = []struct{ prefix, runtime string }{
	{"docker-", "docker"},
	{"cri-containerd-", "containerd"},
	{"nerdctl-", "containerd"},
	{"crio-", "cri-o"},
	{"libpod-payload-", "podman"},
	{"libpod-", "podman"},
}

// addContainer reads the directory that a container's processes are in.
func addContainer(c *pcb.Container, parent, part string) {
	if slice, rest, ok := strings.Cut(part, ":"); ok && strings.HasSuffix(slice, ".slice") {
		part = strings.Replace(rest, ":", "-", 1)
	}
	name := strings.TrimSuffix(part, ".scope")
	for _, p := range prefixes {
		if id, ok := strings.CutPrefix(name, p.prefix); ok && isID(id) {
			c.Runtime, c.ID, c.Name = p.runtime, id, ""
			return
		}
	}
	switch {
	case isID(part):
		if runtime := bareRuntime(c, parent); runtime != "" {
			c.Runtime, c.ID, c.Name = runtime, part, ""
		}
	case strings.HasPrefix(part, "lxc.payload."):
		setNamed(c, "lxc", strings.TrimPrefix(part, "lxc.payload."))
	case parent == "lxc.payload", parent == "lxc" && part != "ns":
		setNamed(c, "lxc", part)
	case part == "payload":
		if machine, ok := strings.CutPrefix(strings.TrimSuffix(parent, ".service"), "systemd-nspawn@"); ok {
			setNamed(c, "nspawn", unescape(machine))
		} else if machine, ok := strings.CutPrefix(parent, "machine-"); ok && hasStem(machine, ".scope") {
			setNamed(c, "nspawn", unescape(strings.TrimSuffix(machine, ".scope")))
		}
	}
}

// bareRuntime tells whose identifier stands alone below the directory parent.
func bareRuntime(c *pcb.Container, parent string) string {
	switch {
	case parent == "docker":
		return "docker"
	case strings.HasPrefix(parent, "pod") && c.Pod != "":
		return "kubernetes" // which runtime works for the kubelet isn't told
	case parent == "default", parent == "k8s.io": // containerd's own namespaces
		return "containerd"
	}
	return ""
}

// setNamed notes a container whose name is its identifier.
func setNamed(c *pcb.Container, runtime, name string) {
	if name != "" {
		c.Runtime, c.ID, c.Name = runtime, name, name
	}
}

// isID reports whether s is an identifier as the runtimes for OCI images make them.
func isID(s string) bool { return len(s) == 64 && isHex(s) }

// isPodUID recognises the UUID of a pod and the hash that stands for it with static pods.
func isPodUID(s string) bool {
	switch len(s) {
	case 32:
		return isHex(s)
	case 36:
		return s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' && isHex(strings.ReplaceAll(s, "-", ""))
	}
	return false
}

func isHex(s string) bool {
	for _, r := range []byte(s) {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return s != ""
}

// unescape undoes systemd's \xNN in unit names.
func unescape(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		if len(s) >= 4 && s[0] == '\\' && s[1] == 'x' {
			if n, err := strconv.ParseUint(s[2:4], 16, 8); err == nil {
				b.WriteByte(byte(n))
				s = s[4:]
				continue
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}
