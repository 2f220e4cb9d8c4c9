package config

import (
	"errors"
	"net/netip"
	"net/url"
)

// Limits hold those who ask the front door to a rate. A rate of zero holds nobody.
type Limits struct {
	PerSecond        int `help:"Requests a second of each principal; 0: as many as they like." default:"2000" env:"PER_SECOND" json:"per_second"`
	Burst            int `help:"Requests at once of each principal." default:"4000" env:"BURST" json:"burst"`
	UnknownPerSecond int `help:"Requests a second of each address that shows no credential that counts; 0: as many as they like." default:"100" env:"UNKNOWN_PER_SECOND" json:"unknown_per_second"`
	UnknownBurst     int `help:"Requests at once of each such address." default:"2000" env:"UNKNOWN_BURST" json:"unknown_burst"`
	// Redis is where several gateways count together; empty: each counts for itself.
	Redis   Secret         `help:"redis:// URL where gateways count together; each counts for itself if not given." env:"REDIS_URL" json:"redis"`
	Proxies []netip.Prefix `name:"trusted-proxies" help:"Networks of the proxies whose X-Forwarded-For is believed." env:"TRUSTED_PROXIES" json:"trusted_proxies"`
}

// Server is how much a process takes that others ask over HTTP.
type Server struct {
	MaxConnections int `help:"Connections at a time; others wait until one is closed." default:"10000" env:"SKALD_MAX_CONNECTIONS" json:"max_connections"`
}

// Possible tells what of the server cannot be.
func (s Server) Possible() error {
	if s.MaxConnections < 1 {
		return errors.New("a process that takes no connections cannot be asked anything: set SKALD_MAX_CONNECTIONS to 1 or more")
	}
	return nil
}

// Possible tells what of the limits cannot be.
func (l Limits) Possible() error {
	if l.PerSecond < 0 || l.Burst < 0 || l.UnknownPerSecond < 0 || l.UnknownBurst < 0 {
		return errors.New("rate limits cannot be less than 0: mend SKALD_LIMIT_PER_SECOND, SKALD_LIMIT_BURST, SKALD_LIMIT_UNKNOWN_PER_SECOND or SKALD_LIMIT_UNKNOWN_BURST")
	}
	if u, err := url.Parse(string(l.Redis)); l.Redis != "" && (err != nil || u.Host == "") {
		return errors.New("the Redis of the rate limits is not a redis:// URL: mend SKALD_LIMIT_REDIS_URL")
	}
	return nil
}
