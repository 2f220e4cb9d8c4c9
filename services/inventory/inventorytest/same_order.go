package inventorytest

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/inventory"
)

// testSameOrder lets operations on one order race.
func testSameOrder(t *testing.T, s inventory.Service) {
	const rounds = 25
	t.Run("reserve", func(t *testing.T) {
		product, other := stocked(t, s, 1000), stocked(t, s, 1000)
		for i := range rounds {
			order := newOrder()
			results, errs := [8]inventory.Reservation{}, [8]error{}
			race(len(errs), func(i int) {
				ls := append(lines(product, 1, 1), lines(other, 1)...)
				results[i], errs[i] = reserve(t, s, order, long, ls...)
			})
			for j, err := range errs {
				require.NoError(t, err)
				require.Equal(t, results[0], results[j])
			}
			requireCounts(t, s, product, 1000, int64(2*(i+1)))
		}
	})
	t.Run("reserve what there is not", func(t *testing.T) {
		product := stocked(t, s, 1)
		for range rounds {
			order, errs := newOrder(), [8]error{}
			race(len(errs), func(i int) { _, errs[i] = reserve(t, s, order, long, lines(product, 2)...) })
			for _, err := range errs {
				require.ErrorIs(t, err, inventory.ErrInsufficient)
			}
		}
	})
	t.Run("reserve and release", func(t *testing.T) {
		product := stocked(t, s, 10)
		for range rounds {
			order, errs := newOrder(), [8]error{}
			race(len(errs), func(i int) {
				if i%2 == 0 {
					_, errs[i] = reserve(t, s, order, long, lines(product, 2)...)
				} else {
					_, errs[i] = release(t, s, order)
				}
			})
			for i, err := range errs {
				if i%2 == 0 && err != nil {
					require.ErrorIs(t, err, inventory.ErrReleased)
				} else {
					require.NoError(t, err)
				}
			}
			requireState(t, s, order, inventory.Released)
			requireCounts(t, s, product, 10, 0)
		}
	})
	t.Run("release and commit", func(t *testing.T) {
		product := stocked(t, s, 1000)
		left := int64(1000)
		for range rounds {
			order, errs := held(t, s, long, lines(product, 2)...), [8]error{}
			race(len(errs), func(i int) {
				if i%2 == 0 {
					_, errs[i] = commit(t, s, order)
				} else {
					_, errs[i] = release(t, s, order)
				}
			})
			want, refusal, winners := inventory.Released, inventory.ErrReleased, 1
			if errs[0] == nil {
				want, refusal, winners = inventory.Sold, inventory.ErrSold, 0
				left -= 2
			}
			for i, err := range errs {
				if i%2 == winners {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, refusal)
				}
			}
			requireState(t, s, order, want)
			requireCounts(t, s, product, left, 0)
		}
	})
	t.Run("expire and commit", func(t *testing.T) {
		product := stocked(t, s, 1000)
		for i := range rounds {
			order, errs := held(t, s, short, lines(product, 2)...), [8]error{}
			race(len(errs), func(i int) {
				if i%2 == 0 {
					_, errs[i] = commit(t, s, order)
				} else {
					_, errs[i] = s.ExpireReservations(t.Context(), 10)
				}
			})
			for _, err := range errs {
				require.NoError(t, err)
			}
			requireState(t, s, order, inventory.Sold)
			requireCounts(t, s, product, int64(1000-2*(i+1)), 0)
		}
	})
	t.Run("expire", func(t *testing.T) {
		a, b := stocked(t, s, 1000), stocked(t, s, 1000)
		for range rounds {
			held(t, s, short, append(lines(a, 1), lines(b, 1)...)...)
		}
		var expired atomic.Int64
		race(8, func(int) {
			for {
				n, err := s.ExpireReservations(t.Context(), 3)
				if !assert.NoError(t, err) || n == 0 {
					return
				}
				expired.Add(int64(n))
			}
		})
		expired.Add(int64(expire(t, s))) // those that all skipped
		require.EqualValues(t, rounds, expired.Load())
		requireCounts(t, s, a, 1000, 0)
		requireCounts(t, s, b, 1000, 0)
	})
}

// race runs fn n times at once and waits for all.
func race(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}
