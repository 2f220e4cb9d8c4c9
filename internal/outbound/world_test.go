package outbound_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// names is a name server: what each name means, one answer a question, the last of
// them from then on.
type names struct {
	mu      sync.Mutex
	answers map[string][]netip.Addr
}

// resolver asks it.
func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go n.serve(far)
		return near, nil
	}}
}

// serve answers the questions of one connection, as over TCP (RFC 1035, section 4.2.2).
func (n *names) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	for {
		var length [2]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		raw := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c, raw); err != nil {
			return
		}
		answer, err := n.answer(raw)
		if err != nil {
			return
		}
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil { //nolint:gosec // one address
			return
		}
	}
}

func (n *names) answer(raw []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(raw); err != nil {
		return nil, err
	}
	q := m.Questions[0]
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	m.RCode = dnsmessage.RCodeNameError
	if at, known := n.next(q); known {
		m.RCode = dnsmessage.RCodeSuccess
		header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}
		switch {
		case at.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: at.As4()}}}
		case at.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: at.As16()}}}
		}
	}
	return m.Pack()
}

// next is what a name means now. A question for the other kind of address takes no
// answer away.
func (n *names) next(q dnsmessage.Question) (at netip.Addr, known bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := q.Name.String()
	all := n.answers[name]
	if len(all) == 0 {
		return at, false
	}
	at = all[0]
	if asked := q.Type == dnsmessage.TypeAAAA; len(all) > 1 && asked == at.Is6() {
		n.answers[name] = all[1:]
	}
	return at, true
}

// inside is a service of our own network: nobody who is guarded gets to it.
type inside struct {
	port     uint16
	accepted atomic.Int64
}

// newInside listens on the same port of every loopback address there is.
func newInside(t *testing.T) *inside {
	t.Helper()
	i := &inside{}
	first, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	i.port = netip.MustParseAddrPort(first.Addr().String()).Port()
	i.count(t, first)
	if hasIPv6() {
		second, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp6", netip.AddrPortFrom(netip.IPv6Loopback(), i.port).String())
		if err == nil { // another may have that port there
			i.count(t, second)
		}
	}
	return i
}

func (i *inside) count(t *testing.T, l net.Listener) {
	t.Helper()
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			i.accepted.Add(1)
			_ = c.Close()
		}
	}()
}

// hasIPv6 tells whether the machine makes sockets of IPv6.
func hasIPv6() bool {
	l, err := net.ListenPacket("udp6", "[::]:0") //nolint:noctx // nothing waits
	if err != nil {
		return false
	}
	return l.Close() == nil
}
