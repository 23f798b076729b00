package column

import (
	"fmt"
	"strings"

	"ptop/internal/near"
)

// WhereListed says where all columns are to be found; the screens replace it by what holds there.
const WhereListed = "--help-columns lists all"

// Unknown is the error for a column that does not exist, with the nearest that does.
func Unknown(id string) error {
	if near := Nearest(id); near != "" {
		return fmt.Errorf("unknown column %q (did you mean %s?); %s", id, near, WhereListed)
	}
	return fmt.Errorf("unknown column %q; %s", id, WhereListed)
}

// customary is what other tools call a column.
var customary = map[string]string{
	"%cpu": "cpu_percent", "cpu%": "cpu_percent", "pcpu": "cpu_percent", "%mem": "mem_percent", "pmem": "mem_percent", "mem": "mem_percent",
	"memory": "rss_bytes", "res": "rss_bytes", "rss": "rss_bytes", "vsz": "vsize_bytes", "virt": "vsize_bytes", "shr": "shared_bytes",
	"s": "state", "stat": "state", "status": "state", "ni": "nice", "pri": "priority", "thr": "threads", "nlwp": "threads", "time": "cpu_time_seconds",
	"time+": "cpu_time_seconds", "cputime": "cpu_time_seconds", "etime": "age_seconds", "etimes": "age_seconds", "elapsed": "age_seconds", "start": "start_time", "stime": "start_time",
	"args": "cmdline", "cmd": "command", "ucmd": "comm", "psr": "processor", "lwp": "tid", "euser": "user", "cls": "policy", "switches": "ctx_per_s",
}

// Nearest gives the ID of the column that was probably meant; empty when none is near.
func Nearest(id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	if id == "" {
		return ""
	}
	if known, ok := customary[id]; ok {
		return known
	}
	ids := make([]string, len(All))
	for i, c := range All {
		ids[i] = c.ID
	}
	return near.Name(id, ids)
}
