package collect

import (
	"errors"
	"os/user"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestNamesOfThisMachine(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(me.Uid, 10, 32)
	if err != nil {
		t.Skipf("users have no numbers on %s", runtime.GOOS)
	}
	n := newNames()
	if got := n.user(uint32(uid)); got != me.Username {
		t.Errorf("user %d is %q, want %q", uid, got, me.Username)
	}
	if got := n.user(4294967294); got != "" {
		t.Errorf("user 4294967294 is %q, there should be none", got)
	}
	if g, err := user.LookupGroupId(me.Gid); err == nil {
		gid, _ := strconv.ParseUint(me.Gid, 10, 32)
		if got := n.group(uint32(gid)); got != g.Name {
			t.Errorf("group %d is %q, want %q", gid, got, g.Name)
		}
	}
}

// directory answers lookups when it is told to.
type directory struct {
	mu    sync.Mutex
	asked map[string]int
	open  chan struct{}
}

func newDirectory() *directory {
	return &directory{asked: map[string]int{}, open: make(chan struct{})}
}

func (d *directory) look(id string) (string, error) {
	d.mu.Lock()
	d.asked[id]++
	d.mu.Unlock()
	<-d.open
	if id == "7" {
		return "", errors.New("unknown")
	}
	return "user" + id, nil
}

func (d *directory) times(id string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked[id]
}

func TestNameIsAskedForOnce(t *testing.T) {
	d := newDirectory()
	close(d.open)
	c := nameCache{look: d.look}
	for range 3 {
		if got := c.name(5); got != "user5" {
			t.Errorf("user 5 is %q", got)
		}
		if got := c.name(7); got != "" {
			t.Errorf("user 7, who has no name, is %q", got)
		}
	}
	if d.times("5") != 1 || d.times("7") != 1 {
		t.Errorf("asked %d and %d times, want once each", d.times("5"), d.times("7"))
	}
}

// A server that does not answer is waited for once; who asks afterwards goes on at once, and gets the name when it comes.
func TestNameThatComesLate(t *testing.T) {
	d := newDirectory()
	c := nameCache{look: d.look}
	if got := c.name(1); got != "" {
		t.Fatalf("user 1 is %q before any answer", got)
	}
	start := time.Now()
	for id := uint32(1); id < 300; id++ {
		if got := c.name(id); got != "" {
			t.Fatalf("user %d is %q before any answer", id, got)
		}
	}
	if took := time.Since(start); took > 100*nameWait {
		t.Errorf("299 unanswered lookups took %v: each was waited for", took)
	}
	close(d.open)
	for deadline := time.Now().Add(time.Minute); c.name(1) != "user1" || c.name(299) != "user299"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the late answers were not picked up: %q, %q", c.name(1), c.name(299))
		}
	}
	if d.times("1") != 1 {
		t.Errorf("user 1 was asked for %d times", d.times("1"))
	}
}

// A failing lookup, later, does not take a name away.
func TestNameIsKept(t *testing.T) {
	fail := false
	c := nameCache{look: func(string) (string, error) {
		if fail {
			return "", errors.New("no connection")
		}
		return "kim", nil
	}}
	if c.name(1) != "kim" {
		t.Fatal("no name at first")
	}
	fail = true
	c.known[1].asked = time.Now().Add(-2 * nameAge)
	c.name(1)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		asked, answered := !c.known[1].found, c.known[1].answer == nil
		c.mu.Unlock()
		if asked && answered {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the name was not asked for again")
		}
	}
	if got := c.name(1); got != "kim" {
		t.Errorf("the name is %q after a lookup that failed", got)
	}
}

func TestNameHitAllocatesNothing(t *testing.T) {
	n := newNames()
	n.user(0)
	n.user(4294967294)
	n.group(0)
	if a := testing.AllocsPerRun(100, func() { n.user(0); n.user(4294967294); n.group(0) }); a != 0 {
		t.Errorf("%v allocations for names that are known", a)
	}
}
