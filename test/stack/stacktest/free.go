package stacktest

import (
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// The ports of FreeAddr are below those of outgoing connections.
const (
	lowestFree, highestFree = 20000, 32000
	// freeApart and freeBegins keep processes that look at the same time out of each
	// other's way.
	freeApart, freeBegins = 7, 5000
)

// given is how many addresses this process has looked at.
var given atomic.Int64

// FreeAddr gives an address, another one each time, that stays free while nothing
// listens there: no outgoing connection takes its port.
func FreeAddr(t *testing.T) string {
	t.Helper()
	for {
		port := lowestFree + os.Getpid()%freeBegins + freeApart*int(given.Add(1))
		require.Less(t, port, highestFree, "no port is free")
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		require.NoError(t, l.Close())
		return l.Addr().String()
	}
}
