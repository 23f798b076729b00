//go:build unix

package cli

import (
	"io/fs"
	"os"
	"syscall"
)

// ownAs gives a new file or directory, which is open, the owner of another: of the file that it replaces, or of the
// directory that it is in. What root saves in the home of another, as under sudo, has to be that one's to read. It goes by
// the descriptor: whose home it is can have put something else under the name.
func ownAs(file *os.File, model fs.FileInfo) error {
	have, err := file.Stat()
	if err != nil {
		return err
	}
	is, isOK := have.Sys().(*syscall.Stat_t)
	want, wantOK := model.Sys().(*syscall.Stat_t)
	if !isOK || !wantOK || is.Uid == want.Uid && is.Gid == want.Gid {
		return nil
	}
	return file.Chown(int(want.Uid), int(want.Gid))
}

// mayOwn reports whether what this user makes can be another's.
func mayOwn() bool { return os.Geteuid() == 0 }

// openDir opens a directory that was just made, and nothing that has taken its place.
func openDir(dir string) (*os.File, error) {
	return os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
}
