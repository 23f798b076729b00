// Package taskstats asks the kernel over generic netlink for the sums over a process's threads, those that ended included.
package taskstats

import (
	_ "github.com/mdlayher/genetlink"
	_ "github.com/mdlayher/netlink"
)
