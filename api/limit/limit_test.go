package limit_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api/limit"
)

func stores(t *testing.T, r limit.Rate) map[string][2]*limit.Buckets {
	t.Helper()
	memory, err := limit.InMemory(r)
	require.NoError(t, err)
	server := miniredis.RunT(t)
	var shared [2]*limit.Buckets
	for i := range shared {
		client := redis.NewClient(&redis.Options{Addr: server.Addr()})
		t.Cleanup(func() { assert.NoError(t, client.Close()) })
		shared[i], err = limit.InRedis(client, "limit:", r)
		require.NoError(t, err)
	}
	return map[string][2]*limit.Buckets{"memory": {memory, memory}, "redis": shared}
}

// TestBuckets: as many as the bucket holds get through, wherever they ask, and no
// other caller feels it.
func TestBuckets(t *testing.T) {
	t.Parallel()
	for name, gateways := range stores(t, limit.Rate{PerSecond: 1, Burst: 9}) {
		var through atomic.Int64
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				left, ok, err := gateways[i%2].Take(t.Context(), "alice")
				assert.NoError(t, err)
				if ok {
					through.Add(1)
				} else {
					assert.Positive(t, left.Retry)
					assert.Zero(t, left.Remaining)
				}
				assert.Equal(t, 10, left.Limit)
			})
		}
		all.Wait()
		require.InDelta(t, 10, through.Load(), 1, name) // one more where it took a second
		left, ok, err := gateways[0].Take(t.Context(), "bob")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, 9, left.Remaining, name)
	}
}

// TestRedisIsAway: whoever asks is not made to pay for it.
func TestRedisIsAway(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	defer func() { _ = client.Close() }()
	b, err := limit.InRedis(client, "limit:", limit.Rate{PerSecond: 1})
	require.NoError(t, err)
	server.Close()
	_, ok, err := b.Take(t.Context(), "alice")
	require.Error(t, err)
	require.True(t, ok)
}

// TestManyCallers: memory does not grow with those who ask.
func TestManyCallers(t *testing.T) {
	t.Parallel()
	b, err := limit.InMemory(limit.Rate{PerSecond: 1})
	require.NoError(t, err)
	for i := range 150_000 {
		_, ok, err := b.Take(t.Context(), strconv.Itoa(i))
		require.NoError(t, err)
		require.True(t, ok)
	}
	_, ok, err := b.Take(t.Context(), "149999")
	require.NoError(t, err)
	require.False(t, ok)
}
