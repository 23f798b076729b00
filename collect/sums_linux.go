package collect

import (
	"fmt"
	"time"

	"ptop/collect/taskstats"
	"ptop/pcb"
)

// statistics asks for processes' sums by taskstats.
type statistics struct {
	client  *taskstats.Client
	queries []taskstats.Query
}

func openStatistics() (*statistics, error) {
	client, err := taskstats.Open()
	if err != nil {
		return nil, err
	}
	return &statistics{client: client}, nil
}

func (t *statistics) close() { _ = t.client.Close() } // the socket goes with the process at the latest

// askStatistics gives the processes the sums of taskstats. Where they fail, /proc's stand from then on.
func (c *Collector) askStatistics(s *pcb.Snapshot) error {
	if c.stats == nil {
		return nil
	}
	err := c.stats.sum(s, c.clocks.mono)
	if err == nil {
		return nil
	}
	if c.sources.wanted == SourceTaskstats {
		return fmt.Errorf("collect: %w", err)
	}
	c.stats.close()
	c.stats, c.sources.noStatistics = nil, err.Error()
	return nil
}

// sum replaces the processes' switches and times, which /proc gives of living threads and of some processes only, by the
// kernel's own sums. An error is one of asking at all.
func (t *statistics) sum(s *pcb.Snapshot, clock func() time.Duration) error {
	t.queries = t.queries[:0]
	for i := range s.Procs {
		t.queries = append(t.queries, taskstats.Query{PID: s.Procs[i].PID})
	}
	begun := clock()
	if err := t.client.Read(t.queries); err != nil {
		return err
	}
	took := clock() - begun
	for i := range t.queries {
		at := begun + took*time.Duration(i)/time.Duration(len(t.queries))
		give(&s.Procs[i], &t.queries[i], at)
	}
	return nil
}

// give hands the answer to a process.
func give(p *pcb.Process, q *taskstats.Query, at time.Duration) {
	if !q.Have.Has(taskstats.Switches | taskstats.RunTime | taskstats.RunDelay) { // ended, or not kept by this kernel
		return
	}
	p.Voluntary, p.Involuntary, p.RunTime, p.RunDelay, p.SwitchesAt = q.Voluntary, q.Involuntary, q.RunTime, q.RunDelay, at
	const groups = pcb.FieldSwitches | pcb.FieldSwitchesSum | pcb.FieldSched | pcb.FieldSchedSum
	p.Have |= groups
	p.Denied &^= groups
	p.FromTaskstats |= groups
}
