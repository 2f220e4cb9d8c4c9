package producttest

import (
	"slices"
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
				if _, _, err := s.Put(t.Context(), Request()); err != nil {
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

// putsRace: the same product put many times at once is created once, and each
// put is a version.
func putsRace(t *testing.T, s product.Service) {
	r := Request()
	versions := make([]int64, 30)
	var created atomic.Int64
	var all errgroup.Group
	for i := range versions {
		all.Go(func() error {
			p, isNew, err := s.Put(t.Context(), r)
			versions[i] = p.Version
			if isNew {
				created.Add(1)
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.EqualValues(t, 1, created.Load())
	slices.Sort(versions)
	for i, version := range versions {
		require.EqualValues(t, i+1, version)
	}
}
