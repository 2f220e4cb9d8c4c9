// Package producttest is what any implementation of product.Service must pass.
package producttest

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/product"
)

// Run runs the suite; each test gets a service without products.
func Run(t *testing.T, open func(*testing.T) product.Service) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, product.Service){
		"update":              update,
		"reprice":             reprice,
		"create":              create,
		"updates race":        updatesRace,
		"invalid":             invalid,
		"delete":              remove,
		"list":                list,
		"list filters":        listFilters,
		"list sorts":          listSorts,
		"pages under inserts": pagesUnderInserts,
		"missing":             missing,
		"ready":               ready,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Request is a valid request for a product of its own.
func Request() product.PutRequest {
	return product.PutRequest{
		ID: product.IDPrefix.New(), Name: "Rune dice", Description: "Six of them, of bone.", Category: "games",
		BasePrice: money.New(1999, "EUR"),
	}
}

func add(t *testing.T, s product.Service, r product.PutRequest) product.Product {
	t.Helper()
	p, created, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, created)
	return p
}

func get(t *testing.T, s product.Service, productID string) product.Product {
	t.Helper()
	p, err := s.Get(t.Context(), productID)
	require.NoError(t, err)
	return p
}

func update(t *testing.T, s product.Service) {
	r := Request()
	first := add(t, s, r)
	require.Equal(t, product.Product{
		ID: r.ID, Name: r.Name, Description: r.Description, Category: r.Category, BasePrice: r.BasePrice,
		Version: 1, CreatedAt: first.CreatedAt, UpdatedAt: first.CreatedAt,
	}, first)
	require.Equal(t, time.UTC, first.CreatedAt.Location())
	require.Equal(t, first, get(t, s, r.ID))

	r.Name, r.Description, r.Category, r.BasePrice = "Runenwürfel ᚱ", "", "", money.New(0, "USD")
	second, err := s.Update(t.Context(), r, 1)
	require.NoError(t, err)
	require.Equal(t, product.Product{
		ID: r.ID, Name: r.Name, BasePrice: r.BasePrice,
		Version: 2, CreatedAt: first.CreatedAt, UpdatedAt: second.UpdatedAt,
	}, second)
	require.True(t, second.UpdatedAt.After(first.UpdatedAt))
	require.Equal(t, second, get(t, s, r.ID))

	r.BasePrice.Amount = math.MaxInt64
	third, err := s.Update(t.Context(), r, 2)
	require.NoError(t, err)
	require.Equal(t, r.BasePrice, third.BasePrice)

	r.Name = "Another"
	for _, version := range []int64{1, 2, 4, 0, -1} {
		_, err := s.Update(t.Context(), r, version)
		require.ErrorIs(t, err, product.ErrChanged)
	}
	require.Equal(t, third, get(t, s, r.ID))
	_, err = s.Update(t.Context(), Request(), 1)
	require.ErrorIs(t, err, product.ErrNotFound)
}

// reprice changes the base price alone, and the version with it; the same price
// again changes nothing.
func reprice(t *testing.T, s product.Service) {
	first := add(t, s, Request())
	want := first
	want.BasePrice, want.Version = money.New(5, "USD"), 2
	for range 2 {
		require.NoError(t, s.Reprice(t.Context(), first.ID, want.BasePrice))
		now := get(t, s, first.ID)
		want.UpdatedAt = now.UpdatedAt
		require.Equal(t, want, now)
	}
	require.ErrorIs(t, s.Reprice(t.Context(), product.IDPrefix.New(), want.BasePrice), product.ErrNotFound)
	require.ErrorIs(t, s.Reprice(t.Context(), "prd_nothing", want.BasePrice), product.ErrNotFound)
	require.Equal(t, "base_price.amount", fault.From(s.Reprice(t.Context(), first.ID, money.New(-1, "EUR"))).Field)
	require.Equal(t, "base_price.currency", fault.From(s.Reprice(t.Context(), first.ID, money.New(1, "eur"))).Field)
	require.Equal(t, want, get(t, s, first.ID))
}

// create finds what is there, whatever the request, and leaves it as it is.
func create(t *testing.T, s product.Service) {
	r := Request()
	first, created, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, product.Product{
		ID: r.ID, Name: r.Name, Description: r.Description, Category: r.Category, BasePrice: r.BasePrice,
		Version: 1, CreatedAt: first.CreatedAt, UpdatedAt: first.CreatedAt,
	}, first)
	require.Equal(t, []string{r.ID}, walk(t, s, product.Filter{Query: "DICE", Limit: 10}))
	other := r
	other.Name, other.BasePrice = "Other", money.New(1, "USD")
	for _, again := range []product.PutRequest{r, other} {
		found, created, err := s.Create(t.Context(), again)
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, first, found)
	}
	require.Equal(t, first, get(t, s, r.ID))
	bad := Request()
	bad.Name = ""
	_, _, err = s.Create(t.Context(), bad)
	require.Equal(t, "name", fault.From(err).Field)
}

func invalid(t *testing.T, s product.Service) {
	for _, test := range []struct {
		field string
		spoil func(*product.PutRequest)
	}{
		{"product_id", func(r *product.PutRequest) { r.ID = "" }},
		{"product_id", func(r *product.PutRequest) { r.ID = "prd_nothing" }},
		{"product_id", func(r *product.PutRequest) { r.ID = strings.Replace(r.ID, "prd", "usr", 1) }},
		{"name", func(r *product.PutRequest) { r.Name = "" }},
		{"name", func(r *product.PutRequest) { r.Name = "\x00" }},
		{"name", func(r *product.PutRequest) { r.Name = strings.Repeat("ä", 201) }},
		{"description", func(r *product.PutRequest) { r.Description = "\xff" }},
		{"category", func(r *product.PutRequest) { r.Category = "\x00" }},
		{"base_price.amount", func(r *product.PutRequest) { r.BasePrice.Amount = -1 }},
		{"base_price.currency", func(r *product.PutRequest) { r.BasePrice.Currency = "" }},
		{"base_price.currency", func(r *product.PutRequest) { r.BasePrice.Currency = "eur" }},
		{"base_price.currency", func(r *product.PutRequest) { r.BasePrice.Currency = "EURO" }},
	} {
		r := Request()
		test.spoil(&r)
		_, _, err := s.Create(t.Context(), r)
		require.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
		require.Equal(t, test.field, fault.From(err).Field)
		_, err = s.Update(t.Context(), r, 1)
		require.Equal(t, test.field, fault.From(err).Field)
	}
	require.Empty(t, walk(t, s, product.Filter{Limit: 10}))
}

func remove(t *testing.T, s product.Service) {
	r := Request()
	add(t, s, r)
	kept := add(t, s, Request())
	require.ErrorIs(t, s.Delete(t.Context(), r.ID, 2), product.ErrChanged)
	require.NoError(t, s.Delete(t.Context(), r.ID, 1))
	_, err := s.Get(t.Context(), r.ID)
	require.ErrorIs(t, err, product.ErrNotFound)
	require.ErrorIs(t, s.Delete(t.Context(), r.ID, 0), product.ErrNotFound)
	require.Equal(t, kept, get(t, s, kept.ID))
	require.EqualValues(t, 1, add(t, s, r).Version, "it begins anew")
}

func missing(t *testing.T, s product.Service) {
	for _, productID := range []string{product.IDPrefix.New(), strings.Replace(product.IDPrefix.New(), "prd", "usr", 1), "prd_nothing", "1", "", "\x00"} {
		_, err := s.Get(t.Context(), productID)
		require.ErrorIs(t, err, product.ErrNotFound)
		require.ErrorIs(t, s.Delete(t.Context(), productID, 0), product.ErrNotFound)
	}
}

func ready(t *testing.T, s product.Service) { require.NoError(t, s.Ready(t.Context())) }
