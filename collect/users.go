package collect

import (
	"os/user"
	"strconv"
	"sync"
	"time"
)

// names tells the names of users and groups. A lookup can ask a directory server and wait long for it: it runs beside
// the scan, which waits for a first answer a second at most, and for all of a reading's first answers together.
type names struct {
	users, groups nameCache
}

func newNames() *names {
	var n names
	n.users.look = func(id string) (string, error) {
		u, err := user.LookupId(id)
		if err != nil {
			return "", err
		}
		return u.Username, nil
	}
	n.groups.look = func(id string) (string, error) {
		g, err := user.LookupGroupId(id)
		if err != nil {
			return "", err
		}
		return g.Name, nil
	}
	return &n
}

// user gives a user's name, group a group's: empty for one that has none, or as long as the lookup has not answered.
func (n *names) user(uid uint32) string  { return n.users.name(uid) }
func (n *names) group(gid uint32) string { return n.groups.name(gid) }

const (
	nameWait   = time.Second      // for a first answer
	nameAge    = 10 * time.Minute // after which a name is asked for again, beside the scan
	noNameAge  = time.Minute      // likewise where there was none
	lookupsMax = 4                // under way at once
)

// nameCache keeps the names of one kind.
type nameCache struct {
	look func(id string) (string, error)

	mu      sync.Mutex
	known   map[uint32]*nameEntry
	running int
	stuck   bool // a lookup was waited for in vain, and none has answered since
}

type nameEntry struct {
	name   string
	asked  time.Time
	answer chan struct{} // closed by the answer; nil when none is under way
	found  bool
}

// name gives the name of an id. It allocates nothing for one that is known.
func (c *nameCache) name(id uint32) string {
	c.mu.Lock()
	e := c.known[id]
	first := e == nil
	if first {
		if c.known == nil {
			c.known = map[uint32]*nameEntry{}
		}
		e = &nameEntry{}
		c.known[id] = e
	}
	if e.answer == nil && e.old() && c.running < lookupsMax {
		c.ask(id, e)
	}
	name, answer := e.name, e.answer
	wait := first && answer != nil && !c.stuck
	c.mu.Unlock()
	if !wait {
		return name
	}
	return c.await(e, answer)
}

func (e *nameEntry) old() bool {
	age := time.Since(e.asked)
	return age > nameAge || !e.found && age > noNameAge
}

// ask starts a lookup. The lock is held.
func (c *nameCache) ask(id uint32, e *nameEntry) {
	c.running++
	e.asked = time.Now()
	answer := make(chan struct{})
	e.answer = answer
	go func() {
		name, err := c.look(strconv.FormatUint(uint64(id), 10))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.running--
		c.stuck = false
		e.found, e.answer = err == nil, nil
		if e.found {
			e.name = name
		}
		close(answer)
	}()
}

// await waits for a first answer. Once one was waited for in vain no other is: a hundred users of a directory server
// that does not answer cost a second, not a hundred.
func (c *nameCache) await(e *nameEntry, answer chan struct{}) string {
	timer := time.NewTimer(nameWait)
	defer timer.Stop()
	select {
	case <-answer:
	case <-timer.C:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stuck = c.stuck || e.answer != nil
	return e.name
}
