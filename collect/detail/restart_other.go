//go:build !linux

package detail

// Restart knows of no service: there is no systemd on this system.
func Restart(string) string { return "" }
