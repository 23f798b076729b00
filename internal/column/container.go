package column

import "ptop/pcb"

var container = []*Column{
	{
		ID: "container", Title: "CONTAINER", Group: "container", Kind: Text, Width: 12,
		Help: "container's name, or the first 12 characters of its ID; absent outside of one",
		Value: ofContainer(func(c *pcb.Container) string {
			if c.Name == "" {
				return c.ID[:min(12, len(c.ID))]
			}
			return c.Name
		}),
	}, {
		ID: "container_id", Title: "CONTAINER ID", Group: "container", Kind: Text, Width: 12,
		Help:  "the runtime's full identifier of the container (from the cgroup path)",
		Value: ofContainer(func(c *pcb.Container) string { return c.ID }),
	}, {
		ID: "runtime", Title: "RUNTIME", Group: "container", Kind: Text, Width: 10,
		Help:  "container runtime: docker, containerd, cri-o, podman, lxc … (from the cgroup path)",
		Value: ofContainer(func(c *pcb.Container) string { return c.Runtime }),
	}, {
		ID: "pod", Title: "POD", Group: "container", Kind: Text, Width: 12,
		Help:  "Kubernetes pod's UID (from the cgroup path)",
		Value: ofContainer(func(c *pcb.Container) string { return c.Pod }),
	}, {
		ID: "unit", Title: "UNIT", Group: "container", Kind: Text, Width: 16,
		Help:  "systemd service or scope (from the cgroup path)",
		Value: ofContainer(func(c *pcb.Container) string { return c.Unit }),
	}, {
		ID: "slice", Title: "SLICE", Group: "container", Kind: Text, Width: 14,
		Help:  "systemd slice (from the cgroup path)",
		Value: ofContainer(func(c *pcb.Container) string { return c.Slice }),
	}, {
		ID: "login_session", Title: "LOGIN", Group: "container", Kind: Text, Width: 5,
		Help:  "logind session (from the cgroup path)",
		Value: ofContainer(func(c *pcb.Container) string { return c.Session }),
	}, {
		ID: "pid_namespace", Title: "PIDNS", Group: "container", Kind: Int, Width: 10,
		Help:  "its pid namespace, as the inode of /proc/PID/ns/pid (task iterator)",
		Value: ofProc(pcb.FieldPIDNS, func(p *pcb.Process) Value { return counter(uint64(p.PIDNS)) }),
	}, {
		ID: "cgroup_id", Title: "CGID", Group: "container", Kind: Int, Width: 8,
		Help:  "its cgroup of version 2, as the inode of the directory (task iterator)",
		Value: ofProc(pcb.FieldCgroupID, func(p *pcb.Process) Value { return counter(p.CgroupID) }),
	}, {
		ID: "cgroup", Title: "CGROUP", Group: "container", Kind: Text, Width: 20,
		Help:  "cgroup path (/proc/PID/cgroup)",
		Value: ofProc(pcb.FieldCgroup, func(p *pcb.Process) Value { return named(p.Cgroup) }),
	},
}

func ofContainer(get func(*pcb.Container) string) func(*Row) Value {
	return ofProc(pcb.FieldCgroup, func(p *pcb.Process) Value {
		if p.Container == nil {
			return Value{}
		}
		return named(get(p.Container))
	})
}
