// Package outbound is HTTP to addresses that strangers chose. Nothing that they
// write, and nothing that their name servers answer, leads into our own networks:
// what a connection really goes to is looked at when it is made.
package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	// dialTimeout is for a name and a connection.
	dialTimeout = 5 * time.Second
	// maxHeader bounds the header of an answer, in bytes.
	maxHeader = 16 << 10
	// maxURL is how long an address may be, in bytes.
	maxURL = 2000
)

// SecurePort is the port that everybody may be reached on.
const SecurePort = 443

// What stands in the way of a request. None of them tells where it went.
var (
	// ErrURL: the address is not one that is asked, wherever it leads.
	ErrURL = errors.New("the URL is not one that is asked")
	// ErrRefused: it leads to where nobody is asked, or to nowhere. That both are one
	// keeps the names of our networks from being guessed.
	ErrRefused = errors.New("the address is refused")
	// ErrTimeout: there was no answer in time.
	ErrTimeout = errors.New("no answer in time")
	// ErrTLS: the other side's certificate does not hold, or it speaks no TLS.
	ErrTLS = errors.New("no secure connection")
	// ErrUnreachable: no connection, or one that ended before the answer.
	ErrUnreachable = errors.New("no answer")
)

// Options are how far a client goes.
type Options struct {
	// Allow are networks that are reached though they are not public, on any port and
	// without TLS too. For development.
	Allow []netip.Prefix
	// Ports are those on which public addresses are reached; none: SecurePort.
	Ports []uint16
	// Timeout bounds a request, from the name to the answer.
	Timeout time.Duration
	// Resolver finds addresses; nil: the system's.
	Resolver *net.Resolver
	// TLS is how the other side is known; nil: as the system knows it.
	TLS *tls.Config
}

// Client asks addresses that strangers chose.
type Client struct {
	ports         []uint16
	allow         []netip.Prefix
	secure, plain way
}

// way is how addresses are asked, and the guard of all connections there.
type way struct {
	*http.Client
	guard
}

// New returns a client.
func New(o Options) *Client {
	if len(o.Ports) == 0 {
		o.Ports = []uint16{SecurePort}
	}
	c := &Client{ports: o.Ports, allow: o.Allow}
	c.secure = newWay(o, guard{allow: o.Allow, public: publicOn(o.Ports)})
	c.plain = newWay(o, guard{allow: o.Allow}) // what is public is asked with TLS only
	return c
}

// newWay is a client whose every connection meets the guard. It follows no
// redirect, knows no proxy, and makes a connection for each request: none is kept
// for what a name meant before.
func newWay(o Options, g guard) way {
	dialer := &net.Dialer{Timeout: dialTimeout, Resolver: o.Resolver, Control: g.control}
	return way{guard: g, Client: &http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: o.TLS, ForceAttemptHTTP2: true, DisableKeepAlives: true,
			MaxResponseHeaderBytes: maxHeader, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// by is the way to an address.
func (c *Client) by(u *url.URL) way {
	if u.Scheme == "http" {
		return c.plain
	}
	return c.secure
}

// Post sends a body, and gives the status of the answer; of the rest of it nothing
// is read. The error is one of this package's, with a cause that is for nobody
// outside.
func (c *Client) Post(ctx context.Context, address string, header http.Header, body []byte) (status int, err error) {
	u, err := c.parse(address)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrURL, err)
	}
	r.Header = header
	answer, err := c.by(u).Do(r)
	if err != nil {
		return 0, kindOf(err)
	}
	return answer.StatusCode, answer.Body.Close()
}

// Check tells why an address is never asked: ErrURL or ErrRefused, the latter for
// addresses that are numbers. Where a name leads is known only when it is asked.
func (c *Client) Check(address string) error {
	u, err := c.parse(address)
	if err != nil {
		return err
	}
	if literal, err := netip.ParseAddr(u.Hostname()); err == nil {
		return c.by(u).check(netip.AddrPortFrom(literal, portOf(u)))
	}
	if len(c.allow) == 0 && !slices.Contains(c.ports, portOf(u)) {
		return fmt.Errorf("%w: its port is none of those that are reached", ErrURL)
	}
	return nil
}

// parse reads an address as far as it can be told without asking anybody.
func (c *Client) parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("%w: it has no host", ErrURL) // the parser's text quotes it
	case len(address) > maxURL:
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrURL, maxURL)
	case u.Scheme != "https" && (u.Scheme != "http" || len(c.allow) == 0):
		return nil, fmt.Errorf("%w: it does not begin with https://", ErrURL)
	case u.User != nil:
		return nil, fmt.Errorf("%w: it holds a name or a password", ErrURL)
	case u.Fragment != "":
		return nil, fmt.Errorf("%w: it has a fragment", ErrURL)
	}
	return u, nil
}

// portOf is the port that an address is asked on; 0 for one that cannot be.
func portOf(u *url.URL) uint16 {
	if u.Port() == "" {
		if u.Scheme == "http" {
			return 80
		}
		return SecurePort
	}
	n, _ := strconv.ParseUint(u.Port(), 10, 16) // 0 of what is none
	return uint16(n)
}

// kindOf is an error of the HTTP client as one of this package's.
func kindOf(err error) error {
	var unresolved *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var timeout net.Error
	kind := ErrUnreachable
	switch {
	case errors.Is(err, ErrRefused), errors.As(err, &unresolved):
		kind = ErrRefused
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		kind = ErrTimeout
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		kind = ErrTLS
	}
	return fmt.Errorf("%w: %w", kind, err)
}
