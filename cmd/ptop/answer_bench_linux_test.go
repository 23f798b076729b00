package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// idleProcesses makes n processes that sleep, one in a hundred of them dead, for the time of a benchmark.
func idleProcesses(b *testing.B, n int) {
	b.Helper()
	load := filepath.Join(b.TempDir(), "load")
	if out, err := exec.Command("gcc", "-O2", "-o", load, "../../internal/benchpeers/src/load.c").CombinedOutput(); err != nil {
		b.Fatalf("gcc: %v: %s", err, out)
	}
	cmd := exec.Command(load, strconv.Itoa(n-n/100), strconv.Itoa(n/100), "0")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	if said, _ := bufio.NewReader(out).ReadString('\n'); said != "ready\n" {
		b.Fatalf("the idle processes can't be made: %q", said)
	}
}

// How long a key takes to be answered on the terminal, by the program itself with its sampling loop, half a second between
// two readings: from the write of a cursor key to the cells of the cursor. The figures are milliseconds.
func BenchmarkKey(b *testing.B) {
	for _, n := range []int{300, 10_000} {
		for _, view := range []string{"list", "tree"} {
			b.Run(fmt.Sprintf("procs=%d/%s", n, view), func(b *testing.B) {
				idleProcesses(b, n)
				p := newPty(b)
				cmd := p.start(controlled(), nil, "ptop", "-d", "0.5", "--no-color", "--budget", "0", "--tree="+strconv.FormatBool(view == "tree"))
				p.waitFor("COMMAND")
				time.Sleep(3 * time.Second) // the readings have found their pace
				var took []float64
				for i := 0; b.Loop(); i++ {
					took = append(took, p.answer([]string{"\x1b[B", "\x1b[A"}[i%2]))
					time.Sleep(time.Duration(17+i%13) * time.Millisecond) // anywhere in a reading
				}
				slices.Sort(took)
				for _, q := range []struct {
					name string
					of   float64
				}{{"p50", .50}, {"p99", .99}, {"max", 1}} {
					b.ReportMetric(took[int(q.of*float64(len(took)-1))], q.name+"-ms")
				}
				p.typed("q")
				p.ends(cmd)
			})
		}
	}
}

// answer presses a cursor key and gives the milliseconds until cells in reverse have come, as the cursor's are.
func (p *pty) answer(key string) float64 {
	p.mu.Lock()
	p.output.Reset()
	p.mu.Unlock()
	began := time.Now()
	p.typed(key)
	for !strings.Contains(p.shown(), "\x1b[7m") {
		if time.Since(began) > patience {
			p.t.Fatal("a key is not answered")
		}
		time.Sleep(200 * time.Microsecond)
	}
	return float64(time.Since(began).Microseconds()) / 1000
}
