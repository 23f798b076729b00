package pcb

// Outcome is what became of one action on one process.
type Outcome struct {
	ID   ID
	Name string
	Did  string // what was done, in words: "sent SIGTERM", "reniced 12 of 12 threads to 10"
	Err  error  // nil when it was done; its text says what was attempted and what to do
}

// Target is processes bound by identity when a dialog opened or an ID was resolved: what is done through it
// reaches them or nobody. internal/act gives it; the screens only see this.
type Target interface {
	// Signal sends sig to every bound process.
	Signal(sig Signal) []Outcome
	// Renice sets the nice value of every thread of every bound process.
	Renice(nice int) []Outcome
	// Gone reports which bound processes have ended meanwhile.
	Gone() []ID
	// Close lets go of them.
	Close()
}
