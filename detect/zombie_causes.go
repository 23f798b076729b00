package detect

// leavesSome is how no-wait reads of a parent that has waited for other children.
var leavesSome = Cause{
	ID: "no-wait", Title: "it has reaped others, and does not wait for these",
	Why: "{culprit} waits for some of its children, and for these no thread of it does",
	Do:  "see to how {culprit} waits: each child wants it; a restart is rid of the dead, whom its own parent or init then reaps", Risk: "a restart interrupts its work",
}

// leavesThese is how no-wait reads of a parent that has called exec, where something has waited for children: this program,
// or the one before.
var leavesThese = Cause{
	ID: "no-wait", Title: "it does not wait for them",
	Why: "{culprit} does not ask for the exit status of these children; whether it ever did, or the program that it was before its exec, the kernel does not tell",
	Do:  "restart {culprit}; its dead children are then reaped by its own parent or init", Risk: "interrupts its work",
}

// zombieCauses are the reasons for zombies, in the order in which they are tried.
var zombieCauses = []Cause{
	{
		ID: "leader-exited", Title: "its main thread ended, others work on",
		Why: "it is not dead: the main thread of {culprit} ended, and the kernel keeps it until the last thread has",
		Do:  "nothing needs to be reaped; look at the threads", Risk: "",
	}, {
		ID: "teardown-stuck", Title: "its pid namespace can't end",
		Why: "the init of the zombie's pid namespace is dying and waits until every process in it is reaped, but {culprit}, outside of it, does not reap its child",
		Do:  "end or restart {culprit}; the container then ends by itself", Risk: "interrupts what {culprit} does",
	}, {
		ID: "foreign-ns", Title: "its parent is outside its pid namespace",
		Why: "{culprit} started it in another pid namespace and does not reap it; the init there can't, and can't end before it is reaped",
		Do:  "end or restart {culprit}", Risk: "interrupts what {culprit} does",
	}, {
		ID: "traced", Title: "held by a debugger",
		Why: "who traces a process is told of its death before the parent is, and {culprit} has not taken it; the parent is innocent",
		Do:  "detach or end {culprit}, and leave the parent alone", Risk: "that trace is lost",
	}, {
		ID: "exit-signal", Title: "made with another exit signal",
		Why: "they were made by clone with another exit signal than SIGCHLD, so that only a wait with __WALL or __WCLONE reaps them",
		Do:  "have {culprit} wait with __WALL; until then restart it", Risk: "a restart interrupts its work",
	}, {
		ID: "parent-frozen", Title: "the parent's cgroup is frozen",
		Why: "{culprit} is in a frozen cgroup, or in one below it, and can't run",
		Do:  "thaw the cgroup that is frozen, as docker unpause does", Risk: "everything in it resumes",
	}, {
		ID: "parent-traced", Title: "a debugger holds the parent",
		Why: "{culprit} is held in a tracing stop by {other} and can't reap until that lets it go on; SIGCONT does not",
		Do:  "let {other} continue it or detach; or end {other}", Risk: "the trace is lost, and a process that the debugger itself started may end with it",
	}, {
		ID: "parent-stopped", Title: "the parent is stopped",
		Why: "{culprit} is stopped and can't reap until it goes on",
		Do:  "let {culprit} go on with SIGCONT", Risk: "its work resumes",
	}, {
		ID: "parent-in-vfork", Title: "the parent waits for its vfork child to call exec",
		Why: "{culprit} has called vfork, which lets it sleep until that child has called exec or ended, and can't reap meanwhile",
		Do:  "nothing; if it lasts, see what the child does that has not called exec", Risk: "",
	}, {
		ID: "parent-in-D", Title: "the parent hangs in the kernel",
		Why: "{culprit} is in an uninterruptible sleep and can't reap until that ends",
		Do:  "find out what it waits for: a kill may have to wait, too", Risk: "",
	}, {
		ID: "late-ignore", Title: "the parent ignores SIGCHLD since after the deaths",
		Why: "{culprit} ignores SIGCHLD, so that the kernel reaps its children by itself, but these died before it did; there will be no more of them",
		Do:  "nothing, or restart {culprit} to be rid of them", Risk: "a restart interrupts its work",
	}, {
		ID: "waits-for-another", Title: "the parent waits for another child",
		Why: "{culprit} waits for {other}, in a call that takes no other child",
		Do:  "see whether it reaps when {other} has ended; if not, restart {culprit}", Risk: "a restart interrupts its work",
	}, {
		ID: "reads-pipe", Title: "the parent reads what the dead one's job still writes",
		Why: "{culprit} reads the output of what it started until its end, as cron does, before it waits for it; that has ended, but {other}, which it left behind, holds the pipe open",
		Do:  "end {other}, or have it close its output (daemons redirect it): {culprit} then reads the end and reaps", Risk: "the work of {other} is lost",
	}, {
		ID: "lazy-reaper", Title: "the parent reaps late",
		Why: "{culprit} was seen to reap dead children after a while, and no growth of their number was seen",
		Do:  "nothing", Risk: "",
	}, {
		ID: "sigchld-blocked", Title: "the parent blocks SIGCHLD",
		Why: "the kernel has told {culprit} of the death, but it blocks SIGCHLD, so that the signal stays pending",
		Do:  "mend the signal mask (it is inherited through fork and exec); until then restart {culprit}", Risk: "a restart interrupts its work",
	}, {
		ID: "ns-init", Title: "PID 1 of its container does not reap",
		Why: "{culprit} is PID 1 of a pid namespace, to which the orphans there are given, and it does not reap as an init would",
		Do: "if these were given to it: run the container with an init (docker run --init, tini, dumb-init, or shareProcessNamespace in a pod); " +
			"children that it made itself it has to wait for itself, an init before it does not help. Until then restart the container", Risk: "a restart interrupts the container",
	}, {
		ID: "inherited-by-exec", Title: "the program that the parent became by exec can't wait for children",
		Why: "the program that {culprit} runs imports no function that waits for a child and none that makes one: these are of what it was before its exec, or were given to it",
		Do:  "nothing: few of them are harmless, and go when {culprit} ends", Risk: "",
	}, {
		ID: "handler-misses", Title: "the parent's SIGCHLD handler reaps too few",
		Why: "{culprit} has a handler for SIGCHLD, nothing is pending, and several of one burst are left: signals do not queue, and a handler that waits once for each misses some",
		Do:  "mend the handler to wait until no child is left; until then send {culprit} SIGCHLD and see whether one of them goes: a handler that waits once may reap one more with each", Risk: "little: it has a handler for it",
	}, {
		ID: "no-wait", Title: "it never calls wait()",
		Why: "{culprit} does not ask for the exit status of its children",
		Do:  "restart {culprit}; its dead children are then reaped by its own parent or init", Risk: "interrupts its work",
	}, {
		ID: "unclear", Title: "the parent does not reap",
		Why: "what could be read of {culprit} does not tell why it does not reap",
		Do:  "see what the threads of {culprit} do, or restart it", Risk: "a restart interrupts its work",
	},
}
