//go:build !unix

package cli

import (
	"io/fs"
	"os"
)

// ownAs does nothing: a new file has the owner and the rights that its directory gives it.
func ownAs(*os.File, fs.FileInfo) error { return nil }

func mayOwn() bool { return false }

func openDir(dir string) (*os.File, error) { return os.Open(dir) }
