//go:build !amd64 && !arm64

package detail

// archSyscallNames is empty: of this architecture only the shared numbers are known.
const archSyscallNames = ""
