package detect

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
		Why: "{culprit} is in a frozen cgroup and can't run",
		Do:  "thaw the cgroup, as docker unpause does", Risk: "everything in it resumes",
	}, {
		ID: "parent-stopped", Title: "the parent is stopped",
		Why: "{culprit} is stopped and can't reap until it goes on",
		Do:  "let {culprit} go on with SIGCONT", Risk: "its work resumes",
	}, {
		ID: "parent-in-D", Title: "the parent hangs in the kernel",
		Why: "{culprit} is in an uninterruptible sleep and can't reap until that ends",
		Do:  "find out what it waits for: a kill waits, too", Risk: "",
	}, {
		ID: "late-ignore", Title: "the parent ignores SIGCHLD since after the deaths",
		Why: "{culprit} ignores SIGCHLD, so that the kernel reaps its children by itself, but these died before it did; there will be no more of them",
		Do:  "nothing, or restart {culprit} to be rid of them", Risk: "a restart interrupts its work",
	}, {
		ID: "sigchld-blocked", Title: "the parent blocks SIGCHLD",
		Why: "the kernel has told {culprit} of the death, but every thread of it blocks SIGCHLD, so that the signal stays pending",
		Do:  "mend the signal mask (it is inherited through fork and exec); until then restart {culprit}", Risk: "a restart interrupts its work",
	}, {
		ID: "waits-for-another", Title: "the parent waits for another child",
		Why: "{culprit} waits for {other} alone, and reaps nobody else before that ends",
		Do:  "it ends when {other} ends", Risk: "ending {other} interrupts its work",
	}, {
		ID: "ns-init", Title: "PID 1 of its container is no init",
		Why: "{culprit} is PID 1 of a pid namespace, inherits its orphans, and does not reap them as an init would",
		Do: "run the container with an init: docker run --init, tini, dumb-init, or shareProcessNamespace in a pod; until then restart it; " +
			"an init does not help with children whose own parent lives", Risk: "a restart interrupts the container",
	}, {
		ID: "inherited-by-exec", Title: "the program that the parent became by exec can't wait for children",
		Why: "the program that {culprit} runs imports no function of the wait family: the children are of what it was before its exec, or are inherited",
		Do:  "nothing: few of them are harmless, and go when {culprit} ends", Risk: "",
	}, {
		ID: "lazy-reaper", Title: "the parent reaps late",
		Why: "{culprit} reaps its children, but late; their number does not grow",
		Do:  "nothing", Risk: "",
	}, {
		ID: "handler-misses", Title: "the parent's SIGCHLD handler reaps too few",
		Why: "{culprit} has a handler for SIGCHLD, nothing is pending, and several of one burst are left: signals do not queue, and the handler waits once for each",
		Do:  "send {culprit} SIGCHLD: each reaps one more; mend the handler to wait until no child is left", Risk: "none for a program with a handler",
	}, {
		ID: "no-wait", Title: "it never calls wait()",
		Why: "{culprit} does not ask for the exit status of its children",
		Do:  "restart {culprit}; its dead children are then reaped by its own parent or init", Risk: "interrupts its work",
	}, {
		ID: "unclear", Title: "the parent does not reap it",
		Why: "what could be read of {culprit} does not tell why it does not reap",
		Do:  "look again with the rights that are missing, or restart {culprit}", Risk: "a restart interrupts its work",
	},
}
