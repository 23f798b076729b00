// Package detail reads one process in depth, on demand: its files, sockets, threads, maps, limits, namespaces,
// cgroup and what it does in the kernel. Nothing in it waits for ever: what the kernel can block has a deadline and
// a bounded number of threads to lose. What could not be read is said, part by part.
package detail

import "errors"

// ErrEnded is why a process could not be read that is not there any more.
var ErrEnded = errors.New("has ended")
