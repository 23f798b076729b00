package detect

import (
	"path"
	"strings"
)

// raising is a greater limit, as each of those who may have set it is told.
type raising struct {
	do, risk    string
	pod         string // the field of a pod's specification
	update      string // options of docker update and podman update
	property    string // of a systemd unit
	file, value string
}

// raise is the remedy that raises a cgroup's limit by whoever made the cgroup. i is one of its processes.
func (p *Pass) raise(c *cgroup, i int32, r raising) Remedy {
	remedy := Remedy{Do: r.do, Risk: r.risk}
	base := strings.TrimPrefix(path.Base(c.dir), "_")
	at := p.proc(i).Container
	switch {
	case strings.Contains(c.dir, "/kubepods"):
		remedy.Do += ": raise " + r.pod + " of the pod's container; the kubelet sets the cgroup by it"
	case at != nil && at.ID != "" && strings.Contains(base, at.ID) && (at.Runtime == "docker" || at.Runtime == "podman"):
		name := at.Name
		if name == "" {
			name = at.ID
		}
		remedy.Command = at.Runtime + " update " + r.update + " " + shellWord(name)
	case at != nil && base != "" && (base == at.Unit || base == at.Slice) && !strings.Contains(path.Dir(c.dir), "/user@"):
		remedy.Command = "systemctl set-property " + shellWord(base) + " " + r.property
	default:
		remedy.Command = "echo " + shellWord(r.value) + " > " + shellWord(r.file)
	}
	return remedy
}
