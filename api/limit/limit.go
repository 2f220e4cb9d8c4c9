// Package limit holds whoever asks to a rate: a token bucket each, kept in memory,
// or in Redis where several gateways share them.
package limit

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/goredisstore.v9"
	"github.com/throttled/throttled/v2/store/memstore"
)

// Rate is what a bucket holds, and how fast it is filled again.
type Rate struct {
	PerSecond int
	Burst     int // requests at once, on top of the first
}

// Left is how a bucket stands after a request.
type Left struct {
	Limit, Remaining int
	Reset            time.Duration // until it is full again
	Retry            time.Duration // until the next request is let through, where this one was not
}

// mostCallers is how many are remembered in memory; of more, those that have not
// asked for longest begin anew.
const mostCallers = 100_000

// casAttempts is how often a bucket is tried to be taken from, while others take
// from it at the same time.
const casAttempts = 100

// Buckets are token buckets, one a caller. The algorithm is GCRA, which needs one
// number a bucket.
type Buckets struct{ limiter *throttled.GCRARateLimiterCtx }

// InMemory keeps buckets in this process.
func InMemory(r Rate) (*Buckets, error) {
	store, err := memstore.NewCtx(mostCallers)
	if err != nil {
		return nil, fmt.Errorf("keep rate limits in memory: %w", err)
	}
	return newBuckets(store, r)
}

// InRedis keeps buckets in Redis, under a prefix.
func InRedis(client redis.UniversalClient, keyPrefix string, r Rate) (*Buckets, error) {
	store, err := goredisstore.NewCtx(client, keyPrefix)
	if err != nil {
		return nil, fmt.Errorf("keep rate limits in Redis: %w", err)
	}
	return newBuckets(store, r)
}

func newBuckets(store throttled.GCRAStoreCtx, r Rate) (*Buckets, error) {
	limiter, err := throttled.NewGCRARateLimiterCtx(store, throttled.RateQuota{MaxRate: throttled.PerSec(r.PerSecond), MaxBurst: r.Burst})
	if err != nil {
		return nil, fmt.Errorf("limit to %d requests a second: %w", r.PerSecond, err)
	}
	limiter.SetMaxCASAttemptsLimit(casAttempts)
	return &Buckets{limiter}, nil
}

// Take takes a token from a caller's bucket. Not ok: it is empty.
func (b *Buckets) Take(ctx context.Context, caller string) (left Left, ok bool, err error) {
	limited, result, err := b.limiter.RateLimitCtx(ctx, caller, 1)
	if err != nil {
		return Left{}, true, fmt.Errorf("take from a bucket: %w", err)
	}
	return Left{Limit: result.Limit, Remaining: result.Remaining, Reset: result.ResetAfter, Retry: result.RetryAfter}, !limited, nil
}
