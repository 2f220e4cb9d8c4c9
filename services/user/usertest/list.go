package usertest

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// walk reads all pages.
func walk(t *testing.T, s user.Service, limit int) (ids []string) {
	t.Helper()
	for cursor := ""; ; {
		page, err := s.List(t.Context(), limit, cursor)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Items), limit)
		for _, u := range page.Items {
			ids = append(ids, u.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			return ids
		}
	}
}

func list(t *testing.T, s user.Service) {
	require.Empty(t, walk(t, s, 10))
	var want []string
	for range 9 {
		want = append([]string{add(t, s, Request()).ID}, want...)
	}
	for _, limit := range []int{1, 4, 8, 9, 10, 100} {
		require.Equal(t, want, walk(t, s, limit))
	}
	for limit, length := range map[int]int{-1: 1, 0: 1, user.MaxPage: 9, 1 << 40: 9} {
		page, err := s.List(t.Context(), limit, "")
		require.NoError(t, err)
		require.Len(t, page.Items, length)
		require.Equal(t, get(t, s, want[0]), page.Items[0])
	}
	_, err := s.List(t.Context(), 10, "nonsense")
	require.Equal(t, fault.Invalid, fault.KindOf(err))
	require.Equal(t, "cursor", fault.From(err).Field)
}

// pagesUnderInserts: who was there before the first page is on the pages, once
// each, while others come.
func pagesUnderInserts(t *testing.T, s user.Service) {
	var before []string
	for range 20 {
		before = append(before, add(t, s, Request()).ID)
	}
	stop := make(chan struct{})
	var others errgroup.Group
	for range 3 {
		others.Go(func() error {
			for {
				select {
				case <-stop:
					return nil
				default:
				}
				if _, _, err := s.Create(t.Context(), Request()); err != nil {
					return err
				}
			}
		})
	}
	var seen []string
	for range 5 {
		seen = walk(t, s, 7)
	}
	close(stop)
	require.NoError(t, others.Wait())
	require.Subset(t, seen, before)
	slices.Sort(seen)
	require.Len(t, slices.Compact(slices.Clone(seen)), len(seen), "none twice")
}

// updatesRace: of many who replace the same version at once one does, and the
// others are told.
func updatesRace(t *testing.T, s user.Service) {
	for range 20 {
		r := Request()
		add(t, s, r)
		var replaced atomic.Int64
		var all errgroup.Group
		for range 8 {
			all.Go(func() error {
				_, err := s.Update(t.Context(), r, 1)
				if errors.Is(err, user.ErrChanged) {
					return nil
				}
				replaced.Add(1)
				return err
			})
		}
		require.NoError(t, all.Wait())
		require.EqualValues(t, 1, replaced.Load())
		require.EqualValues(t, 2, get(t, s, r.ID).Version)
	}
}

// createsRace: of many who create the same user at once one does, and the
// others find it.
func createsRace(t *testing.T, s user.Service) {
	for range 20 {
		r := Request()
		var created atomic.Int64
		var all errgroup.Group
		for range 8 {
			all.Go(func() error {
				u, isNew, err := s.Create(t.Context(), r)
				if isNew {
					created.Add(1)
				}
				if err == nil && u.Version != 1 {
					err = errors.New("a second version")
				}
				return err
			})
		}
		require.NoError(t, all.Wait())
		require.EqualValues(t, 1, created.Load())
	}
}

// emailRaces: of many who want one address, one gets it.
func emailRaces(t *testing.T, s user.Service) {
	var got atomic.Int64
	var all errgroup.Group
	for range 30 {
		all.Go(func() error {
			r := Request()
			r.Email = "one@example.com"
			_, _, err := s.Create(t.Context(), r)
			if errors.Is(err, user.ErrEmailTaken) {
				return nil
			}
			got.Add(1)
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.EqualValues(t, 1, got.Load())
	require.Len(t, walk(t, s, 10), 1)
}
