package ordertest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
)

func action() *order.Action {
	return &order.Action{Type: "redirect", ExpiresAt: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func requirePriced(t *testing.T, o order.Order) {
	t.Helper()
	require.Equal(t, Quote().Total, *o.Total)
	require.Len(t, o.Items, len(Quote().Lines))
	for i, line := range Quote().Lines {
		require.Equal(t, line.UnitPrice, *o.Items[i].UnitPrice)
		require.Equal(t, line.Total, *o.Items[i].Total)
	}
}

func transitionContent(t *testing.T, s order.Service) {
	placed := place(t, s)
	payment := order.PaymentIDPrefix.New()
	awaiting, err := s.TransitionOrder(t.Context(), order.Transition{
		OrderID: placed.ID, To: order.AwaitingPayment, Quote: Quote(), PaymentID: payment, Action: action(), SagaState: order.SagaWaiting,
	})
	require.NoError(t, err)
	require.Equal(t, action(), awaiting.NextAction)
	require.Equal(t, payment, awaiting.PaymentID)
	require.Equal(t, order.SagaWaiting, awaiting.Saga.State)
	requirePriced(t, awaiting)
	for i, item := range placed.Items {
		require.Equal(t, item.ProductID, awaiting.Items[i].ProductID)
		require.Equal(t, item.Quantity, awaiting.Items[i].Quantity)
	}
	require.Equal(t, placed.CreatedAt, awaiting.CreatedAt)

	failure := &order.Failure{Code: "payment_declined", Detail: "The payment was declined.", Step: "AuthorizePayment"}
	rejected, err := s.TransitionOrder(t.Context(), order.Transition{
		OrderID: placed.ID, To: order.Rejected, Failure: failure, Action: action(), SagaState: order.SagaCompensated,
	})
	require.NoError(t, err)
	require.Equal(t, failure, rejected.Failure)
	require.Nil(t, rejected.NextAction, "nothing is left to do once it is decided")
	requirePriced(t, rejected)
	require.Equal(t, payment, rejected.PaymentID, "what was known stays")
	require.Equal(t, order.SagaCompensated, rejected.Saga.State)
	require.Equal(t, int64(3), rejected.Version)
	require.Equal(t, rejected, get(t, s, placed.ID))

	again, err := s.TransitionOrder(t.Context(), order.Transition{
		OrderID: placed.ID, To: order.Rejected, Failure: &order.Failure{Code: "other"}, SagaState: order.SagaParked,
	})
	require.NoError(t, err)
	require.Equal(t, rejected, again, "done again, with other words, it stays as it was")
}

func confirmedAsPriced(t *testing.T, s order.Service) {
	o := place(t, s)
	_, err := s.TransitionOrder(t.Context(), order.Transition{
		OrderID: o.ID, To: order.AwaitingPayment, Quote: Quote(), Action: action(), SagaState: order.SagaWaiting,
	})
	require.NoError(t, err)
	confirmed, err := s.TransitionOrder(t.Context(), order.Transition{OrderID: o.ID, To: order.Confirmed, SagaState: order.SagaCompleted})
	require.NoError(t, err)
	require.Equal(t, order.Confirmed, confirmed.Status)
	require.Nil(t, confirmed.NextAction)
	requirePriced(t, confirmed)
	require.Equal(t, confirmed, get(t, s, o.ID))
}

func refusedTransitions(t *testing.T, s order.Service) {
	o := place(t, s)
	for _, test := range []struct {
		field string
		spoil func(*order.Transition)
	}{
		{"quote.lines", func(m *order.Transition) { m.Quote.Lines = m.Quote.Lines[:1] }},
		{"quote.lines", func(m *order.Transition) { m.Quote.Lines = nil }},
		{"quote.lines", func(m *order.Transition) { m.Quote.Lines = append(m.Quote.Lines, m.Quote.Lines...) }},
		{"quote.lines[1]", func(m *order.Transition) { m.Quote.Lines[1].Total = money.New(500, "USD") }},
		{"quote.lines[0]", func(m *order.Transition) { m.Quote.Lines[0].UnitPrice.Amount = -1 }},
		{"quote.total", func(m *order.Transition) { m.Quote.Total.Amount = -1 }},
		{"quote.total", func(m *order.Transition) { m.Quote.Total.Currency = "" }},
		{"payment_id", func(m *order.Transition) { m.PaymentID = o.ID }},
		{"saga_state", func(m *order.Transition) { m.SagaState = "lost" }},
	} {
		m := move(order.Confirmed, o.ID)
		test.spoil(&m)
		_, err := s.TransitionOrder(t.Context(), m)
		requireInvalid(t, err, test.field)
	}
	for name, m := range map[string]order.Transition{
		"confirmed without a price": {OrderID: o.ID, To: order.Confirmed, SagaState: order.SagaCompleted},
		"a status nobody knows":     {OrderID: o.ID, To: "lost", SagaState: order.SagaRunning},
	} {
		_, err := s.TransitionOrder(t.Context(), m)
		require.ErrorIs(t, err, order.ErrTransition, name)
	}
	require.Equal(t, o, get(t, s, o.ID))
}

func sagaState(t *testing.T, s order.Service) {
	o := place(t, s)
	mark := order.Mark{OrderID: o.ID, SagaState: order.SagaParked, Seq: 2}
	require.NoError(t, s.MarkSaga(t.Context(), mark))
	parked := get(t, s, o.ID)
	want := o
	want.Saga.State, want.UpdatedAt = order.SagaParked, parked.UpdatedAt
	require.Equal(t, want, parked, "status and version stay")
	require.True(t, parked.UpdatedAt.After(o.UpdatedAt))

	require.NoError(t, s.MarkSaga(t.Context(), mark))
	require.Equal(t, parked, get(t, s, o.ID), "done again it changes nothing")
	requireInvalid(t, s.MarkSaga(t.Context(), order.Mark{OrderID: o.ID, SagaState: "lost", Seq: 3}), "saga_state")

	_, err := s.TransitionOrder(t.Context(), move(order.Confirmed, o.ID))
	require.NoError(t, err)
	mark.Seq = 3
	require.NoError(t, s.MarkSaga(t.Context(), mark), "a saga may park after the order is decided")
	require.Equal(t, order.SagaParked, get(t, s, o.ID).Saga.State)

	ended := order.Mark{OrderID: o.ID, SagaState: order.SagaCompleted, Seq: 4}
	require.NoError(t, s.MarkSaga(t.Context(), ended))
	require.NoError(t, s.MarkSaga(t.Context(), mark), "late")
	require.Equal(t, order.SagaCompleted, get(t, s, o.ID).Saga.State)
}

// sagaStateAgain: a saga's worker lost what it recorded, so that another worker
// records all of it again, with newer numbers. Then the first comes late.
func sagaStateAgain(t *testing.T, s order.Service) {
	o := place(t, s)
	end := order.Transition{
		OrderID: o.ID, To: order.Cancelled, Failure: &order.Failure{Code: "cancelled", Detail: "Cancelled.", Step: "CheckCustomer"},
		SagaState: order.SagaCompensated, Seq: 2,
	}
	require.NoError(t, s.MarkSaga(t.Context(), order.Mark{OrderID: o.ID, SagaState: order.SagaCompensating, Seq: 1}))
	first, err := s.TransitionOrder(t.Context(), end)
	require.NoError(t, err)
	require.NoError(t, s.MarkSaga(t.Context(), order.Mark{OrderID: o.ID, SagaState: order.SagaCompensating, Seq: 3}))
	end.Seq = 4
	again, err := s.TransitionOrder(t.Context(), end)
	require.NoError(t, err)
	require.Equal(t, order.SagaCompensated, again.Saga.State)
	require.Equal(t, first.Version, again.Version)
	late := end
	late.SagaState, late.Seq = order.SagaParked, 2
	_, err = s.TransitionOrder(t.Context(), late)
	require.NoError(t, err)
	require.Equal(t, order.SagaCompensated, get(t, s, o.ID).Saga.State)
}
