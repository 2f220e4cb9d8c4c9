package api

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/skaldhq/skald/api/limit"
)

// Limits hold whoever asks to a rate. Those that are nil hold nobody.
type Limits struct {
	Principals *limit.Buckets // one bucket each
	Addresses  *limit.Buckets // one for each address that shows no credential that counts, or needs none
	// Proxies are those whose word on where a request comes from is taken.
	Proxies []netip.Prefix
}

// limited holds what is no operation to a rate, by address.
func (c Config) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.count(r.Context(), w.Header().Set, c.Limits.Addresses, c.Limits.from(r)) {
			next.ServeHTTP(w, r)
			return
		}
		writeProblem(w, errRateLimited.problem(r.Context()))
	})
}

// letAddress lets those through whom no credential tells, by where they are.
func (c Config) letAddress(a huma.API, ctx huma.Context) (ok bool) {
	r, _ := humago.Unwrap(ctx)
	return c.let(a, ctx, c.Limits.Addresses, c.Limits.from(r))
}

// let lets those through who have a token left. Not ok: they were refused.
func (c Config) let(a huma.API, ctx huma.Context, buckets *limit.Buckets, who string) (ok bool) {
	if ok = c.count(ctx.Context(), ctx.SetHeader, buckets, who); !ok {
		refuse(a, ctx, errRateLimited)
	}
	return ok
}

// count takes a token for who asks, and tells them how they stand. Where nobody
// can count, everybody has one.
func (c Config) count(ctx context.Context, tell func(header, value string), buckets *limit.Buckets, who string) (ok bool) {
	if buckets == nil {
		return true
	}
	left, ok, err := buckets.Take(ctx, who)
	if err != nil {
		c.uncounted.Inc()
		note(ctx, fmt.Errorf("count requests: %w", err))
		return true
	}
	tell("RateLimit-Limit", strconv.Itoa(left.Limit))
	tell("RateLimit-Remaining", strconv.Itoa(left.Remaining))
	tell("RateLimit-Reset", seconds(left.Reset))
	if !ok {
		tell("Retry-After", seconds(left.Retry))
	}
	return ok
}

// seconds is a time in whole seconds, not less than it is.
func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// from is the address that a request counts for. Of proxies some add a header line
// of their own.
func (l Limits) from(r *http.Request) string {
	return l.address(r.RemoteAddr, strings.Join(r.Header.Values("X-Forwarded-For"), ","))
}

// address is where a request comes from: the peer, or, where that is a proxy that
// is trusted, whom the proxy names last that is none. What a client writes into
// the header itself stands before that, and is not looked at.
func (l Limits) address(remote string, forwarded string) string {
	at := parseAddress(remote)
	hops := strings.Split(forwarded, ",")
	for _, hop := range slices.Backward(hops) {
		if !l.trusts(at) {
			break
		}
		before := parseAddress(strings.TrimSpace(hop))
		if !before.IsValid() {
			break
		}
		at = before
	}
	if at.Is6() { // a customer has a network of these
		if network, err := at.Prefix(64); err == nil {
			return network.String()
		}
	}
	return at.String()
}

func (l Limits) trusts(at netip.Addr) bool {
	return slices.ContainsFunc(l.Proxies, func(p netip.Prefix) bool { return p.Contains(at) })
}

func parseAddress(s string) netip.Addr {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	at, _ := netip.ParseAddr(s) // the zero one where it is none
	return at.Unmap().WithZone("")
}
