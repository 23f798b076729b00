package detect

// All is every detector, in the order in which findings of one severity are told.
var All = []*Detector{
	zombie, orphan,
	runawayCPU, syscallSpin, ctxStorm, cpuContended, cpuStarved,
	memoryLeak, fdLeak, threadLeak,
	stoppedJob,
	cgroupThrottled, oomRisk, pidExhaustion,
	termBlocked, termIgnored,
}
