// Command ptop is a terminal process monitor for Linux servers whose heart is diagnosis: it finds zombies, orphans,
// runaway CPU, context-switch storms and their relatives, says why, with evidence from the kernel, and what to do.
package main

import (
	"context"
	"os"
	"runtime"

	"ptop/internal/cli"
	"ptop/ui"
)

func main() {
	ui.GuardMain()
	useOneCPU()
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// useOneCPU has ptop's goroutines run one at a time. There is little that they could do at once, and on a machine with nothing to
// spare Go's scheduler would have threads on other CPUs look for work, and its collector a quarter of all CPUs for itself. A
// goroutine that waits in a system call holds up no other. Who set GOMAXPROCS has a say already.
func useOneCPU() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}
