//go:build !linux

package ui

// GuardMain does nothing: there is a guard of the terminal on Linux alone.
func GuardMain() {}
