package hostile_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slowClients are as many as TestSlowClients runs, for slowTime: longer than the
// front door waits for headers or a body. SKALD_SLOW is another number, for a minute.
const (
	slowClients = 300
	slowTime    = 8 * time.Second
)

// slow is a kind of client that takes its time.
type slow struct {
	name string
	say  string // at once
	drip string // then a byte a second of this, over and over; empty: nothing
	read bool   // a byte a second of what comes back
	// ends is when the front door ends it; 0: it may stay.
	ends  time.Duration
	hears string // before that
}

func (b *bench) slowKinds() []slow {
	authorized := fmt.Sprintf("Host: x\r\nAuthorization: Bearer %s\r\n", b.Key)
	return []slow{
		{name: "nothing", ends: 5 * time.Second},
		{name: "headers that never end", say: "GET /health HTTP/1.1\r\nHost: x\r\nX: ", drip: "x", ends: 5 * time.Second},
		{name: "a body that never ends", say: "POST /v1/orders HTTP/1.1\r\n" + authorized + "Content-Length: 1000\r\n\r\n{", drip: " ", ends: 5 * time.Second, hears: "HTTP/1.1 408 "},
		{name: "chunks that never end", say: "POST /v1/orders HTTP/1.1\r\n" + authorized + "Transfer-Encoding: chunked\r\n\r\n", drip: "1\r\n \r\n", ends: 5 * time.Second, hears: "HTTP/1.1 408 "},
		{name: "a body that nobody asked for", say: "POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", drip: " ", ends: 15 * time.Second, hears: "HTTP/1.1 401 "},
		{name: "half a reader", say: "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n", read: true, hears: "HTTP/1.1 200 "},
		{name: "idle", say: "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", hears: "HTTP/1.1 200 "},
	}
}

// TestSlowClients: clients that hold on to their connections hold up nobody else,
// and the front door lets go of them. With SKALD_SLOW honest requests are fast
// all the while.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	clients, lasts := slowClients, slowTime
	n, err := strconv.Atoi(os.Getenv("SKALD_SLOW"))
	heavy := err == nil
	if heavy {
		clients, lasts = n, time.Minute
	}
	requireFiles(t, uint64(clients)+500)
	b := &bench{platform.Split(t)}
	product := b.Product(1999, 1_000_000)
	o := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).OrderID()
	b.Get(o)
	goroutines, heap := b.Metric("go_goroutines"), b.heap()

	attacking, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	var all sync.WaitGroup
	kinds := b.slowKinds()
	ended := make([]atomic.Int64, len(kinds))
	for i := range clients {
		kind := i % len(kinds)
		all.Go(func() {
			for attacking.Err() == nil {
				heard, closed := kinds[kind].attack(attacking, strings.TrimPrefix(b.URL, "http://"))
				if closed && strings.HasPrefix(heard, kinds[kind].hears) {
					ended[kind].Add(1)
				} else if closed {
					t.Errorf("a client with %s heard %q", kinds[kind].name, heard)
				}
			}
		})
	}
	var took []time.Duration
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for ; attacking.Err() == nil; <-pace.C {
		for _, ask := range []func(){
			func() { b.Get(o) },
			func() { b.Want(http.MethodGet, "/v1/products/"+product, nil, http.StatusOK) },
			func() { b.Buy(b.Basket(product, 1, visa), http.StatusCreated) },
		} {
			begun := time.Now()
			ask()
			took = append(took, time.Since(begun))
		}
	}
	all.Wait()
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	t.Logf("%d honest requests beside %d slow clients: median %s, p99 %s", len(took), clients, took[len(took)/2], p99)
	for i, kind := range kinds {
		t.Logf("%s: ended %d times", kind.name, ended[i].Load())
		if kind.ends > 0 && kind.ends < lasts {
			require.Positive(t, ended[i].Load(), kind.name)
		}
	}
	if heavy {
		require.Less(t, p99, 500*time.Millisecond)
	}
	require.Eventually(t, func() bool { return b.Metric("go_goroutines") <= goroutines+20 }, time.Minute, 200*time.Millisecond, "%g goroutines, %g before", b.Metric("go_goroutines"), goroutines)
	require.Less(t, b.heap()-heap, float64(mostGrowth))
	b.RequireInvariants()
}

// attack is one connection, until it is closed or the time is over.
func (k slow) attack(ctx context.Context, address string) (heard string, closed bool) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return "", false
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	_, _ = io.WriteString(conn, k.say)
	first := make([]byte, 32) // the beginning of an answer, once there is one
	go func() {
		for tick := time.NewTicker(time.Second); k.drip != "" && ctx.Err() == nil; {
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
				return
			}
			if _, err := io.WriteString(conn, k.drip); err != nil {
				tick.Stop()
				return
			}
		}
	}()
	n, _ := io.ReadAtLeast(conn, first, 13)
	for one := make([]byte, 1); ; {
		if _, err := conn.Read(one); err != nil {
			return string(first[:n]), ctx.Err() == nil
		}
		if k.read {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
}

// requireFiles sees to it that the test may open so many connections. Go raises
// the limit as far as it may.
func requireFiles(t *testing.T, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	require.GreaterOrEqual(t, limit.Cur, n, "too few files may be open: run `ulimit -n %d` first", n)
}
