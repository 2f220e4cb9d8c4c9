package outbound_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"code.dny.dev/ssrf"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/outbound"
)

// outside is an address of the loopback network that stands for one that is public.
var outside = netip.MustParsePrefix("127.0.0.2/32")

// serve runs a server of a stranger's, with TLS or without.
func serve(t *testing.T, secure bool, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", outside.Addr().String()+":0")
	if err != nil {
		t.Skipf("the machine has one loopback address: %v", err)
	}
	s := httptest.NewUnstartedServer(h)
	require.NoError(t, s.Listener.Close())
	s.Listener = l
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// trusting takes the server's certificate for a name that it has.
func trusting(s *httptest.Server) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{RootCAs: pool, ServerName: "example.com", MinVersion: tls.VersionTLS12}
}

func TestPost(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} {
		s := serve(t, secure, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.Method != http.MethodPost || string(body) != "hello" || r.Header.Get("Webhook-Id") != "one" {
				w.WriteHeader(http.StatusBadRequest)
			}
			_, _ = io.WriteString(w, strings.Repeat("never read", 1<<20))
		})
		o := outbound.Options{Allow: []netip.Prefix{outside}, Timeout: 10 * time.Second}
		if secure {
			o.TLS = trusting(s)
		}
		status, err := outbound.New(o).Post(t.Context(), s.URL, http.Header{"Webhook-Id": {"one"}}, []byte("hello"))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
	}
}

// TestRedirects: where an answer points to is not asked, whatever its status.
func TestRedirects(t *testing.T) {
	t.Parallel()
	ours := newInside(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:"+strconv.Itoa(int(ours.port))+"/", status)
		})
		got, err := outbound.New(outbound.Options{Allow: []netip.Prefix{outside}, Timeout: 10 * time.Second}).Post(t.Context(), s.URL, nil, nil)
		require.NoError(t, err)
		require.Equal(t, status, got)
	}
	require.Zero(t, ours.accepted.Load())
}

// TestRebinding: a name that leads outside at first, and then into our network, is
// refused as soon as it does.
func TestRebinding(t *testing.T) {
	t.Parallel()
	ours := newInside(t)
	s := serve(t, false, func(http.ResponseWriter, *http.Request) {})
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	known := &names{answers: map[string][]netip.Addr{"rebind.hostile.test.": {outside.Addr(), netip.MustParseAddr("127.0.0.1")}}}
	n, err := strconv.ParseUint(port, 10, 16)
	require.NoError(t, err)
	c := outbound.New(outbound.Options{
		Allow: []netip.Prefix{outside}, Ports: []uint16{ours.port, uint16(n)}, Timeout: 10 * time.Second, Resolver: known.resolver(),
	})
	status, err := c.Post(t.Context(), "http://rebind.hostile.test:"+port+"/", nil, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	_, err = c.Post(t.Context(), "https://rebind.hostile.test:"+strconv.Itoa(int(ours.port))+"/", nil, nil)
	require.ErrorIs(t, err, ssrf.ErrProhibitedIP)
	_, err = c.Post(t.Context(), "http://rebind.hostile.test:"+strconv.Itoa(int(ours.port))+"/", nil, nil)
	require.ErrorIs(t, err, outbound.ErrRefused, "without TLS what is allowed only")
	require.Zero(t, ours.accepted.Load())
}

// TestFailures: each has a kind of its own; that a name leads nowhere is as good as
// refused.
func TestFailures(t *testing.T) {
	t.Parallel()
	mute := make(chan struct{})
	t.Cleanup(func() { close(mute) })
	slow := serve(t, false, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-mute:
		case <-r.Context().Done():
		}
	})
	closing := serve(t, false, func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = c.Close()
		}
	})
	long := serve(t, false, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("a", 1<<20)) })
	stranger := serve(t, true, func(http.ResponseWriter, *http.Request) {})
	nobody := (&names{}).resolver()
	for address, want := range map[string]error{
		slow.URL: outbound.ErrTimeout, closing.URL: outbound.ErrUnreachable, long.URL: outbound.ErrUnreachable, stranger.URL: outbound.ErrTLS,
		strings.Replace(slow.URL, "http://", "https://", 1): outbound.ErrTLS, "https://nobody.hostile.test/": outbound.ErrRefused,
	} {
		timeout := 10 * time.Second
		if address == slow.URL {
			timeout = 100 * time.Millisecond
		}
		_, err := outbound.New(outbound.Options{Allow: []netip.Prefix{outside}, Timeout: timeout, Resolver: nobody}).Post(t.Context(), address, nil, nil)
		require.ErrorIs(t, err, want, "%s: %v", address, err)
	}
}
