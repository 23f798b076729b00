package detail

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// What is asked of the kernel's socket diagnosis (linux/unix_diag.h).
const (
	udiagShowName  = 0x01
	udiagShowPeer  = 0x04
	udiagShowRQLen = 0x10

	unixDiagName  = 0
	unixDiagPeer  = 2
	unixDiagRQLen = 4

	unixDiagRequest = 24 // bytes of struct unix_diag_req
	unixDiagHead    = 16 // of struct unix_diag_msg, before the attributes
)

// unixSocket is what socket diagnosis tells of a Unix socket, and net/unix does not.
type unixSocket struct {
	name         string
	peer         uint64 // inode; 0 for none
	recvQ, sendQ uint64
}

// unixSockets reads the Unix sockets of ptop's own network namespace, by inode.
func unixSockets() (map[uint64]unixSocket, error) {
	conn, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return nil, fmt.Errorf("detail: opening socket diagnosis: %w", err)
	}
	defer conn.Close()
	request := make([]byte, unixDiagRequest)
	request[0] = unix.AF_UNIX
	binary.NativeEndian.PutUint32(request[4:], ^uint32(0)) // in every state
	binary.NativeEndian.PutUint32(request[12:], udiagShowName|udiagShowPeer|udiagShowRQLen)
	answers, err := conn.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.SOCK_DIAG_BY_FAMILY, Flags: netlink.Request | netlink.Dump}, Data: request,
	})
	if err != nil {
		return nil, fmt.Errorf("detail: asking for Unix sockets: %w", err)
	}
	out := make(map[uint64]unixSocket, len(answers))
	for _, a := range answers {
		if inode, s, ok := parseUnixDiag(a.Data); ok {
			out[inode] = s
		}
	}
	return out, nil
}

// parseUnixDiag reads one socket: a struct unix_diag_msg and attributes.
func parseUnixDiag(data []byte) (inode uint64, s unixSocket, ok bool) {
	if len(data) < unixDiagHead {
		return 0, s, false
	}
	attributes, err := netlink.UnmarshalAttributes(data[unixDiagHead:])
	if err != nil {
		return 0, s, false
	}
	for _, a := range attributes {
		switch {
		case a.Type == unixDiagName:
			s.name = strings.TrimRight(string(a.Data), "\x00")
			if rest, abstract := strings.CutPrefix(s.name, "\x00"); abstract {
				s.name = "@" + rest // as net/unix has it
			}
		case a.Type == unixDiagPeer && len(a.Data) >= 4:
			s.peer = uint64(binary.NativeEndian.Uint32(a.Data))
		case a.Type == unixDiagRQLen && len(a.Data) >= 8:
			s.recvQ, s.sendQ = uint64(binary.NativeEndian.Uint32(a.Data)), uint64(binary.NativeEndian.Uint32(a.Data[4:]))
		}
	}
	return uint64(binary.NativeEndian.Uint32(data[4:])), s, true
}

// addPeers tells of Unix sockets who is at the other end, and what waits in them: the peer's name, or the descriptor when the
// process holds that end as well, or its number. Of another network namespace it can't be asked.
func (g *reading) addPeers(sockets []pcb.Socket) {
	if !hasUnix(sockets) || g.root != "/proc" || !sameNetwork(g.dir) {
		return
	}
	known, err := unixSockets()
	if err != nil {
		return // a kernel without unix_diag: what net/unix tells stands
	}
	own := make(map[uint64]int, len(sockets))
	for _, s := range sockets {
		own[s.Inode] = s.FD
	}
	for i := range sockets {
		s := &sockets[i]
		u, found := known[s.Inode]
		if s.Proto != "unix" || !found {
			continue
		}
		s.RecvQ, s.SendQ = u.recvQ, u.sendQ
		fd, ours := own[u.peer]
		switch {
		case u.peer == 0:
		case ours:
			s.Remote = fmt.Sprintf("its own descriptor %d", fd)
		case known[u.peer].name != "":
			s.Remote = known[u.peer].name
		default:
			s.Remote = fmt.Sprintf("socket:[%d]", u.peer)
		}
	}
}

func hasUnix(sockets []pcb.Socket) bool {
	for i := range sockets {
		if sockets[i].Proto == "unix" {
			return true
		}
	}
	return false
}

func sameNetwork(dir string) bool {
	theirs, err1 := os.Readlink(filepath.Join(dir, "ns", "net"))
	ours, err2 := os.Readlink("/proc/self/ns/net")
	return err1 == nil && err2 == nil && theirs == ours
}
