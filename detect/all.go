package detect

// All is every detector, in the order in which findings of one severity are told.
var All = []*Detector{
	zombie, orphan,
	runawayCPU, syscallSpin, ctxStorm, cpuContended, cpuStarved,
	memoryLeak, fdLeak, threadLeak,
	cgroupThrottled, oomRisk, pidExhaustion,
	deadlock, priorityInversion, hungTask,
	forkChurn,
	stoppedJob,
	termBlocked, termIgnored, pid1NoTerm,
	deletedExe,
}
