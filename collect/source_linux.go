package collect

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"ptop/pcb"
)

// sources is which source a Collector reads by, and why by no better one.
type sources struct {
	wanted       Source
	load         Load
	settled      bool        // which it is to be has been decided, but for what is being loaded
	loading      chan loaded // of what is being loaded, or is to be; nil for nothing
	begun        bool        // to load it
	noIterator   string      // why the task iterator is not used; empty when it is, or is not wanted
	noStatistics string      // the same of taskstats
}

type loaded struct {
	iter *iterator
	err  error
}

// settle decides by which source the reading that begins now is made. An error is that the one which was asked for can't
// be used.
func (c *Collector) settle() error {
	c.install()
	s := &c.sources
	if s.settled {
		return nil
	}
	s.settled = true
	var err error
	switch s.wanted {
	case SourceProc:
	case SourceTaskstats:
		err = c.openStatistics()
	case SourceBPF:
		if err = c.mayIterate(); err == nil {
			c.iter, err = openIterator()
		}
	default:
		c.settleAuto()
	}
	if err != nil {
		return fmt.Errorf("source %s can't be used: %w", s.wanted, err)
	}
	return nil
}

func (c *Collector) settleAuto() {
	s := &c.sources
	if err := c.mayIterate(); err != nil {
		c.use(nil, err)
		return
	}
	threads := tasksOfMachine()
	many := threads >= manyTasks
	switch {
	case s.load == LoadIfMany && threads > 0 && !many:
		s.noIterator = fmt.Sprintf("for one reading of %d threads it would cost more to load than it saves", threads)
	case s.load == LoadBehind && !many:
		s.noIterator = "it is being loaded"
		s.loading = make(chan loaded, 1)
	default:
		c.use(openIterator())
	}
}

// tasksOfMachine is how many threads there are, by the fourth figure of loadavg; 0 when that can't be told.
func tasksOfMachine() int {
	text, err := os.ReadFile("/proc/loadavg")
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 4 {
		return 0
	}
	_, all, _ := bytes.Cut(fields[3], []byte("/"))
	n, _ := strconv.Atoi(string(all))
	return n
}

// loadBehind begins to load the task iterator, if that is to be done behind the first reading and was not begun.
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

// use goes on with the task iterator, or, where that can't be had, with the next best.
func (c *Collector) use(iter *iterator, err error) {
	s := &c.sources
	c.iter, s.noIterator = iter, ""
	if err == nil {
		return
	}
	s.noIterator = err.Error()
	if err := c.openStatistics(); err != nil {
		s.noStatistics = err.Error()
	}
}

// mayIterate says why the task iterator need not be tried.
func (c *Collector) mayIterate() error {
	switch err := c.ownKernel(); {
	case err != nil:
		return err
	case !firstUserNamespace():
		return errors.New("it needs rights in the first user namespace, and ptop is in another")
	case !hasCapability(capSysAdmin) && !(hasCapability(capBPF) && hasCapability(capPerfmon)):
		return errors.New("it needs CAP_BPF and CAP_PERFMON, or root")
	}
	return nil
}

// openStatistics begins to use taskstats.
func (c *Collector) openStatistics() error {
	if err := c.ownKernel(); err != nil {
		return fmt.Errorf("no taskstats: %w", err)
	}
	if !hasCapability(capNetAdmin) {
		return errors.New("no taskstats: it needs CAP_NET_ADMIN, or root")
	}
	var err error
	c.stats, err = openStatistics()
	return err
}

// ownKernel reports whether the pids that are read are those that the kernel knows ptop's own namespace by.
func (c *Collector) ownKernel() error {
	if c.place.foreignWhy != "" {
		return errors.New(c.place.foreignWhy)
	}
	return nil
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

// Survey tries every source of a /proc, and says which can be used.
func Survey(root string) []Availability {
	var all []Availability
	for _, source := range Sources[1:] {
		c, err := New(Options{Root: root, Source: source})
		if err == nil {
			err = c.Close()
		} else if inner := errors.Unwrap(err); inner != nil {
			err = inner // without saying again which source it is
		}
		all = append(all, Availability{source, err})
	}
	return all
}

// told says in the Snapshot by which source it was made, and why by no better one.
func (c *Collector) told(s *pcb.Snapshot) {
	s.Source = string(SourceProc)
	switch {
	case c.iter != nil:
		s.Source = string(SourceBPF)
		return
	case c.stats != nil:
		s.Source = string(SourceTaskstats)
	}
	if why := c.sources.noIterator; why != "" {
		s.FallbackReason = "no task iterator: " + why
	}
	if why := c.sources.noStatistics; why != "" {
		s.FallbackReason += "; " + why
	}
}
