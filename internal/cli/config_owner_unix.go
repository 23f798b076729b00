//go:build unix

package cli

import (
	"io/fs"
	"os"
	"syscall"
)

// ownAs gives a new file or directory the owner of another: of the file that it replaces, or of the directory that it is
// in. What root saves in the home of another, as under sudo, has to be that one's to read.
func ownAs(path string, model fs.FileInfo) error {
	have, err := os.Lstat(path)
	if err != nil {
		return err
	}
	is, isOK := have.Sys().(*syscall.Stat_t)
	want, wantOK := model.Sys().(*syscall.Stat_t)
	if !isOK || !wantOK || is.Uid == want.Uid && is.Gid == want.Gid {
		return nil
	}
	return os.Lchown(path, int(want.Uid), int(want.Gid))
}

// mayOwn reports whether what this user makes can be another's.
func mayOwn() bool { return os.Geteuid() == 0 }
