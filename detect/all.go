package detect

// All is every detector, in the order in which findings of one severity are told.
var All = []*Detector{
	zombie, orphan,
	runawayCPU, syscallSpin, ctxStorm, cpuContended, cpuStarved,
	forkChurn,
	stoppedJob,
	termBlocked, termIgnored,
}
