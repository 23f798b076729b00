// Command ptop is a terminal process monitor for Linux servers whose heart is diagnosis: it finds zombies, orphans,
// runaway CPU, context-switch storms and their relatives, says why, with evidence from the kernel, and what to do.
package main

import (
	"context"
	"os"

	"ptop/internal/cli"
	"ptop/ui"
)

func main() {
	ui.GuardMain()
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
