package detail

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"

	"ptop/pcb"
)

// sockets looks up the sockets among the open descriptors in the tables of the process's network namespace.
func (g *reading) sockets() {
	fds := make(map[uint64]int)
	for _, f := range g.d.Files {
		if inode, ok := socketInode(f.Target); ok {
			if _, twice := fds[inode]; !twice {
				fds[inode] = f.FD
			}
		}
	}
	if why := g.d.Problems[pcb.PartFiles]; why != "" {
		g.d.Problems[pcb.PartSockets] = why
	}
	if len(fds) == 0 {
		return
	}
	g.d.Sockets = plain(g, pcb.PartSockets, func() ([]pcb.Socket, error) {
		t := socketTable{fds: fds, dir: g.dir}
		err := errors.Join(t.add("unix", parseUnix), t.add("netlink", parseNetlink), t.add("packet", parsePacket))
		for _, proto := range ipProtos {
			err = errors.Join(err, t.add(proto, func(line string) (pcb.Socket, bool) { return parseIP(proto, line) }))
		}
		for inode, fd := range fds { // not bound yet, of another network namespace, or of a family without a table
			t.found = append(t.found, pcb.Socket{FD: fd, Proto: "socket", Inode: inode})
		}
		g.addPeers(t.found)
		sort.Slice(t.found, func(i, j int) bool { return t.found[i].FD < t.found[j].FD })
		return t.found, err
	})
}

func socketInode(target string) (uint64, bool) {
	text, ok := strings.CutPrefix(target, "socket:[")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64)
	return inode, err == nil
}

// socketTable moves sockets from fds, those looked for, to found.
type socketTable struct {
	dir   string
	fds   map[uint64]int
	found []pcb.Socket
}

func (t *socketTable) take(s pcb.Socket) {
	fd, ok := t.fds[s.Inode]
	if !ok {
		return
	}
	delete(t.fds, s.Inode)
	s.FD = fd
	t.found = append(t.found, s)
}

// ipProtos are the tables that are alike.
var ipProtos = []string{"tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6"}

// parseIP reads a line of net/tcp or one of its like: number, local and remote address, state, queues, timer,
// retransmits, user, timeout, inode.
func parseIP(proto, line string) (pcb.Socket, bool) {
	field := strings.Fields(line)
	if len(field) < 10 {
		return pcb.Socket{}, false
	}
	s := pcb.Socket{Proto: proto, Local: parseEndpoint(field[1]), Remote: parseEndpoint(field[2])}
	if state, err := strconv.ParseUint(field[3], 16, 8); err == nil {
		s.State = ipState(proto, state)
	}
	send, recv, _ := strings.Cut(field[4], ":")
	s.SendQ, _ = strconv.ParseUint(send, 16, 64)
	s.RecvQ, _ = strconv.ParseUint(recv, 16, 64)
	return withInode(s, field[9])
}

// parseEndpoint reads ADDRESS:PORT in hexadecimal. The kernel prints an address as numbers of 32 bits, in the order
// of this machine.
func parseEndpoint(text string) string {
	address, port, _ := strings.Cut(text, ":")
	ip, err := hex.DecodeString(address)
	if err != nil || len(ip) != net.IPv4len && len(ip) != net.IPv6len {
		return ""
	}
	for word := ip; len(word) > 0; word = word[4:] {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	n, _ := strconv.ParseUint(port, 16, 16)
	return endpoint(ip, n)
}

// endpoint writes an address with its port; the one of nobody is empty.
func endpoint(ip net.IP, port uint64) string {
	if port == 0 && ip.IsUnspecified() {
		return ""
	}
	return net.JoinHostPort(ip.String(), strconv.FormatUint(port, 10))
}

// tcpStates are the states by number (include/net/tcp_states.h).
var tcpStates = [...]string{
	1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT", 7: "CLOSE",
	8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "NEW_SYN_RECV",
}

func ipState(proto string, state uint64) string {
	if state >= uint64(len(tcpStates)) {
		return ""
	}
	if strings.HasPrefix(proto, "udp") && state == 7 {
		return "UNCONNECTED"
	}
	return tcpStates[state]
}

// add takes the sockets of a table with one line each, below a heading.
func (t *socketTable) add(name string, parse func(line string) (pcb.Socket, bool)) error {
	file, err := os.Open(t.dir + "/net/" + name)
	if errors.Is(err, os.ErrNotExist) { // as without IPv6
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Scan()
	for lines.Scan() {
		if s, ok := parse(lines.Text()); ok {
			t.take(s)
		}
	}
	return lines.Err()
}

// parseUnix reads a line of net/unix: address, references, protocol, flags, type, state, inode and the path, which
// can hold any byte. A path with a newline makes lines that say what they like, but only about this one table.
func parseUnix(line string) (pcb.Socket, bool) {
	var field [7]string
	rest := line
	for i := range field {
		rest = strings.TrimLeft(rest, " ")
		field[i], rest, _ = strings.Cut(rest, " ")
	}
	inode, err := strconv.ParseUint(field[6], 10, 64)
	if err != nil {
		return pcb.Socket{}, false
	}
	const listening = 0x10000 // __SO_ACCEPTCON
	flags, _ := strconv.ParseUint(field[3], 16, 64)
	states := map[string]string{"01": "UNCONNECTED", "02": "CONNECTING", "03": "CONNECTED", "04": "DISCONNECTING"}
	s := pcb.Socket{Proto: "unix", Inode: inode, Local: rest, State: states[field[5]]}
	if flags&listening != 0 {
		s.State = "LISTEN"
	}
	return s, true
}

// parseNetlink reads a line of net/netlink.
func parseNetlink(line string) (pcb.Socket, bool) {
	field := strings.Fields(line)
	if len(field) != 10 {
		return pcb.Socket{}, false
	}
	s := pcb.Socket{Proto: "netlink", Local: "family " + field[1] + " port " + field[2]}
	s.RecvQ, _ = strconv.ParseUint(field[4], 10, 64)
	s.SendQ, _ = strconv.ParseUint(field[5], 10, 64)
	return withInode(s, field[9])
}

// parsePacket reads a line of net/packet.
func parsePacket(line string) (pcb.Socket, bool) {
	field := strings.Fields(line)
	if len(field) != 9 {
		return pcb.Socket{}, false
	}
	s := pcb.Socket{Proto: "packet", Local: "protocol 0x" + field[3] + " interface " + field[4]}
	s.RecvQ, _ = strconv.ParseUint(field[6], 10, 64)
	return withInode(s, field[8])
}

func withInode(s pcb.Socket, text string) (pcb.Socket, bool) {
	var err error
	s.Inode, err = strconv.ParseUint(text, 10, 64)
	return s, err == nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
