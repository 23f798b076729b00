package detail

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// inodeOf is the inode of one of our own descriptors.
func inodeOf(t *testing.T, c interface{ File() (*os.File, error) }) uint64 {
	t.Helper()
	file, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

// The other end of a Unix socket is told: by its name, or as a descriptor of the same process; and what waits to be read.
func TestUnixPeers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := listener.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	near, far := inodeOf(t, client), inodeOf(t, server)

	sockets := make(map[uint64]pcb.Socket)
	for _, s := range read(t, New(""), pcb.ID{PID: int32(os.Getpid())}).Sockets {
		sockets[s.Inode] = s
	}
	if got, want := sockets[near].Remote, fmt.Sprintf("its own descriptor %d", sockets[far].FD); got != want {
		t.Errorf("the client's peer is %q, want %q", got, want)
	}
	if s := sockets[far]; s.RecvQ != 5 || s.Local != path || s.State != "CONNECTED" {
		t.Errorf("the server's end is %+v, want 5 bytes to read", s)
	}
	if s := sockets[inodeOf(t, listener)]; s.State != "LISTEN" || s.Remote != "" {
		t.Errorf("the listener is %+v", s)
	}

	g := &reading{Reader: New(""), place: place{dir: "/proc/self"}}
	alone := []pcb.Socket{{Proto: "unix", Inode: near}} // as a process has it that does not hold the other end
	g.addPeers(alone)
	if alone[0].Remote != path {
		t.Errorf("the peer with a name is %q, want %q", alone[0].Remote, path)
	}
	nameless := []pcb.Socket{{Proto: "unix", Inode: far}}
	g.addPeers(nameless)
	if want := fmt.Sprintf("socket:[%d]", near); nameless[0].Remote != want {
		t.Errorf("the peer without a name is %q, want %q", nameless[0].Remote, want)
	}
}

func TestUnixDiagOfNonsense(t *testing.T) {
	for _, data := range [][]byte{nil, make([]byte, unixDiagHead-1), append(make([]byte, unixDiagHead), 3, 0, 9, 9)} {
		if _, s, ok := parseUnixDiag(data); ok {
			t.Errorf("%v gave %+v", data, s)
		}
	}
}
