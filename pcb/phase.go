package pcb

// Phase is the textbook's state of a process: new, ready, running, waiting, terminated; and stopped beside them.
type Phase uint8

// The phases. Linux shows no process in PhaseNew for long: a fork that has not been woken yet has state R.
const (
	PhaseUnknown Phase = iota
	PhaseNew
	PhaseReady
	PhaseRunning
	PhaseWaiting
	PhaseStopped
	PhaseTerminated
)

// Phases lists the phases in the order in which a process goes through them.
var Phases = [...]Phase{PhaseNew, PhaseReady, PhaseRunning, PhaseWaiting, PhaseStopped, PhaseTerminated}

func (p Phase) String() string {
	return [...]string{"unknown", "new", "ready", "running", "waiting", "stopped", "terminated"}[p]
}

// Phase maps the kernel's state letter to the textbook's. R means runnable: where the reading could not tell
// running from ready (no FieldOnCPU) it counts as running, as every other tool shows it. A zombie leader whose
// threads live on is waiting. The letter is the main thread's: Snapshot.Phase looks at the others, too.
func (p *Process) Phase() Phase {
	if p.LeaderExited() {
		return PhaseWaiting
	}
	return statePhase(p.State, p.Have.Has(FieldOnCPU) && !p.OnCPU)
}

func statePhase(state byte, offCPU bool) Phase {
	switch state {
	case 'R':
		if offCPU {
			return PhaseReady
		}
		return PhaseRunning
	case 'S', 'D', 'I', 'K', 'P', 'W':
		return PhaseWaiting
	case 'T', 't':
		return PhaseStopped
	case 'Z', 'X', 'x':
		return PhaseTerminated
	case 'N':
		return PhaseNew
	}
	return PhaseUnknown
}

// Phase is the thread's phase, as Process.Phase tells it for a process.
func (t *Thread) Phase() Phase { return statePhase(t.State, t.Have.Has(FieldOnCPU) && !t.OnCPU) }

// StateName says a state letter in words.
func StateName(state byte) string {
	switch state {
	case 'R':
		return "running or ready"
	case 'S':
		return "sleeping, interruptible"
	case 'D':
		return "sleeping, uninterruptible"
	case 'T':
		return "stopped by a signal"
	case 't':
		return "stopped by a tracer"
	case 'Z':
		return "zombie: dead, not waited for"
	case 'X', 'x':
		return "dead"
	case 'I':
		return "idle kernel thread"
	case 'K':
		return "wakekill"
	case 'P':
		return "parked"
	case 'W':
		return "waking"
	}
	return "unknown"
}
