package pricingtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/pricing"
)

func testPrices(t *testing.T, s pricing.Service) {
	t.Run("is ready", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, s.Ready(t.Context()))
	})
	t.Run("set creates, then replaces", func(t *testing.T) {
		t.Parallel()
		product := newProduct()
		p, created, err := s.Set(t.Context(), pricing.SetRequest{ProductID: product, Base: euros(1999)})
		require.NoError(t, err)
		require.True(t, created)
		require.WithinDuration(t, time.Now(), p.UpdatedAt, time.Minute)
		require.Equal(t, pricing.Price{ProductID: product, Base: euros(1999), Current: euros(1999), UpdatedAt: p.UpdatedAt}, p)

		p, created, err = s.Set(t.Context(), pricing.SetRequest{ProductID: product, Base: money.New(2500, "USD")})
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, money.New(2500, "USD"), p.Current)

		got, err := s.Get(t.Context(), product)
		require.NoError(t, err)
		require.Equal(t, p, got)
	})
	t.Run("set base creates, then keeps the discount", func(t *testing.T) {
		t.Parallel()
		product := newProduct()
		p, err := s.SetBase(t.Context(), product, euros(500))
		require.NoError(t, err)
		require.Equal(t, euros(500), p.Current)

		set(t, s, product, euros(500), &pricing.Discount{BasisPoints: 1000})
		p, err = s.SetBase(t.Context(), product, euros(1000))
		require.NoError(t, err)
		require.Equal(t, euros(1000), p.Base)
		require.Equal(t, euros(900), p.Current)
	})
	t.Run("set what cannot be", func(t *testing.T) {
		t.Parallel()
		for name, bad := range map[string]struct {
			request pricing.SetRequest
			field   string
		}{
			"no id":       {pricing.SetRequest{ProductID: "nonsense", Base: euros(1)}, "product_id"},
			"negative":    {pricing.SetRequest{ProductID: newProduct(), Base: euros(-1)}, "base_price.amount"},
			"no currency": {pricing.SetRequest{ProductID: newProduct(), Base: money.New(1, "")}, "base_price.currency"},
			"lower case":  {pricing.SetRequest{ProductID: newProduct(), Base: money.New(1, "eur")}, "base_price.currency"},
			"long":        {pricing.SetRequest{ProductID: newProduct(), Base: money.New(1, "EURO")}, "base_price.currency"},
		} {
			_, _, err := s.Set(t.Context(), bad.request)
			require.Equal(t, fault.Invalid, fault.KindOf(err), name)
			require.Equal(t, bad.field, fault.From(err).Field, name)
			_, err = s.SetBase(t.Context(), bad.request.ProductID, bad.request.Base)
			require.Equal(t, fault.Invalid, fault.KindOf(err), name)
			require.Equal(t, bad.field, fault.From(err).Field, name)
			_, err = s.Get(t.Context(), bad.request.ProductID)
			require.ErrorIs(t, err, pricing.ErrNotFound, name)
		}
	})
	t.Run("get what is not there", func(t *testing.T) {
		t.Parallel()
		for _, product := range []string{newProduct(), newOrder(), "nonsense", ""} {
			_, err := s.Get(t.Context(), product)
			require.ErrorIs(t, err, pricing.ErrNotFound)
		}
	})
	t.Run("list gives those that are there", func(t *testing.T) {
		t.Parallel()
		a, b := priced(t, s, euros(1)), priced(t, s, euros(2))
		got, err := s.List(t.Context(), []string{a, newProduct(), "nonsense", b, a})
		require.NoError(t, err)
		require.Len(t, got, 2)
		require.Equal(t, euros(1), got[a].Current)
		require.Equal(t, euros(2), got[b].Current)

		got, err = s.List(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, got)
	})
	t.Run("delete, twice, and what never was", func(t *testing.T) {
		t.Parallel()
		product := priced(t, s, euros(1))
		for range 2 {
			require.NoError(t, s.Delete(t.Context(), product))
		}
		require.NoError(t, s.Delete(t.Context(), "nonsense"))
		_, err := s.Get(t.Context(), product)
		require.ErrorIs(t, err, pricing.ErrNotFound)
	})
}

func testDiscounts(t *testing.T, s pricing.Service) {
	for name, tt := range map[string]struct {
		discount pricing.Discount
		runs     bool
	}{
		"always":        {pricing.Discount{BasisPoints: 2500}, true},
		"everything":    {pricing.Discount{BasisPoints: 10_000}, true},
		"has begun":     {pricing.Discount{BasisPoints: 2500, StartsAt: in(-time.Hour)}, true},
		"has not ended": {pricing.Discount{BasisPoints: 2500, EndsAt: in(time.Hour)}, true},
		"in its window": {pricing.Discount{BasisPoints: 2500, StartsAt: in(-time.Hour), EndsAt: in(time.Hour)}, true},
		"not yet":       {pricing.Discount{BasisPoints: 2500, StartsAt: in(time.Hour)}, false},
		"no longer":     {pricing.Discount{BasisPoints: 2500, EndsAt: in(-time.Hour)}, false},
		"window passed": {pricing.Discount{BasisPoints: 2500, StartsAt: in(-2 * time.Hour), EndsAt: in(-time.Hour)}, false},
		"window ahead":  {pricing.Discount{BasisPoints: 2500, StartsAt: in(time.Hour), EndsAt: in(2 * time.Hour)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			product := newProduct()
			p := set(t, s, product, euros(1999), &tt.discount)
			require.Equal(t, euros(1999), p.Base)
			if tt.runs {
				require.Equal(t, &tt.discount, p.Discount)
				require.Equal(t, tt.discount.Off(euros(1999)), p.Current)
			} else {
				require.Nil(t, p.Discount)
				require.Equal(t, euros(1999), p.Current)
			}
			got, err := s.Get(t.Context(), product)
			require.NoError(t, err)
			require.Equal(t, p, got)

			q, err := quote(t, s, newOrder(), of(product, 3))
			require.NoError(t, err)
			require.Equal(t, p.Current, q.Lines[0].UnitPrice)
			require.Equal(t, 3*p.Current.Amount, q.Total.Amount)

			p = set(t, s, product, euros(1999), nil)
			require.Nil(t, p.Discount, "none removes it")
			require.Equal(t, euros(1999), p.Current)
		})
	}
	t.Run("ends on the service's clock", func(t *testing.T) {
		t.Parallel()
		product := newProduct()
		set(t, s, product, euros(1000), &pricing.Discount{BasisPoints: 5000, EndsAt: in(300 * time.Millisecond)})
		require.Eventually(t, func() bool {
			p, err := s.Get(t.Context(), product)
			return err == nil && p.Discount == nil && p.Current == euros(1000)
		}, 10*time.Second, 20*time.Millisecond)
	})
	t.Run("out of range", func(t *testing.T) {
		t.Parallel()
		for name, bad := range map[string]struct {
			discount pricing.Discount
			field    string
		}{
			"nothing":   {pricing.Discount{}, "discount.basis_points"},
			"negative":  {pricing.Discount{BasisPoints: -1}, "discount.basis_points"},
			"too much":  {pricing.Discount{BasisPoints: 10_001}, "discount.basis_points"},
			"backwards": {pricing.Discount{BasisPoints: 1, StartsAt: in(time.Hour), EndsAt: in(0)}, "discount.ends_at"},
			"no time":   {pricing.Discount{BasisPoints: 1, StartsAt: in(time.Hour), EndsAt: in(time.Hour)}, "discount.ends_at"},
		} {
			if name == "no time" {
				bad.discount.EndsAt = bad.discount.StartsAt
			}
			product := newProduct()
			_, _, err := s.Set(t.Context(), pricing.SetRequest{ProductID: product, Base: euros(1), Discount: &bad.discount})
			require.Equal(t, fault.Invalid, fault.KindOf(err), name)
			require.Equal(t, bad.field, fault.From(err).Field, name)
			_, err = s.Get(t.Context(), product)
			require.ErrorIs(t, err, pricing.ErrNotFound, name)
		}
	})
}
