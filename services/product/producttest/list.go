package producttest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/product"
)

// walk reads all pages of a filter.
func walk(t *testing.T, s product.Service, f product.Filter) (ids []string) {
	t.Helper()
	for {
		page, err := s.List(t.Context(), f)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Items), f.Limit)
		for _, p := range page.Items {
			ids = append(ids, p.ID)
		}
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			return ids
		}
	}
}

func list(t *testing.T, s product.Service) {
	require.Empty(t, walk(t, s, product.Filter{Limit: 10}))
	var all, games []string
	for i := range 9 {
		r := Request()
		if i%2 == 0 {
			r.Category = "books"
		}
		p := add(t, s, r)
		all = append([]string{p.ID}, all...)
		if p.Category == "games" {
			games = append([]string{p.ID}, games...)
		}
	}
	for _, limit := range []int{1, 4, 8, 9, 10, 100} {
		require.Equal(t, all, walk(t, s, product.Filter{Limit: limit}))
		require.Equal(t, games, walk(t, s, product.Filter{Category: "games", Limit: limit}))
		require.Equal(t, all, walk(t, s, product.Filter{Query: "rune", Limit: limit}))
	}
	for limit, length := range map[int]int{-1: 1, 0: 1, product.MaxPage: 9, 1 << 40: 9} {
		page, err := s.List(t.Context(), product.Filter{Limit: limit})
		require.NoError(t, err)
		require.Len(t, page.Items, length)
		require.Equal(t, get(t, s, all[0]), page.Items[0])
	}
	_, err := s.List(t.Context(), product.Filter{Limit: 10, Cursor: "nonsense"})
	require.Equal(t, fault.Invalid, fault.KindOf(err))
	require.Equal(t, "cursor", fault.From(err).Field)
}

func listFilters(t *testing.T, s product.Service) {
	named := map[string]string{} // id → name
	for _, r := range []product.PutRequest{
		{Name: "Rune dice", Description: "Six of them", Category: "games"},
		{Name: "Saga", Description: "A tale of DICE", Category: "books"},
		{Name: "100% wool", Description: `C:\yarn`, Category: "wear"},
		{Name: "under_score", Description: "Ärmel", Category: "Wear"},
	} {
		r.ID, r.BasePrice = product.IDPrefix.New(), Request().BasePrice
		named[add(t, s, r).ID] = r.Name
	}
	for name, test := range map[string]struct {
		filter product.Filter
		want   []string
	}{
		"part of name or description":     {product.Filter{Query: "dice"}, []string{"Saga", "Rune dice"}},
		"in any case":                     {product.Filter{Query: "DiCe"}, []string{"Saga", "Rune dice"}},
		"beyond ASCII":                    {product.Filter{Query: "ärm"}, []string{"under_score"}},
		"category":                        {product.Filter{Category: "books"}, []string{"Saga"}},
		"category as it is written":       {product.Filter{Category: "Wear"}, []string{"under_score"}},
		"category and query":              {product.Filter{Category: "games", Query: "dice"}, []string{"Rune dice"}},
		"category of something else":      {product.Filter{Category: "books", Query: "wool"}, nil},
		"a per cent sign is no wildcard":  {product.Filter{Query: "%"}, []string{"100% wool"}},
		"an underscore is no wildcard":    {product.Filter{Query: "_"}, []string{"under_score"}},
		"a backslash is itself":           {product.Filter{Query: `\`}, []string{"100% wool"}},
		"a quote is itself":               {product.Filter{Query: `'; DROP TABLE products; --`}, nil},
		"no wildcards at the end":         {product.Filter{Query: `yarn\`}, nil},
		"what is no text matches nothing": {product.Filter{Query: "\x00"}, nil},
		"nor as a category":               {product.Filter{Category: "\xff"}, nil},
	} {
		test.filter.Limit = 10
		var got []string
		for _, productID := range walk(t, s, test.filter) {
			got = append(got, named[productID])
		}
		require.Equal(t, test.want, got, name)
	}
}

// pagesUnderInserts: what was there before the first page is on the pages,
// once each, while others come.
func pagesUnderInserts(t *testing.T, s product.Service) {
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
		seen = walk(t, s, product.Filter{Limit: 7})
	}
	close(stop)
	require.NoError(t, others.Wait())
	require.Subset(t, seen, before)
	slices.Sort(seen)
	require.Len(t, slices.Compact(slices.Clone(seen)), len(seen), "none twice")
}

// updatesRace: of many who replace the same version at once one does, and the
// others are told.
func updatesRace(t *testing.T, s product.Service) {
	r := Request()
	add(t, s, r)
	var replaced atomic.Int64
	var all errgroup.Group
	for range 30 {
		all.Go(func() error {
			_, err := s.Update(t.Context(), r, 1)
			if errors.Is(err, product.ErrChanged) {
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

// listSorts: each sort is whole and in its sequence, whatever the page, with a
// least price and without; a cursor is good for its own sort alone.
func listSorts(t *testing.T, s product.Service) {
	named := map[string]string{} // id → name and price
	for _, name := range []string{"saga", "Rune dice", "ärmel", "rune Dice", "Saga II", "under_score", strings.Repeat("ᚱ", 200)} {
		for _, price := range []int64{0, 700, 700, math.MaxInt64} {
			r := Request()
			r.Name, r.BasePrice.Amount = name, price
			p := add(t, s, r)
			named[p.ID] = fmt.Sprintf("%s %019d", strings.ToLower(name), price)
		}
	}
	price := func(id string) string { return named[id][len(named[id])-19:] }
	for _, limit := range []int{1, 3, 28, 100} {
		for sort, key := range map[product.Sort]func(id string) string{
			product.ByName:   func(id string) string { return named[id][:len(named[id])-20] },
			product.Cheapest: price,
		} {
			got := walk(t, s, product.Filter{Sort: sort, Limit: limit})
			require.ElementsMatch(t, slices.Collect(maps.Keys(named)), got, "%s by %d", sort, limit)
			require.True(t, slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(key(a), key(b)) }), "%s by %d", sort, limit)
		}
		down := walk(t, s, product.Filter{Sort: product.Priciest, Limit: limit})
		slices.Reverse(down)
		require.Equal(t, walk(t, s, product.Filter{Sort: product.Cheapest, Limit: limit}), down)
		for _, sort := range []product.Sort{"", product.Newest, product.ByName, product.Cheapest, product.Priciest} {
			require.Len(t, walk(t, s, product.Filter{Sort: sort, MinBase: 700, Limit: limit}), 21)
			require.Len(t, walk(t, s, product.Filter{Sort: sort, MinBase: 701, Category: "games", Query: "rune", Limit: limit}), 2)
		}
	}
	require.Equal(t, walk(t, s, product.Filter{Limit: 9}), walk(t, s, product.Filter{Sort: product.Newest, Limit: 4}))

	page, err := s.List(t.Context(), product.Filter{Sort: product.Cheapest, Limit: 1})
	require.NoError(t, err)
	for _, f := range []product.Filter{{Sort: product.Priciest, Limit: 1, Cursor: page.NextCursor}, {Sort: product.Cheapest, Limit: 1, Cursor: "e30"}} {
		_, err = s.List(t.Context(), f)
		require.Equal(t, "cursor", fault.From(err).Field)
	}
	_, err = s.List(t.Context(), product.Filter{Sort: "color", Limit: 1})
	require.Equal(t, "sort", fault.From(err).Field)
}
