package temporaldev

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports to choose from: below those that the system gives to outgoing
// connections, one of which could be in the way by the time the server listens.
const (
	firstPort = 10000
	lastPort  = 20000
)

// blockSize is how many ports belong together: the one that is held, two for each of
// the cluster's four services, and those of its address and its Web UI.
const blockSize = 11

// block is ports of loopback for one cluster. The server is told of ports and opens them
// itself, one after the other, and ends the process where one is taken; so that none is,
// by another process that starts at the same time, each holds the first port of its block
// for as long as it runs.
type block struct {
	held  net.Listener
	ports []int // the others
}

// reserve holds a block of which every port is free.
func reserve() (*block, error) {
	var last error
	for range 100 {
		first := firstPort + blockSize*rand.IntN((lastPort-firstPort)/blockSize) //nolint:gosec // any will do
		b, err := hold(first)
		if err == nil {
			return b, nil
		}
		last = err
	}
	return nil, last
}

func hold(first int) (*block, error) {
	held, err := listen(first)
	if err != nil {
		return nil, err
	}
	b := &block{held: held}
	for port := first + 1; port < first+blockSize; port++ {
		l, err := listen(port)
		if err != nil {
			return nil, errors.Join(err, held.Close())
		}
		if err := l.Close(); err != nil {
			return nil, errors.Join(err, held.Close())
		}
		b.ports = append(b.ports, port)
	}
	return b, nil
}

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // answers at once
}

// take takes ports out of the block.
func (b *block) take(n int) []int {
	taken := b.ports[:n]
	b.ports = b.ports[n:]
	return taken
}

// addr checks that an address can be listened on, and gives it its port: one of the
// block's where it has none.
func (b *block) addr(addr string) (string, error) {
	if host, port, err := net.SplitHostPort(addr); err == nil && port == "0" {
		return net.JoinHostPort(host, strconv.Itoa(b.take(1)[0])), nil
	}
	listener, err := net.Listen("tcp", addr) //nolint:noctx // closed at once
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// release lets others have the block.
func (b *block) release() { _ = b.held.Close() }
