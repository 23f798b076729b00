package pcb

// Outcome is what became of one action on one process.
type Outcome struct {
	ID   ID
	Name string
	Did  string // what was done, in words: "sent SIGTERM", "reniced 12 of 12 threads to 10"
	Err  error  // nil when it was done; its text says what was attempted and what to do
}

// Scope is whom an action reaches beside those that were named.
type Scope uint8

// The scopes. Subtree adds all descendants, Group everybody in the process groups of those that were named.
const (
	Alone Scope = iota
	Subtree
	Group
)

func (s Scope) String() string { return [...]string{"process", "subtree", "group"}[s] }

// Target is processes bound by identity when a dialog opened or an ID was resolved: what is done through it
// reaches them or nobody. internal/act gives it; the screens only see this.
type Target interface {
	// Signal sends sig to every bound process, or to those alone that are named, in their order.
	Signal(sig Signal, to ...ID) []Outcome
	// Set gives every bound process the setting: each of its threads, where these have their own.
	Set(Setting) []Outcome
	// Look tells how the bound processes are now.
	Look() Members
	// Extend binds who has come into the target's scope since the last look, and gives them. Of a target that holds on
	// to those alone that were named there are none.
	Extend() Members
	// Close lets go of them.
	Close()
}

// Member is one bound process as it is now.
type Member struct {
	ID   ID
	Name string
	// State is the kernel's letter (status State); 'Z' for one that is dead as a whole, and 0 when it is no more, or could
	// not be read.
	State byte
	Gone  bool // it has ended; a zombie has
	Named bool // it was asked for by its ID, and is not only in scope
}

// Members is the processes of a Target.
type Members []Member

// Gone lists those that have ended.
func (m Members) Gone() []ID {
	return m.ids(func(one *Member) bool { return one.Gone })
}

// Living lists those that have not.
func (m Members) Living() []ID {
	return m.ids(func(one *Member) bool { return !one.Gone })
}

// Stopped lists those that a signal has stopped; those that a tracer holds are none.
func (m Members) Stopped() []ID {
	return m.ids(func(one *Member) bool { return one.State == 'T' })
}

func (m Members) ids(is func(*Member) bool) []ID {
	var out []ID
	for i := range m {
		if is(&m[i]) {
			out = append(out, m[i].ID)
		}
	}
	return out
}
