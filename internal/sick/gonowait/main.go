// Gonowait is a sick case as a Go program: it starts a child and never waits for it. The Go runtime catches every signal,
// so that the mask of caught ones says nothing about SIGCHLD.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"time"
)

func main() {
	report := os.NewFile(3, "report")
	child := exec.Command("true")
	if err := child.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintf(report, "main %d\nzombie %d\nready 0\n", os.Getpid(), child.Process.Pid)
	report.Close()
	time.Sleep(5 * time.Minute)
}
