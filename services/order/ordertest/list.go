package ordertest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/services/order"
)

// walk reads all pages of a filter; between runs after each.
func walk(t *testing.T, s order.Service, f order.Filter, between func()) (ids []string) {
	t.Helper()
	for {
		page, err := s.List(t.Context(), f)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Items), f.Limit)
		for _, o := range page.Items {
			ids = append(ids, o.ID)
		}
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			return ids
		}
		between()
	}
}

func list(t *testing.T, s order.Service) {
	user := order.UserIDPrefix.New()
	var all, own []string
	for i := range 25 {
		r := Request()
		if i%2 == 0 {
			r.UserID = user
		}
		o, _, err := s.Create(t.Context(), r)
		require.NoError(t, err)
		all = append([]string{o.ID}, all...)
		if i%2 == 0 {
			own = append([]string{o.ID}, own...)
		}
	}
	nothing := func() {}
	for _, limit := range []int{1, 4, 13, 24, 25, 26, 100} {
		require.Equal(t, all, walk(t, s, order.Filter{Limit: limit}, nothing))
		require.Equal(t, own, walk(t, s, order.Filter{UserID: user, Limit: limit}, nothing))
	}
	for limit, want := range map[int]int{-1: 1, 0: 1, order.MaxPage: 25, 1 << 40: 25} {
		page, err := s.List(t.Context(), order.Filter{Limit: limit})
		require.NoError(t, err)
		require.Len(t, page.Items, want)
	}
	require.Equal(t, own, walk(t, s, order.Filter{UserID: user, Limit: 4}, func() { place(t, s) }))

	page, err := s.List(t.Context(), order.Filter{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, get(t, s, page.Items[0].ID), page.Items[0])
}

func listFilters(t *testing.T, s order.Service) {
	first, second := place(t, s), place(t, s)
	second, err := s.TransitionOrder(t.Context(), move(order.Confirmed, second.ID))
	require.NoError(t, err)
	for name, test := range map[string]struct {
		filter order.Filter
		want   []string
	}{
		"none":                    {order.Filter{}, []string{second.ID, first.ID}},
		"status":                  {order.Filter{Status: order.Confirmed}, []string{second.ID}},
		"another status":          {order.Filter{Status: order.Refunded}, nil},
		"user":                    {order.Filter{UserID: first.UserID}, []string{first.ID}},
		"user and status":         {order.Filter{UserID: first.UserID, Status: order.Pending}, []string{first.ID}},
		"user and another status": {order.Filter{UserID: first.UserID, Status: order.Confirmed}, nil},
		"somebody else":           {order.Filter{UserID: order.UserIDPrefix.New()}, nil},
		"nobody":                  {order.Filter{UserID: "usr_nobody"}, nil},
		"after the first":         {order.Filter{CreatedAfter: first.CreatedAt}, []string{second.ID}},
		"after the second":        {order.Filter{CreatedAfter: second.CreatedAt}, nil},
	} {
		test.filter.Limit = 10
		require.Equal(t, test.want, walk(t, s, test.filter, func() {}), name)
	}
	for _, cursor := range []string{"nonsense", "=", "AAAA", "\x00"} {
		_, err := s.List(t.Context(), order.Filter{Cursor: cursor, Limit: 10})
		requireInvalid(t, err, "cursor")
	}
}

// pagesUnderInserts: what was there before the first page is on the pages,
// once each, while others place orders.
func pagesUnderInserts(t *testing.T, s order.Service) {
	var before []string
	for range 30 {
		before = append(before, place(t, s).ID)
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
		seen = walk(t, s, order.Filter{Limit: 7}, func() {})
	}
	close(stop)
	require.NoError(t, others.Wait())
	require.Subset(t, seen, before)
	slices.Sort(seen)
	require.Len(t, slices.Compact(slices.Clone(seen)), len(seen), "none twice")
}

func unstarted(t *testing.T, s order.Service) {
	var placed []order.Order
	for range 4 {
		placed = append(placed, place(t, s))
	}
	left := func(age time.Duration, limit int) []order.Order {
		found, err := s.Unstarted(t.Context(), age, limit)
		require.NoError(t, err)
		return found
	}
	require.Empty(t, left(time.Hour, 10))
	require.Equal(t, placed, left(0, 10), "oldest first, whole")
	require.Equal(t, placed[:2], left(0, 2))
	require.Empty(t, left(0, 0))

	require.NoError(t, s.ConfirmStarted(t.Context(), placed[0].ID))
	require.NoError(t, s.ConfirmStarted(t.Context(), placed[0].ID))
	require.Equal(t, placed[0], get(t, s, placed[0].ID))
	_, err := s.TransitionOrder(t.Context(), move(order.Failed, placed[1].ID))
	require.NoError(t, err)
	_, err = s.TransitionOrder(t.Context(), move(order.AwaitingPayment, placed[2].ID))
	require.NoError(t, err)
	require.Equal(t, placed[3:], left(0, 10))
}
