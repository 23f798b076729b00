package collect

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"ptop/pcb"
)

// sources is which source a Collector reads by, and why by no better one.
type sources struct {
	wanted  Source
	load    Load
	settled bool        // which it is to be has been decided, but for what is being loaded
	loading chan loaded // of what is being loaded, or is to be; nil for nothing
	begun   bool        // to load it
	why     string      // the task iterator is not used; empty when it is, or was not wanted
}

type loaded struct {
	iter *iterator
	err  error
}

// settle decides by which source the reading that begins now is made.
func (c *Collector) settle() error {
	c.install()
	if c.sources.settled {
		return nil
	}
	switch s := &c.sources; {
	case s.wanted == SourceProc, s.wanted == SourceTaskstats:
		s.settled = true
	case s.wanted == SourceBPF:
		if why := c.iteratorRefused(); why != "" {
			return fmt.Errorf("collect: --source %s: %s", s.wanted, why)
		}
		iter, err := openIterator()
		if err != nil {
			return fmt.Errorf("collect: --source %s: %w", s.wanted, err)
		}
		c.iter = iter
		s.settled = true
	default:
		c.settleAuto()
	}
	return nil
}

func (c *Collector) settleAuto() {
	s := &c.sources
	s.settled = true
	if s.why = c.iteratorRefused(); s.why != "" {
		return
	}
	switch s.load {
	case LoadIfMany:
		if err := c.list(); err == nil && len(c.pids) < manyProcesses {
			s.why = fmt.Sprintf("for one reading of %d processes it would cost more to load than it saves", len(c.pids))
			return
		}
	case LoadBehind:
		s.why = "it is being loaded"
		s.loading = make(chan loaded, 1)
		return
	}
	c.use(openIterator())
}

// loadBehind begins to load the task iterator after the first reading.
func (c *Collector) loadBehind() {
	s := &c.sources
	if s.loading == nil || s.begun {
		return
	}
	s.begun = true
	go func(done chan<- loaded) {
		iter, err := openIterator()
		done <- loaded{iter, err}
	}(s.loading)
}

// install takes what has been loaded meanwhile.
func (c *Collector) install() {
	select {
	case done := <-c.sources.loading:
		c.sources.loading = nil
		c.use(done.iter, done.err)
	default:
	}
}

func (c *Collector) use(iter *iterator, err error) {
	c.iter, c.sources.why = iter, ""
	if err != nil {
		c.sources.why = err.Error()
	}
}

// iteratorRefused says why the task iterator need not be tried; empty when it may work.
func (c *Collector) iteratorRefused() string {
	switch {
	case c.place.foreignWhy != "":
		return "it tells of the processes that ptop itself could see, and " + c.place.foreignWhy
	case !firstUserNamespace():
		return "it needs rights in the first user namespace, and ptop is in another"
	case !hasCapability(capSysAdmin) && !(hasCapability(capBPF) && hasCapability(capPerfmon)):
		return "it needs CAP_BPF and CAP_PERFMON, or root"
	}
	return ""
}

// firstUserNamespace reports whether ptop is in the user namespace in which the machine was started, as far as its map of
// users tells.
func firstUserNamespace() bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	if errors.Is(err, os.ErrNotExist) { // a kernel without user namespaces
		return true
	}
	fields := bytes.Fields(text)
	return err == nil && len(fields) == 3 && string(fields[0]) == "0" && string(fields[1]) == "0" && string(fields[2]) == "4294967295"
}

// Capabilities (linux/capability.h).
const (
	capNetAdmin  = 12
	capSysPtrace = 19
	capSysAdmin  = 21
	capPerfmon   = 38
	capBPF       = 39
)

// hasCapability reports whether ptop has a capability in effect.
func hasCapability(number int) bool {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(text, []byte("\nCapEff:\t"))
	return hexadecimal(rest)&(1<<number) != 0
}

// told says in the Snapshot by which source it was made, and why by no better one.
func (c *Collector) told(s *pcb.Snapshot) {
	s.Source = string(SourceProc)
	if c.iter != nil {
		s.Source = string(SourceBPF)
	}
	if c.sources.why != "" {
		s.FallbackReason = "the task iterator is not used: " + c.sources.why
	}
}
