package collect

// Source is a reader of the processes.
type Source string

// The sources, the best first.
const (
	SourceAuto      Source = "auto"      // the best of those below that is allowed
	SourceBPF       Source = "bpf"       // the kernel's task iterator: everything but the texts in one read
	SourceTaskstats Source = "taskstats" // /proc, with the sums over threads by taskstats
	SourceProc      Source = "proc"      // /proc alone
)

// Sources is what can be asked for, the default first.
var Sources = []Source{SourceAuto, SourceBPF, SourceTaskstats, SourceProc}

// Availability is whether a source can be used here.
type Availability struct {
	Source Source
	Err    error // one sentence: what it lacks; nil when it can
}

// Load says when the task iterator is loaded, which takes some 60 ms of CPU time, once.
type Load uint8

// The occasions.
const (
	LoadBehind Load = iota // beside what follows the first reading, which is by /proc, unless there are many: a screen stands at once
	LoadFirst              // before the first reading: the answer is made of several
	LoadIfMany             // before the only reading, where there are many
)

// manyTasks is from how many threads on a reading by /proc costs more, and takes longer, than to load the task iterator.
const manyTasks = 3000
