package ordertest

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/services/order"
)

func create(t *testing.T, s order.Service) {
	for _, currency := range []string{"", "EUR"} {
		r := Request()
		r.Currency = currency
		o, made, err := s.Create(t.Context(), r)
		require.NoError(t, err)
		require.True(t, made)
		id, err := order.IDPrefix.Parse(o.ID)
		require.NoError(t, err)
		require.EqualValues(t, 7, id.Version())
		require.Equal(t, time.UTC, o.CreatedAt.Location())
		require.Equal(t, o.CreatedAt, o.UpdatedAt)
		require.Equal(t, order.Order{
			ID: o.ID, UserID: r.UserID, Status: order.Pending, Items: r.Items, Currency: currency, PaymentMethod: r.PaymentMethod,
			Saga: order.Saga{WorkflowID: "order/" + o.ID, State: order.SagaRunning}, Version: 1,
			CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
		}, o)
		require.Equal(t, o, get(t, s, o.ID))
	}
	most := Request()
	most.Items = slices.Repeat(most.Items[:1], order.MaxItems)
	o, _, err := s.Create(t.Context(), most)
	require.NoError(t, err)
	require.Equal(t, most.Items, get(t, s, o.ID).Items)
}

func invalid(t *testing.T, s order.Service) {
	for _, test := range []struct {
		field string
		spoil func(*order.CreateRequest)
	}{
		{"user_id", func(r *order.CreateRequest) { r.UserID = "" }},
		{"user_id", func(r *order.CreateRequest) { r.UserID = "usr_nobody" }},
		{"user_id", func(r *order.CreateRequest) { r.UserID = r.Items[0].ProductID }},
		{"user_id", func(r *order.CreateRequest) { r.UserID = strings.ToUpper(r.UserID) }},
		{"items", func(r *order.CreateRequest) { r.Items = nil }},
		{"items", func(r *order.CreateRequest) { r.Items = slices.Repeat(r.Items[:1], order.MaxItems+1) }},
		{"items[1].product_id", func(r *order.CreateRequest) { r.Items[1].ProductID = r.UserID }},
		{"items[0].product_id", func(r *order.CreateRequest) { r.Items[0].ProductID = "prd_\x00" }},
		{"items[0].quantity", func(r *order.CreateRequest) { r.Items[0].Quantity = 0 }},
		{"items[1].quantity", func(r *order.CreateRequest) { r.Items[1].Quantity = -1 }},
		{"items[1].quantity", func(r *order.CreateRequest) { r.Items[1].Quantity = order.MaxQuantity + 1 }},
		{"payment_method", func(r *order.CreateRequest) { r.PaymentMethod = "" }},
		{"payment_method", func(r *order.CreateRequest) { r.PaymentMethod = "pm_\x00" }},
		{"payment_method", func(r *order.CreateRequest) { r.PaymentMethod = "pm_\xff" }},
		{"currency", func(r *order.CreateRequest) { r.Currency = "eur" }},
		{"currency", func(r *order.CreateRequest) { r.Currency = "EURO" }},
	} {
		r := Request()
		r.Key = "spoiled"
		test.spoil(&r)
		_, _, err := s.Create(t.Context(), r)
		requireInvalid(t, err, test.field)
	}
	page, err := s.List(t.Context(), order.Filter{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	r := Request()
	r.Key = "spoiled"
	_, made, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, made, "what is invalid claims no key")
}

func idempotency(t *testing.T, s order.Service) {
	r := Request()
	r.Key = "once"
	first, made, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, made)

	again, made, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, first, again)

	for name, change := range map[string]func(*order.CreateRequest){
		"user":              func(r *order.CreateRequest) { r.UserID = order.UserIDPrefix.New() },
		"quantity":          func(r *order.CreateRequest) { r.Items[0].Quantity++ },
		"product":           func(r *order.CreateRequest) { r.Items[0].ProductID = r.Items[1].ProductID },
		"fewer items":       func(r *order.CreateRequest) { r.Items = r.Items[:1] },
		"sequence of items": func(r *order.CreateRequest) { slices.Reverse(r.Items) },
		"currency":          func(r *order.CreateRequest) { r.Currency = "EUR" },
		"payment method":    func(r *order.CreateRequest) { r.PaymentMethod = "pm_card_mastercard" },
	} {
		other := r
		other.Items = slices.Clone(r.Items)
		change(&other)
		_, _, err = s.Create(t.Context(), other)
		require.ErrorIs(t, err, order.ErrKeyReused, name)
	}

	for name, change := range map[string]func(*order.CreateRequest){
		"another caller": func(r *order.CreateRequest) { r.Caller = "bob" },
		"another key":    func(r *order.CreateRequest) { r.Key = "twice" },
		"no key":         func(r *order.CreateRequest) { r.Key = "" },
		"no key again":   func(r *order.CreateRequest) { r.Key = "" },
	} {
		own := r
		change(&own)
		o, made, err := s.Create(t.Context(), own)
		require.NoError(t, err)
		require.True(t, made, name)
		require.NotEqual(t, first.ID, o.ID)
	}

	ended, err := s.TransitionOrder(t.Context(), move(order.Rejected, first.ID))
	require.NoError(t, err)
	again, made, err = s.Create(t.Context(), r)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, ended, again, "the order as it stands by now")
}

func idempotencyRaces(t *testing.T, s order.Service) {
	r := Request()
	r.Key = "race"
	ids := make([]string, 100)
	var made atomic.Int64
	var all errgroup.Group
	for i := range ids {
		all.Go(func() error {
			o, isNew, err := s.Create(t.Context(), r)
			ids[i] = o.ID
			if isNew {
				made.Add(1)
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.EqualValues(t, 1, made.Load())
	require.Len(t, slices.Compact(ids), 1)
	page, err := s.List(t.Context(), order.Filter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
}

// idempotencyRacesOfTwo: of two requests with one key, one is refused, whoever
// came first and however often both come.
func idempotencyRacesOfTwo(t *testing.T, s order.Service) {
	requests := []order.CreateRequest{Request(), Request()}
	var made, refused [2]atomic.Int64
	var all errgroup.Group
	for i := range 40 {
		all.Go(func() error {
			r := requests[i%2]
			r.Key = "race"
			_, isNew, err := s.Create(t.Context(), r)
			if isNew {
				made[i%2].Add(1)
			}
			if errors.Is(err, order.ErrKeyReused) {
				refused[i%2].Add(1)
				return nil
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	for i := range 2 {
		won := made[i].Load() == 1
		require.Equal(t, won, refused[i].Load() == 0)
		require.Equal(t, !won, refused[i].Load() == 20)
		require.Equal(t, won, made[1-i].Load() == 0)
	}
}
