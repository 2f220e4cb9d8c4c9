// Package ordertest is what any implementation of order.Service must pass.
package ordertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
)

// Run runs the suite; each test gets a service without orders.
func Run(t *testing.T, open func(*testing.T) order.Service) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, order.Service){
		"create":             create,
		"invalid":            invalid,
		"idempotency":        idempotency,
		"idempotency races":  idempotencyRaces,
		"transitions":        transitions,
		"transitions race":   transitionsRace,
		"transition content": transitionContent,
		"list":               list,
		"unstarted":          unstarted,
		"missing":            missing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Request is a valid request with two lines.
func Request() order.CreateRequest {
	return order.CreateRequest{
		Caller: "alice", UserID: order.UserIDPrefix.New(), PaymentMethod: "pm_card_visa",
		Items: []order.Item{
			{ProductID: order.ProductIDPrefix.New(), Quantity: 2},
			{ProductID: order.ProductIDPrefix.New(), Quantity: 1},
		},
	}
}

func quote() *order.Quote {
	return &order.Quote{Total: money.New(2500, "EUR"), Lines: []order.QuoteLine{
		{UnitPrice: money.New(1000, "EUR"), Total: money.New(2000, "EUR")},
		{UnitPrice: money.New(500, "EUR"), Total: money.New(500, "EUR")},
	}}
}

func create(t *testing.T, s order.Service) {
	r := Request()
	o, made, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, made)
	require.Equal(t, order.Pending, o.Status)
	require.Equal(t, int64(1), o.Version)
	require.Equal(t, r.UserID, o.UserID)
	require.Equal(t, r.Items, o.Items)
	require.Equal(t, order.Saga{WorkflowID: "order/" + o.ID, State: order.SagaRunning}, o.Saga)
	read, err := s.Get(t.Context(), o.ID)
	require.NoError(t, err)
	require.Equal(t, o, read)
}

func invalid(t *testing.T, s order.Service) {
	for field, spoil := range map[string]func(*order.CreateRequest){
		"user_id":             func(r *order.CreateRequest) { r.UserID = "usr_nobody" },
		"items":               func(r *order.CreateRequest) { r.Items = nil },
		"items[1].product_id": func(r *order.CreateRequest) { r.Items[1].ProductID = r.UserID },
		"items[0].quantity":   func(r *order.CreateRequest) { r.Items[0].Quantity = 0 },
		"payment_method":      func(r *order.CreateRequest) { r.PaymentMethod = "" },
	} {
		r := Request()
		spoil(&r)
		_, _, err := s.Create(t.Context(), r)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		require.Equal(t, field, fault.From(err).Field)
	}
	page, err := s.List(t.Context(), order.Filter{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, page.Items)
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

	other := r
	other.Items = []order.Item{{ProductID: r.Items[0].ProductID, Quantity: 3}}
	_, _, err = s.Create(t.Context(), other)
	require.ErrorIs(t, err, order.ErrKeyReused)

	for name, change := range map[string]func(*order.CreateRequest){
		"another caller": func(r *order.CreateRequest) { r.Caller = "bob" },
		"another key":    func(r *order.CreateRequest) { r.Key = "twice" },
		"no key":         func(r *order.CreateRequest) { r.Key = "" },
	} {
		own := r
		change(&own)
		o, made, err := s.Create(t.Context(), own)
		require.NoError(t, err)
		require.True(t, made, name)
		require.NotEqual(t, first.ID, o.ID)
	}
}

func idempotencyRaces(t *testing.T, s order.Service) {
	r := Request()
	r.Key = "race"
	ids, news := make([]string, 100), make([]bool, 100)
	var all errgroup.Group
	for i := range ids {
		all.Go(func() error {
			o, made, err := s.Create(t.Context(), r)
			ids[i], news[i] = o.ID, made
			return err
		})
	}
	require.NoError(t, all.Wait())
	count := 0
	for i := range ids {
		require.Equal(t, ids[0], ids[i])
		if news[i] {
			count++
		}
	}
	require.Equal(t, 1, count)
}

func list(t *testing.T, s order.Service) {
	user := order.UserIDPrefix.New()
	var want []string
	for i := range 25 {
		r := Request()
		if i%2 == 0 {
			r.UserID = user
		}
		o, _, err := s.Create(t.Context(), r)
		require.NoError(t, err)
		if i%2 == 0 {
			want = append([]string{o.ID}, want...)
		}
	}
	var got []string
	for f := (order.Filter{UserID: user, Limit: 4}); ; {
		page, err := s.List(t.Context(), f)
		require.NoError(t, err)
		for _, o := range page.Items {
			got = append(got, o.ID)
		}
		_, _, err = s.Create(t.Context(), Request()) // what comes meanwhile does not shift the pages
		require.NoError(t, err)
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			break
		}
	}
	require.Equal(t, want, got)

	page, err := s.List(t.Context(), order.Filter{Status: order.Confirmed, Limit: 10})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	page, err = s.List(t.Context(), order.Filter{CreatedAfter: time.Now().Add(time.Hour), Limit: 10})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	_, err = s.List(t.Context(), order.Filter{Cursor: "nonsense", Limit: 10})
	require.Equal(t, "cursor", fault.From(err).Field)
}

func unstarted(t *testing.T, s order.Service) {
	var ids []string
	for range 3 {
		o, _, err := s.Create(t.Context(), Request())
		require.NoError(t, err)
		ids = append(ids, o.ID)
	}
	left := func(age time.Duration) (found []string) {
		orders, err := s.Unstarted(t.Context(), age, 10)
		require.NoError(t, err)
		for _, o := range orders {
			found = append(found, o.ID)
		}
		return found
	}
	require.Empty(t, left(time.Hour))
	require.Equal(t, ids, left(0))
	require.NoError(t, s.ConfirmStarted(t.Context(), ids[0]))
	_, err := s.TransitionOrder(t.Context(), order.Transition{OrderID: ids[1], To: order.Failed, SagaState: order.SagaCompensated})
	require.NoError(t, err)
	require.Equal(t, ids[2:], left(0))
}

func missing(t *testing.T, s order.Service) {
	for _, orderID := range []string{order.IDPrefix.New(), "ord_nonsense", "", fmt.Sprint(1)} {
		_, err := s.Get(t.Context(), orderID)
		require.ErrorIs(t, err, order.ErrNotFound)
		_, err = s.TransitionOrder(t.Context(), order.Transition{OrderID: orderID, To: order.Failed, SagaState: order.SagaCompensated})
		require.ErrorIs(t, err, order.ErrNotFound)
		require.ErrorIs(t, s.MarkSaga(t.Context(), order.Mark{OrderID: orderID, SagaState: order.SagaParked}), order.ErrNotFound)
	}
}
