package detect

import (
	"fmt"

	"ptop/pcb"
)

var pid1NoTerm = &Detector{
	ID:    "pid1-no-term",
	Title: "a first process that the kernel hides SIGTERM from",
	Meaning: "To PID 1 of a pid namespace, as the main process of a container is, the kernel delivers no signal that it has no handler for: SIGTERM ends\n" +
		"any other process by default, and does nothing to this one. docker stop waits for its ten seconds and kills, Kubernetes for its thirty.",
	Advice:   "Run an init as PID 1 (--init, tini, dumb-init), have the program handle SIGTERM, or set a STOPSIGNAL that it handles.",
	Severity: "info",
	Params:   []Param{{paramHold, 30, "s", "how long it must have lived"}},
	Needs:    pcb.FieldStat | pcb.FieldSignals,
	Gate: func(q *pcb.Process) bool {
		return (q.PID == 1 || namespaceInit(q)) && !pcb.SIGTERM.InMask(q.SigCaught) && !pcb.SIGTERM.InMask(q.SigBlocked) &&
			!q.KernelThread() && !interactiveShell(q) && q.KFlags&pcb.PFExiting == 0
	},
	Judge: func(p *Pass) (findings []Finding) {
		p.gated(func(_ int32, q *pcb.Process) {
			if namespaceInit(q) || p.Snap.Coverage.PIDNamespace == "child" { // no signal stops the machine's own
				findings = append(findings, p.pid1(q))
			}
		})
		return findings
	},
}

// pid1 tells of a first process. One that blocks SIGTERM may take it with sigwait or a signalfd, and is none.
func (p *Pass) pid1(q *pcb.Process) Finding {
	f := Finding{Severity: Info, Confidence: Proved, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1, held: p.Snap.Age(q)}
	f.Since = p.Snap.StartTime(q)
	status := procFile(q.ID, "status")
	f.know("namespace_pid", int64(1), status+" NSpid")
	where := "its pid namespace"
	if f.Subject.Container != "" {
		where = "its container"
	}
	f.know("sigterm_caught", false, status+" SigCgt")
	f.know("sigterm_ignored", pcb.SIGTERM.InMask(q.SigIgnored), status+" SigIgn")
	f.Summary = fmt.Sprintf("%s, PID 1 of %s, will not stop gracefully: SIGTERM does nothing to it", f.Subject.label(), where)
	f.Why = "the kernel drops SIGTERM for a PID 1 that has no handler for it. " + f.proof()
	f.So = "each stop of it waits for the time-out, and then all of it is killed"
	f.Remedies = pid1Remedies(q)
	return f
}

// pid1Remedies says it in the words of what runs the container.
func pid1Remedies(q *pcb.Process) []Remedy {
	init := Remedy{Do: "run it below an init that passes signals on: tini or dumb-init", Risk: "takes a new start"}
	if q.Container != nil {
		switch q.Container.Runtime {
		case "docker", "podman":
			init.Do = "start the container with an init, which passes signals on: " + q.Container.Runtime + " run --init"
		case "containerd", "cri-o":
			init.Do = "run it below an init in its image (ENTRYPOINT [\"tini\", \"--\", …]), or set shareProcessNamespace in the pod's spec"
		}
	}
	out := []Remedy{init}
	for _, sig := range []pcb.Signal{pcb.SIGINT, pcb.SIGQUIT} {
		if sig.InMask(q.SigCaught) {
			out = append(out, Remedy{Do: "or have it stopped with the signal that it does handle: STOPSIGNAL " + sig.String() + " in the image", Risk: "takes a new start"})
			break
		}
	}
	return append(out, Remedy{Do: "or have the program handle SIGTERM; a shell as PID 1 does so with exec, or a trap"})
}
