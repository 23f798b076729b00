package cli

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"ptop/internal/sanitize"
	"ptop/ui"
)

// exitCode is what ptop tells its caller. --check has the monitoring plugins' codes instead, which share the numbers.
type exitCode int

// The exit codes, as --help documents them.
const (
	exitDone     exitCode = 0 // what was asked for was done
	exitFailed   exitCode = 1 // an action or a write failed
	exitUsage    exitCode = 2 // bad usage or input; nothing was done
	exitPartial  exitCode = 3 // --strict: something was hidden or denied
	exitUnknown  exitCode = 3 // --check: the state could not be told
	exitSignal   exitCode = 128
	exitCodeHelp          = "0 done; 1 an action or a write failed; 2 bad usage or input; 3 with --strict: partly seen;\n" +
		"128 and more: ended by a signal that stands for a fault;\n" +
		"with --check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN"
)

// usageError is bad input: a flag, a filter, a configuration file, a pid. It ends ptop with exitUsage.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// usage marks err, which may be nil, as bad input.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// sourceError is a /proc that can't be read.
type sourceError struct{ err error }

func (e sourceError) Error() string { return e.err.Error() }
func (e sourceError) Unwrap() error { return e.err }

// oneLine is an error as it may go to a terminal.
func oneLine(err error) string {
	return sanitize.Text(strings.ReplaceAll(err.Error(), "\n", " "))
}

// codeOf is the exit code that an error stands for. A reader that has gone away is no failure: `ptop --json | head -1`.
func codeOf(err error) exitCode {
	var bad usageError
	var unreadable sourceError
	var ended ui.Ended
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitDone
	case errors.As(err, &bad), errors.As(err, &unreadable):
		return exitUsage
	case errors.As(err, &ended):
		return exitSignal + exitCode(ended.Signal)
	}
	return exitFailed
}
