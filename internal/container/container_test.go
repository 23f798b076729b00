package container

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ptop/pcb"
)

const (
	id  = "9687bac58d5c4d1606aa46af33d1a21c1d1652e0ac9fb3fc0fc86e3495f42869"
	id2 = "d4e8e05a546c86b6443f101966c618e47753ed01fa9929cae00d3b692f7a9f80"
	uid = "214f3ba8-4b69-4bdb-a7d5-5ecc73f04ae9"
)

var underscored = strings.ReplaceAll(uid, "-", "_")

func TestParse(t *testing.T) {
	podSlice := "kubepods-burstable-pod" + underscored + ".slice"
	for _, test := range []struct {
		name, path string
		want       *pcb.Container
	}{
		// Docker's "Runtime metrics" page: both cgroup drivers.
		{"docker, cgroupfs", "/docker/" + id, &pcb.Container{Runtime: "docker", ID: id}},
		{
			"docker, systemd", "/system.slice/docker-" + id + ".scope",
			&pcb.Container{Runtime: "docker", ID: id, Unit: "docker-" + id + ".scope", Slice: "system.slice"},
		},
		{
			"docker, rootless", "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + id + ".scope",
			&pcb.Container{Runtime: "docker", ID: id, Unit: "docker-" + id + ".scope", Slice: "user.slice"},
		},
		// An image with systemd in it, cgroup v2 without a namespace of its own.
		{
			"unit within docker", "/docker/" + id + "/system.slice/nginx.service",
			&pcb.Container{Runtime: "docker", ID: id, Unit: "nginx.service", Slice: "system.slice"},
		},
		{"docker daemon", "/system.slice/docker.service", &pcb.Container{Unit: "docker.service", Slice: "system.slice"}},
		// nerdctl's generateCgroupPath: "slice:nerdctl:ID", else containerd's "/<namespace>/<id>".
		{
			"nerdctl, systemd", "/system.slice/nerdctl-" + id + ".scope",
			&pcb.Container{Runtime: "containerd", ID: id, Unit: "nerdctl-" + id + ".scope", Slice: "system.slice"},
		},
		{"containerd, cgroupfs", "/default/" + id, &pcb.Container{Runtime: "containerd", ID: id}},
		// The kubelet's pod_container_manager_linux.go and cgroup_manager_linux.go, runtimes' getCgroupsPath.
		{
			"kubepods, systemd, containerd", "/kubepods.slice/kubepods-burstable.slice/" + podSlice + "/cri-containerd-" + id + ".scope",
			&pcb.Container{Runtime: "containerd", ID: id, Pod: uid, Unit: "cri-containerd-" + id + ".scope", Slice: podSlice},
		},
		{
			"kubepods, systemd, cri-o, guaranteed", "/kubepods.slice/kubepods-pod" + underscored + ".slice/crio-" + id + ".scope",
			&pcb.Container{Runtime: "cri-o", ID: id, Pod: uid, Unit: "crio-" + id + ".scope", Slice: "kubepods-pod" + underscored + ".slice"},
		},
		{
			"kubepods, systemd, cri-o's monitor", "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + underscored + ".slice/crio-conmon-" + id + ".scope",
			&pcb.Container{Pod: uid, Unit: "crio-conmon-" + id + ".scope", Slice: "kubepods-besteffort-pod" + underscored + ".slice"},
		},
		{
			"kubepods, cgroupfs", "/kubepods/burstable/pod" + uid + "/" + id,
			&pcb.Container{Runtime: "kubernetes", ID: id, Pod: uid},
		},
		{
			"kubepods, cgroupfs, cri-o", "/kubepods/besteffort/pod" + uid + "/crio-" + id,
			&pcb.Container{Runtime: "cri-o", ID: id, Pod: uid},
		},
		{"the pod alone", "/kubepods/besteffort/pod" + uid, &pcb.Container{Pod: uid}},
		{
			"a static pod", "/kubepods/burstable/pod0a1b2c3d4e5f60718293a4b5c6d7e8f9/" + id,
			&pcb.Container{Runtime: "kubernetes", ID: id, Pod: "0a1b2c3d4e5f60718293a4b5c6d7e8f9"},
		},
		// A kubelet for systemd with a containerd for cgroupfs: mountinfo of OpenTelemetry's container detector tests.
		{
			"drivers at odds", "/system.slice/containerd.service/" + podSlice + ":cri-containerd:" + id2,
			&pcb.Container{Runtime: "containerd", ID: id2, Pod: uid, Unit: "containerd.service", Slice: "system.slice"},
		},
		// kind: a node that is a docker container, its kubelet with --cgroup-root=/kubelet.
		{
			"kind", "/docker/" + id + "/kubelet/kubepods/burstable/pod" + uid + "/" + id2,
			&pcb.Container{Runtime: "kubernetes", ID: id2, Pod: uid},
		},
		{
			"kind, systemd", "/kubelet.slice/kubelet-kubepods.slice/kubelet-" + podSlice + "/cri-containerd-" + id + ".scope",
			&pcb.Container{Runtime: "containerd", ID: id, Pod: uid, Unit: "cri-containerd-" + id + ".scope", Slice: "kubelet-" + podSlice},
		},
		// podman: systemd-cgls output of quadlet services, and libpod's container_internal_linux.go.
		{
			"podman, root", "/machine.slice/libpod-" + id + ".scope/container",
			&pcb.Container{Runtime: "podman", ID: id, Unit: "libpod-" + id + ".scope", Slice: "machine.slice"},
		},
		{
			"podman, rootless", "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope",
			&pcb.Container{Runtime: "podman", ID: id, Unit: "libpod-" + id + ".scope", Slice: "user.slice"},
		},
		{
			"podman's monitor", "/machine.slice/libpod-conmon-" + id + ".scope",
			&pcb.Container{Unit: "libpod-conmon-" + id + ".scope", Slice: "machine.slice"},
		},
		{"podman, cgroupfs", "/libpod_parent/libpod-" + id, &pcb.Container{Runtime: "podman", ID: id}},
		{"podman pod, cgroupfs", "/libpod_parent/" + id2 + "/libpod-" + id, &pcb.Container{Runtime: "podman", ID: id, Pod: id2}},
		{
			"podman pod, systemd", "/machine.slice/machine-libpod_pod_" + id2 + ".slice/libpod-" + id + ".scope",
			&pcb.Container{Runtime: "podman", ID: id, Pod: id2, Unit: "libpod-" + id + ".scope", Slice: "machine-libpod_pod_" + id2 + ".slice"},
		},
		{
			"quadlet", "/user.slice/user-1000.slice/user@1000.service/app.slice/redis.service/libpod-payload-" + id,
			&pcb.Container{Runtime: "podman", ID: id, Unit: "redis.service", Slice: "app.slice"},
		},
		{
			"quadlet's monitor", "/system.slice/redis.service/runtime",
			&pcb.Container{Unit: "redis.service", Slice: "system.slice"},
		},
		// LXC 4 and later, LXD and Incus; LXC 3; Proxmox 6.
		{"lxc", "/lxc.payload.web1", &pcb.Container{Runtime: "lxc", ID: "web1", Name: "web1"}},
		{
			"unit within lxc", "/lxc.payload.web1/system.slice/nginx.service",
			&pcb.Container{Runtime: "lxc", ID: "web1", Name: "web1", Unit: "nginx.service", Slice: "system.slice"},
		},
		{"lxc 3", "/lxc/web1", &pcb.Container{Runtime: "lxc", ID: "web1", Name: "web1"}},
		{
			"proxmox", "/lxc/101/ns/init.scope",
			&pcb.Container{Runtime: "lxc", ID: "101", Name: "101", Unit: "init.scope"},
		},
		{"lxc's monitor", "/lxc.monitor.web1", nil},
		// systemd's TEST-13-NSPAWN and docs/CGROUP_DELEGATION.md.
		{
			"nspawn service", "/machine.slice/systemd-nspawn@zurps.service/payload/system.slice/getty.service",
			&pcb.Container{Runtime: "nspawn", ID: "zurps", Name: "zurps", Unit: "getty.service", Slice: "system.slice"},
		},
		{
			"nspawn scope", `/machine.slice/machine-fedora\x2dtree.scope/payload`,
			&pcb.Container{Runtime: "nspawn", ID: "fedora-tree", Name: "fedora-tree", Unit: `machine-fedora\x2dtree.scope`, Slice: "machine.slice"},
		},
		{
			"nspawn itself", "/machine.slice/systemd-nspawn@zurps.service/supervisor",
			&pcb.Container{Unit: "systemd-nspawn@zurps.service", Slice: "machine.slice"},
		},
		{
			"a libvirt machine is no container", `/machine.slice/machine-qemu\x2d1\x2dvm1.scope/libvirt/emulator`,
			&pcb.Container{Unit: `machine-qemu\x2d1\x2dvm1.scope`, Slice: "machine.slice"},
		},
		// systemd.special(7), systemd-cgls of a desktop, a session by logind.
		{"service", "/system.slice/ssh.service", &pcb.Container{Unit: "ssh.service", Slice: "system.slice"}},
		{
			"instance", "/system.slice/system-getty.slice/getty@tty1.service",
			&pcb.Container{Unit: "getty@tty1.service", Slice: "system-getty.slice"},
		},
		{"init", "/init.scope", &pcb.Container{Unit: "init.scope"}},
		{
			"session", "/user.slice/user-1000.slice/session-c2.scope",
			&pcb.Container{Unit: "session-c2.scope", Slice: "user-1000.slice", Session: "c2"},
		},
		{
			"user unit", "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope",
			&pcb.Container{Unit: "vte-spawn-1.scope", Slice: "app-org.gnome.Terminal.slice"},
		},
		{"delegated", "/system.slice/mstream.service/payload", &pcb.Container{Unit: "mstream.service", Slice: "system.slice"}},
		{"escaped", "/system.slice/_cpu.service", &pcb.Container{Unit: "cpu.service", Slice: "system.slice"}},
		{"slice only", "/system.slice", &pcb.Container{Slice: "system.slice"}},
		// Nothing.
		{"root", "/", nil},
		{"empty", "", nil},
		{"unknown", "/mygroup/worker", nil},
		{"an identifier without its maker", "/../" + id, nil},
		{"too short an identifier", "/docker/9687bac58d5c", nil},
		{"not hexadecimal", "/docker/" + strings.Repeat("z", 64), nil},
		{"no pod", "/kubepods/besteffort/podium", nil},
		{"suffixes only", "/.slice/.service/.scope", nil},
		{"lxc without a name", "/lxc.payload.", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Parse(test.path)); diff != "" {
				t.Errorf("Parse(%q), - want, + got:\n%s", test.path, diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("/kubepods.slice/kubepods-pod" + underscored + ".slice:crio:" + id)
	f.Add(`/machine.slice/machine-\x2`)
	f.Fuzz(func(t *testing.T, path string) {
		c := Parse(path)
		if c == nil {
			return
		}
		if (c.Runtime == "") != (c.ID == "") {
			t.Errorf("runtime %q with identifier %q", c.Runtime, c.ID)
		}
		for _, s := range []string{c.Pod, c.Unit, c.Slice, c.Session} {
			if !strings.Contains(path, s) && s != strings.ReplaceAll(s, "_", "-") {
				t.Errorf("%q is not in %q", s, path)
			}
		}
	})
}
