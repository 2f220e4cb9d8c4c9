package ordertest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/services/order"
)

var statuses = []order.Status{
	order.Pending, order.AwaitingPayment, order.Confirmed, order.Rejected, order.Cancelled, order.Failed, order.Refunded,
}

// way leads from pending to a status.
func way(to order.Status) []order.Status {
	switch to {
	case order.Pending:
		return nil
	case order.Refunded:
		return []order.Status{order.Confirmed, order.Refunded}
	default:
		return []order.Status{to}
	}
}

func move(to order.Status, orderID string) order.Transition {
	t := order.Transition{OrderID: orderID, To: to, SagaState: order.SagaRunning}
	if to == order.Confirmed {
		t.Quote = quote()
	}
	return t
}

// transitions tries every status from every status.
func transitions(t *testing.T, s order.Service) {
	for _, from := range statuses {
		for _, to := range statuses {
			o, _, err := s.Create(t.Context(), Request())
			require.NoError(t, err)
			for _, step := range way(from) {
				o, err = s.TransitionOrder(t.Context(), move(step, o.ID))
				require.NoError(t, err)
			}
			moved, err := s.TransitionOrder(t.Context(), move(to, o.ID))
			switch {
			case from == to:
				require.NoError(t, err)
				require.Equal(t, o, moved, "the same again changes nothing")
			case from.CanBecome(to):
				require.NoError(t, err)
				require.Equal(t, to, moved.Status)
				require.Equal(t, o.Version+1, moved.Version)
			default:
				require.ErrorIs(t, err, order.ErrTransition, "%s → %s", from, to)
			}
		}
	}
}

// transitionsRace: of many endings one wins, for good.
func transitionsRace(t *testing.T, s order.Service) {
	endings := []order.Status{order.Confirmed, order.Rejected, order.Cancelled, order.Failed}
	for range 10 {
		o, _, err := s.Create(t.Context(), Request())
		require.NoError(t, err)
		won := make([]bool, len(endings))
		var all errgroup.Group
		for i, to := range endings {
			all.Go(func() error {
				_, err := s.TransitionOrder(t.Context(), move(to, o.ID))
				won[i] = err == nil
				if errors.Is(err, order.ErrTransition) {
					return nil
				}
				return err
			})
		}
		require.NoError(t, all.Wait())
		end, err := s.Get(t.Context(), o.ID)
		require.NoError(t, err)
		for i, to := range endings {
			require.Equal(t, end.Status == to, won[i])
		}
		require.Equal(t, int64(2), end.Version)
	}
}

func transitionContent(t *testing.T, s order.Service) {
	o, _, err := s.Create(t.Context(), Request())
	require.NoError(t, err)
	action := &order.Action{Type: "redirect", URL: "https://pay.example/3ds", ExpiresAt: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	payment := order.PaymentIDPrefix.New()
	o, err = s.TransitionOrder(t.Context(), order.Transition{
		OrderID: o.ID, To: order.AwaitingPayment, Quote: quote(), PaymentID: payment, Action: action, SagaState: order.SagaWaiting,
	})
	require.NoError(t, err)
	require.Equal(t, action, o.NextAction)
	require.Equal(t, payment, o.PaymentID)
	require.Equal(t, quote().Total, *o.Total)
	for i, line := range quote().Lines {
		require.Equal(t, line.UnitPrice, *o.Items[i].UnitPrice)
		require.Equal(t, line.Total, *o.Items[i].Total)
	}
	require.NoError(t, s.MarkSaga(t.Context(), order.Mark{OrderID: o.ID, SagaState: order.SagaCompensating}))
	failure := &order.Failure{Code: "payment_declined", Detail: "The payment was declined.", Step: "AuthorizePayment"}
	o, err = s.TransitionOrder(t.Context(), order.Transition{
		OrderID: o.ID, To: order.Rejected, Failure: failure, SagaState: order.SagaCompensated,
	})
	require.NoError(t, err)
	require.Equal(t, failure, o.Failure)
	require.Nil(t, o.NextAction)
	require.Equal(t, quote().Total, *o.Total, "what was known stays")
	require.Equal(t, order.SagaCompensated, o.Saga.State)
	require.Equal(t, int64(3), o.Version)
}
