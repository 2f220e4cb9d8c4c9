package outbound_test

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"code.dny.dev/ssrf"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/outbound"
)

// noName is for numbers that no resolver of Go's takes for a name, or an address. A C
// library would; what it made of them met the guard like every other.
const noName = "no name"

// hostile are addresses that lead into our own networks, or to nobody. PORT is that of
// a service of ours, which the guard would let through by its port. Where a name is not
// in plain, meaning tells what the name server makes of it: of odd numbers what a C
// library reads in them.
func hostile() []struct{ name, url, meaning string } {
	return []struct{ name, url, meaning string }{
		{"loopback", "https://127.0.0.1:PORT/", ""},
		{"another loopback", "https://127.8.9.10:PORT/", ""},
		{"loopback, no port", "https://127.0.0.1/", ""},
		{"loopback by name", "https://localhost:PORT/", ""},
		{"loopback by a name that ends in a dot", "https://localhost.:PORT/", "127.0.0.1"},
		{"loopback by a stranger's name", "https://loop.hostile.test:PORT/", "127.0.0.1"},
		{"loopback by a stranger's name, IPv6", "https://loop6.hostile.test:PORT/", "::1"},
		{"loopback in capitals", "https://LOCALHOST:PORT/", "127.0.0.1"},
		{"loopback, decimal", "https://2130706433:PORT/", noName},
		{"loopback, octal", "https://0177.0.0.1:PORT/", noName},
		{"loopback, octal in one", "https://017700000001:PORT/", noName},
		{"loopback, hexadecimal", "https://0x7f.0x0.0x0.0x1:PORT/", "127.0.0.1"},
		{"loopback, hexadecimal in one", "https://0x7f000001:PORT/", "127.0.0.1"},
		{"loopback, short", "https://127.1:PORT/", noName},
		{"unspecified", "https://0.0.0.0:PORT/", ""},
		{"unspecified, short", "https://0:PORT/", noName},
		{"this network", "https://0.1.2.3:PORT/", ""},
		{"private 10", "https://10.0.0.1:PORT/", ""},
		{"private 10 by name", "https://ten.hostile.test/", "10.1.2.3"},
		{"private 172.16", "https://172.16.0.1:PORT/", ""},
		{"private 172.31", "https://172.31.255.254:PORT/", ""},
		{"private 192.168", "https://192.168.1.1:PORT/", ""},
		{"shared (CGNAT)", "https://100.64.0.1:PORT/", ""},
		{"link-local", "https://169.254.1.1:PORT/", ""},
		{"metadata of a cloud", "https://169.254.169.254/latest/meta-data/", ""},
		{"metadata of a cloud by name", "https://metadata.hostile.test/", "169.254.169.254"},
		{"metadata of a cloud, decimal", "https://2852039166/", noName},
		{"metadata of another cloud", "https://100.100.100.200/", ""},
		{"protocol assignments", "https://192.0.0.8:PORT/", ""},
		{"documentation 1", "https://192.0.2.1:PORT/", ""},
		{"documentation 2", "https://198.51.100.1:PORT/", ""},
		{"documentation 3", "https://203.0.113.1:PORT/", ""},
		{"benchmarking", "https://198.18.0.1:PORT/", ""},
		{"6to4 relay", "https://192.88.99.1:PORT/", ""},
		{"multicast", "https://224.0.0.1:PORT/", ""},
		{"reserved", "https://240.0.0.1:PORT/", ""},
		{"broadcast", "https://255.255.255.255:PORT/", ""},
		{"last of loopback", "https://127.255.255.254:PORT/", ""},
		{"last of this network", "https://0.255.255.255:PORT/", ""},
		{"last of private 10", "https://10.255.255.254:PORT/", ""},
		{"private 172.16, in the middle", "https://172.24.1.1:PORT/", ""},
		{"private 172.16 by name", "https://seventeen.hostile.test:PORT/", "172.17.0.1"},
		{"last of private 192.168", "https://192.168.255.254:PORT/", ""},
		{"private 192.168 by name", "https://router.hostile.test:PORT/", "192.168.0.1"},
		{"last of shared (CGNAT)", "https://100.127.255.254:PORT/", ""},
		{"metadata of a cloud's containers", "https://169.254.170.2/v2/credentials", ""},
		{"NAT64 discovery", "https://192.0.0.170:PORT/", ""},
		{"last of benchmarking", "https://198.19.255.254:PORT/", ""},
		{"multicast DNS", "https://224.0.0.251:PORT/", ""},
		{"device discovery", "https://239.255.255.250:PORT/", ""},
		{"last of reserved", "https://255.255.255.254:PORT/", ""},
		{"IPv6 loopback", "https://[::1]:PORT/", ""},
		{"IPv6 loopback, long", "https://[0:0:0:0:0:0:0:1]:PORT/", ""},
		{"IPv6 unspecified", "https://[::]:PORT/", ""},
		{"mapped loopback", "https://[::ffff:127.0.0.1]:PORT/", ""},
		{"mapped loopback in hexadecimal", "https://[::ffff:7f00:1]:PORT/", ""},
		{"mapped private", "https://[::ffff:10.0.0.1]:PORT/", ""},
		{"compatible loopback", "https://[::127.0.0.1]:PORT/", ""},
		{"translated loopback", "https://[::ffff:0:127.0.0.1]:PORT/", ""},
		{"NAT64 of loopback", "https://[64:ff9b::7f00:1]:PORT/", ""},
		{"NAT64 of a cloud's metadata", "https://[64:ff9b::a9fe:a9fe]/", ""},
		{"NAT64 of a network's own", "https://[64:ff9b:1::a00:1]:PORT/", ""},
		{"NAT64 by name", "https://nat64.hostile.test:PORT/", "64:ff9b::7f00:1"},
		{"6to4 of loopback", "https://[2002:7f00:1::]:PORT/", ""},
		{"6to4 of private", "https://[2002:a00:1::1]:PORT/", ""},
		{"Teredo", "https://[2001:0:7f00:1::80ff:fffe]:PORT/", ""},
		{"ORCHID", "https://[2001:20::1]:PORT/", ""},
		{"IPv6 documentation", "https://[2001:db8::1]:PORT/", ""},
		{"IPv6 documentation, the new one", "https://[3fff::1]:PORT/", ""},
		{"IPv6 discard", "https://[100::1]:PORT/", ""},
		{"IPv6 unique local", "https://[fd00::1]:PORT/", ""},
		{"metadata of a cloud, IPv6", "https://[fd00:ec2::254]/", ""},
		{"IPv6 link-local", "https://[fe80::1]:PORT/", ""},
		{"IPv6 link-local with a zone", "https://[fe80::1%25lo]:PORT/", ""},
		{"IPv6 loopback with a zone", "https://[::1%25lo]:PORT/", ""},
		{"IPv6 site-local", "https://[fec0::1]:PORT/", ""},
		{"IPv6 multicast", "https://[ff02::1]:PORT/", ""},
		{"segment routing", "https://[5f00::1]:PORT/", ""},
	}
}

// TestHostile: each gets as far as to the dial, by its address and not by its port, and
// no further; but for numbers that are no name, which do not get as far. A machine
// without IPv6 tries enough of them too.
func TestHostile(t *testing.T) {
	t.Parallel()
	ours, known := newInside(t), &names{answers: map[string][]netip.Addr{}}
	for _, h := range hostile() {
		if h.meaning != "" && h.meaning != noName {
			known.answers[hostOf(h.url)+"."] = []netip.Addr{netip.MustParseAddr(h.meaning)}
		}
	}
	c := outbound.New(outbound.Options{Ports: []uint16{outbound.SecurePort, ours.port}, Timeout: 10 * time.Second, Resolver: known.resolver()})
	dialled, ofIPv4 := 0, 0
	for _, h := range hostile() {
		isIPv6 := strings.Contains(h.url, "[") || strings.Contains(h.meaning, ":")
		if isIPv6 && !hasIPv6() {
			continue
		}
		_, err := c.Post(t.Context(), strings.ReplaceAll(h.url, "PORT", strconv.Itoa(int(ours.port))), nil, nil)
		require.ErrorIs(t, err, outbound.ErrRefused, h.name)
		if h.meaning == noName {
			var unresolved *net.DNSError
			require.ErrorAs(t, err, &unresolved, h.name)
			continue
		}
		require.ErrorIs(t, err, ssrf.ErrProhibitedIP, "%s: not at the dial", h.name)
		dialled++
		if !isIPv6 {
			ofIPv4++
		}
	}
	require.Zero(t, ours.accepted.Load())
	t.Logf("%d hostile addresses refused at the dial", dialled)
	require.GreaterOrEqual(t, ofIPv4, 40)
}

// hostOf is the name in an address of hostile's.
func hostOf(address string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// TestNoAddress: what no address is, or is none that is asked, is refused before
// anybody is asked for a name.
func TestNoAddress(t *testing.T) {
	t.Parallel()
	c := outbound.New(outbound.Options{Timeout: time.Second})
	for _, address := range []string{
		"", "https://", "https:///path", "example.com", "//example.com/", "https:example.com", "http://example.com/", "HTTP://example.com/",
		"ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:11211/", "unix:///var/run/docker.sock", "javascript:alert(1)",
		"https://user@example.com/", "https://user:password@example.com/", "https://example.com@127.0.0.1/", "https://127.0.0.1#@example.com/",
		"https://example.com/#part", "https://exa mple.com/", "https://%31%32%37.0.0.1/", "https://example.com:port/", "https://[::1/", "https://[127.0.0.1]:99999x/",
		"https://example.com/\r\nX: y", "https://example.com/" + strings.Repeat("a", 2000),
	} {
		_, err := c.Post(t.Context(), address, nil, nil)
		require.ErrorIs(t, err, outbound.ErrURL, address)
		require.ErrorIs(t, c.Check(address), outbound.ErrURL, address)
	}
}

// TestPorts: a public address is asked on the ports that are named, and on no other.
func TestPorts(t *testing.T) {
	t.Parallel()
	c := outbound.New(outbound.Options{Timeout: time.Second})
	for _, address := range []string{"https://8.8.8.8:25/", "https://8.8.8.8:6379/", "https://[2606:4700::1111]:22/", "https://8.8.8.8:80/"} {
		if !hasIPv6() && strings.Contains(address, "::") {
			continue
		}
		_, err := c.Post(t.Context(), address, nil, nil)
		require.ErrorIs(t, err, ssrf.ErrProhibitedPort, address)
		require.ErrorIs(t, c.Check(address), outbound.ErrRefused, address)
	}
	require.ErrorIs(t, c.Check("https://example.com:8443/"), outbound.ErrURL)
	require.NoError(t, c.Check("https://example.com/hooks?a=b"))
	require.NoError(t, c.Check("https://8.8.8.8/"))
	require.ErrorIs(t, c.Check("https://127.0.0.1/"), outbound.ErrRefused)
}
