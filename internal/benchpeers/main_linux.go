// Command benchpeers measures ptop beside its peers, top, htop, btop, ps and pstree, on the same load, in turn and
// repeatedly, with what a C program needs to read as much of /proc in the same run; and writes what it measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What is started dies with the thread that started it, which therefore has to last as long as the program.
func init() { runtime.LockOSThread() }

// options says what is measured.
type options struct {
	sizes    []int
	rounds   int
	each     time.Duration // of a screen in a round
	ptop     string        // the program
	variants []string      // values of --source; "auto" is ptop as it is called
	marks    string        // which benchmarks of collect
	out      string        // the document
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:])
	stop()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted; everything that was started is ended")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if err := install(ctx); err != nil {
		return err
	}
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer b.close()
	r, err := b.measure(ctx)
	if err != nil {
		return err
	}
	failed := r.addMarks(ctx, o.marks)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	fmt.Print(r.conclusion())
	if err := os.WriteFile(o.out, []byte(r.document()), 0o644); err != nil {
		return err
	}
	progress("%s is written", o.out)
	return failed
}

// parse reads the command line, which is make's.
func parse(args []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("benchpeers", flag.ContinueOnError)
	sizes := flags.String("sizes", "300 3000 10000", "numbers of idle processes")
	variants := flags.String("variants", "auto", "ptop's --source in turn")
	seconds := flags.Int("seconds", 10, "seconds that a screen is measured in a round")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds of the screens")
	flags.StringVar(&o.ptop, "ptop", "ptop", "the program")
	flags.StringVar(&o.marks, "bench", "Scan|Floor|Iterat", "benchmarks of collect")
	flags.StringVar(&o.out, "out", "docs/performance.md", "the document")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for _, word := range strings.Fields(*sizes) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return o, fmt.Errorf("SIZES: %q is no number of processes", word)
		}
		o.sizes = append(o.sizes, n)
	}
	o.variants = strings.Fields(*variants)
	if len(o.sizes) == 0 || len(o.variants) == 0 || o.rounds < 1 || *seconds < 1 {
		return o, errors.New("SIZES, PTOP_VARIANTS, ROUNDS and SECONDS_EACH must name at least one")
	}
	o.each = time.Duration(*seconds) * time.Second
	var err error
	o.ptop, err = filepath.Abs(o.ptop)
	return o, err
}

// progress tells on stderr what is being done.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench-peers: "+format+"\n", args...)
}
