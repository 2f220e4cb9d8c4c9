package platform

import (
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/api/limit"
)

// countTimeout is what Redis may add to a request.
const countTimeout = 100 * time.Millisecond

// limits are what the configuration holds those who ask to.
func (p *Platform) limits() (l api.Limits, err error) {
	c := p.config.Limits
	if err := c.Possible(); err != nil {
		return l, err
	}
	l.Proxies = c.Proxies
	open := func(_ string, r limit.Rate) (*limit.Buckets, error) { return limit.InMemory(r) }
	if c.Redis != "" {
		options, err := redis.ParseURL(string(c.Redis))
		if err != nil {
			return l, fmt.Errorf("the Redis of the rate limits cannot be reached as it is written: mend SKALD_LIMIT_REDIS_URL (%T)", err) // its text may hold the password
		}
		options.DialTimeout, options.ReadTimeout, options.WriteTimeout = countTimeout, countTimeout, countTimeout
		options.MaxRetries, options.ContextTimeoutEnabled = -1, true // whoever asks does not wait for it
		shared := redis.NewClient(options)
		p.closers = append(p.closers, func() { _ = shared.Close() })
		open = func(name string, r limit.Rate) (*limit.Buckets, error) {
			return limit.InRedis(shared, "skald:limit:"+name+":", r)
		}
	}
	if c.PerSecond > 0 {
		if l.Principals, err = open("principal", limit.Rate{PerSecond: c.PerSecond, Burst: c.Burst}); err != nil {
			return l, err
		}
	}
	if c.UnknownPerSecond > 0 {
		l.Addresses, err = open("address", limit.Rate{PerSecond: c.UnknownPerSecond, Burst: c.UnknownBurst})
	}
	return l, err
}
