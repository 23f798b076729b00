package taskstats

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/mdlayher/genetlink"
	"golang.org/x/sys/unix"
)

// Figures says which figures of a Query are known.
type Figures uint8

const (
	Switches Figures = 1 << iota // Voluntary and Involuntary, of all threads that live
	Ended                        // those of the threads that ended are among them
	RunTime
	RunDelay
)

// Has reports whether all of these are known.
func (f Figures) Has(these Figures) bool { return f&these == these }

// Query is one process to be asked for, and the answer.
type Query struct {
	PID int32 // as the caller's pid namespace has it

	Have        Figures       // 0 when there is no such process any more
	Voluntary   uint64        // switches of a thread that waited
	Involuntary uint64        // switches of a thread that would have gone on
	RunTime     time.Duration // on a CPU, of all threads, the ended ones included, as the scheduler counts it (sum_exec_runtime)
	RunDelay    time.Duration // ready, and waiting for a CPU, of all threads, the ended ones included
}

// Client is a socket to the kernel with the memory for its answers. It is for one goroutine at a time.
type Client struct {
	conn *genetlink.Conn
	raw  syscall.RawConn
	wire wire
	have Figures // what this kernel tells

	qs   []Query // of the Read that goes on
	all  []int32 // their places
	zero []int32 // the places of those that were nothing but zeros
	err  error
	work func(fd uintptr) // c.read, bound once
}

var (
	errRight = errors.New("it takes CAP_NET_ADMIN in the first user namespace: run ptop as root")
	errLost  = errors.New("the answers are lost on their way, as if there were no room for them")
)

// Open makes sure that the kernel answers. The error is one sentence on what is missing.
func Open() (*Client, error) {
	conn, err := genetlink.Dial(nil)
	if err != nil {
		return nil, fmt.Errorf("no taskstats: no generic netlink: %w", err)
	}
	c := &Client{conn: conn}
	c.work = c.read
	if err := c.prepare(); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("no taskstats: %w", err)
	}
	return c, nil
}

// Close ends it.
func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) prepare() error {
	family, err := c.conn.GetFamily("TASKSTATS")
	switch {
	case errors.Is(err, os.ErrNotExist):
		return errors.New("this kernel has none (CONFIG_TASKSTATS), or none in this network namespace")
	case err != nil:
		return err
	}
	if c.raw, err = c.conn.SyscallConn(); err != nil {
		return err
	}
	_ = c.conn.SetReadBuffer(receiveBytes) // where that is not allowed, a batch takes several turns
	c.wire.init(family.ID)
	// From here on nobody but the kernel reaches the socket.
	var refused error
	err = c.raw.Control(func(fd uintptr) { refused = unix.Connect(int(fd), &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) })
	if err = errors.Join(err, refused); err != nil {
		return err
	}
	return c.probe()
}

// probe finds out by ptop itself, which has run, waited and switched, what this kernel tells.
func (c *Client) probe() error {
	c.have = Switches | Ended | RunTime | RunDelay
	qs := []Query{{PID: int32(os.Getpid())}}
	err := c.Read(qs)
	switch {
	case err != nil:
		return err
	case qs[0].Have == 0:
		return errors.New("the kernel does not find ptop by its pid")
	}
	self := &c.wire.answers[0].figures
	c.have = 0
	if self.voluntary+self.involuntary > 0 {
		c.have |= Switches
	}
	if self.runTime > 0 { // else without CONFIG_TASK_DELAY_ACCT
		c.have |= RunTime
	}
	if self.runs > 0 { // else, before 5.14, with nodelayacct
		c.have |= RunDelay
	}
	if c.have.Has(Switches) && c.keepsSwitches() {
		c.have |= Ended
	}
	if c.have == 0 {
		return errors.New("this kernel counts neither switches nor times in them")
	}
	return nil
}

// naps is how often the thread that is made to end switches.
const naps = 16

// keepsSwitches reports whether the kernel still has the switches of a thread of ptop's that ends now. It may lack one or two, which
// the thread made in the middle of its end.
func (c *Client) keepsSwitches() bool {
	before, ok := c.lost()
	if !ok || !hasEnded(endThread()) {
		return false
	}
	after, ok := c.lost()
	return ok && after-before < naps/2
}

// lost gives how many of ptop's own switches, those of its ended threads included, taskstats lacks.
func (c *Client) lost() (n int64, ok bool) {
	var use unix.Rusage
	qs := [1]Query{{PID: int32(os.Getpid())}}
	if unix.Getrusage(unix.RUSAGE_SELF, &use) != nil || c.Read(qs[:]) != nil {
		return 0, false
	}
	return int64(use.Nvcsw) + int64(use.Nivcsw) - int64(qs[0].Voluntary+qs[0].Involuntary), true
}

// endThread gives the id of a thread that has switched some times, and ends.
func endThread() int {
	id := make(chan int)
	go func() {
		runtime.LockOSThread() // never unlocked, so that the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			id <- endThread() // the main thread would not; while it is held here, another is taken
			runtime.UnlockOSThread()
			return
		}
		for range naps {
			_ = unix.Nanosleep(&unix.Timespec{Nsec: 1}, nil)
		}
		id <- unix.Gettid()
	}()
	return <-id
}

// hasEnded waits for the end of a thread, which takes less than a millisecond, and not for ever.
func hasEnded(tid int) bool {
	for range 500 {
		if unix.Tgkill(unix.Getpid(), tid, 0) == unix.ESRCH {
			return true
		}
		time.Sleep(100 * time.Microsecond)
	}
	return false
}

// Read asks for all of them. A process that there is no more keeps Have at 0. After an error, so does who was not yet asked for.
//
// No answer is waited for, since the kernel gives it before the question's call returns. That call waits while somebody else
// holds the kernel's one lock of generic netlink, which nothing here can bound.
func (c *Client) Read(qs []Query) error {
	for i := range qs {
		qs[i] = Query{PID: qs[i].PID}
	}
	c.qs, c.err = qs, nil
	if err := c.raw.Control(c.work); err != nil {
		c.err = err
	}
	c.qs = nil
	return c.err
}

// read asks for everybody as thread groups, and for those that are nothing but zeros then as tasks.
func (c *Client) read(fd uintptr) {
	c.all, c.zero = c.all[:0], c.zero[:0]
	for i := range c.qs {
		c.all = append(c.all, int32(i))
	}
	if c.err = c.ask(int(fd), byTGID, c.all); c.err == nil {
		c.err = c.ask(int(fd), byPID, c.zero)
	}
}

// ask goes through some of the queries in batches. It reorders which.
func (c *Client) ask(fd int, form uint16, which []int32) error {
	for len(which) > 0 {
		n := min(batch, len(which))
		if err := c.askBatch(fd, form, which[:n]); err != nil {
			return err
		}
		which = which[n:]
	}
	return nil
}

// askBatch asks until there is an answer for each, as long as each turn brings some.
func (c *Client) askBatch(fd int, form uint16, open []int32) error {
	w := &c.wire
	for len(open) > 0 {
		for k, i := range open {
			w.requests[k].form, w.requests[k].pid = form, c.qs[i].PID
		}
		if err := w.exchange(fd, len(open)); err != nil {
			return err
		}
		lost := open[:0]
		for k, i := range open {
			switch w.answers[k].state {
			case unanswered:
				lost = append(lost, i)
			case told:
				c.settle(i, form, &w.answers[k].figures)
			}
		}
		if len(lost) == len(open) {
			return errLost
		}
		open = lost
	}
	return nil
}

// settle takes up what was told of a query, as far as it means what it says.
func (c *Client) settle(i int32, form uint16, f *figures) {
	have := c.have
	switch {
	case form == byTGID && *f == figures{}:
		c.zero = append(c.zero, i)
		return
	case form == byPID && !have.Has(RunTime) && !have.Has(Ended):
		return // nothing is kept of any thread: it may be the main thread's part of one that had several
	case form == byPID:
		have |= Ended // it never had another thread
	case !have.Has(Ended) && f.voluntary == 0 && f.involuntary == 0:
		have &^= Switches // it had several threads, of whom none lives
	}
	q := &c.qs[i]
	q.Have = have
	q.Voluntary, q.Involuntary, q.RunTime, q.RunDelay = f.voluntary, f.involuntary, f.runTime, f.runDelay
}
