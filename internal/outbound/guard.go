package outbound

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"code.dny.dev/ssrf"
)

// guard decides where connections may go. It sees the address that the system is
// about to connect to, after names, numbers and redirects have become one.
type guard struct {
	allow  []netip.Prefix // on any port
	public *ssrf.Guardian // nil: nothing beside those
}

// publicOn allows what IANA lists as reachable by everybody, on these ports. The
// addresses that carry another one (mapped, 6to4, Teredo, NAT64) are none of it.
func publicOn(ports []uint16) *ssrf.Guardian { return ssrf.New(ssrf.WithPorts(ports...)) }

// control is for a net.Dialer.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return g.check(at)
}

// check tells ErrRefused where nobody may be reached. One with a zone is of a link
// of ours, and in no network.
func (g guard) check(at netip.AddrPort) error {
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	if slices.ContainsFunc(g.allow, func(p netip.Prefix) bool { return p.Contains(at.Addr()) }) {
		return nil
	}
	if g.public == nil {
		return fmt.Errorf("%w: it is asked without TLS", ErrRefused)
	}
	if err := g.public.SafeAddrPort(at); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}
