package inventorytest

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/inventory"
)

// testContention lets many buyers race for the same few units, with other
// products around them in any sequence, while holds are given back and expire.
func testContention(t *testing.T, s inventory.Service) {
	const (
		buyers  = 32
		units   = 50
		portion = 2 // divides units, so that the last buyer gets the last unit
	)
	scarce := stocked(t, s, units)
	plenty := make([]string, 4)
	for i := range plenty {
		plenty[i] = stocked(t, s, 1_000_000)
	}
	var sold atomic.Int64
	race(buyers, func(int) {
		for {
			request := basket(scarce, portion, plenty)
			_, err := s.ReserveStock(t.Context(), request)
			if errors.Is(err, inventory.ErrInsufficient) {
				return
			}
			if !assert.NoError(t, err) {
				return
			}
			// Whoever gives units back tries again, so none is left in the end.
			order := inventory.OrderRequest{OrderID: request.OrderID}
			if oneIn(4) {
				_, err = s.ReleaseStock(t.Context(), order)
			} else if _, err = s.CommitStock(t.Context(), order); err == nil {
				sold.Add(portion)
			}
			if !assert.NoError(t, err) {
				return
			}
			if oneIn(8) {
				_, err = s.ExpireReservations(t.Context(), 10)
				assert.NoError(t, err)
			}
		}
	})
	require.EqualValues(t, units, sold.Load())
	requireCounts(t, s, scarce, 0, 0)
	for _, product := range plenty {
		stock, err := s.Get(t.Context(), product)
		require.NoError(t, err)
		require.Zero(t, stock.Reserved)
	}
}

// basket asks for some units of one product, on one line or on several, and for
// one unit of some of the others, in random sequence.
func basket(scarce string, units int, plenty []string) inventory.ReserveRequest {
	r := inventory.ReserveRequest{OrderID: newOrder(), TTL: long}
	if oneIn(2) {
		r.Lines = lines(scarce, int64(units))
	} else {
		for range units {
			r.Lines = append(r.Lines, lines(scarce, 1)...)
		}
	}
	for _, product := range plenty {
		for oneIn(2) {
			r.Lines = append(r.Lines, lines(product, 1)...)
		}
	}
	rand.Shuffle(len(r.Lines), func(i, j int) { r.Lines[i], r.Lines[j] = r.Lines[j], r.Lines[i] })
	return r
}

func oneIn(n int) bool { return rand.IntN(n) == 0 } //nolint:gosec // chance is enough for a test

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
