//go:build !unix

package monitor

import "time"

func spent() (time.Duration, bool) { return 0, false }
