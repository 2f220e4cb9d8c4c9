package ordertest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/services/order"
)

// Statuses gives every status of an order.
func Statuses() []order.Status {
	return []order.Status{
		order.Pending, order.AwaitingPayment, order.Confirmed, order.Rejected, order.Cancelled, order.Failed, order.Refunded,
	}
}

// Way leads from pending to a status.
func Way(to order.Status) []order.Status {
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
		t.Quote = Quote()
	}
	return t
}

// transitions tries every status from every status.
func transitions(t *testing.T, s order.Service) {
	for _, from := range Statuses() {
		for _, to := range Statuses() {
			o := place(t, s)
			for _, step := range Way(from) {
				var err error
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
				require.Equal(t, time.UTC, moved.UpdatedAt.Location())
				require.True(t, moved.UpdatedAt.After(o.UpdatedAt))
				require.Equal(t, moved, get(t, s, o.ID))
			default:
				require.ErrorIs(t, err, order.ErrTransition, "%s → %s", from, to)
				require.Equal(t, o, get(t, s, o.ID), "a refusal changes nothing")
			}
		}
	}
}

// transitionsRace: of many endings one wins, for good.
func transitionsRace(t *testing.T, s order.Service) {
	endings := []order.Status{order.Confirmed, order.Rejected, order.Cancelled, order.Failed}
	for range 10 {
		o := place(t, s)
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
		end := get(t, s, o.ID)
		for i, to := range endings {
			require.Equal(t, end.Status == to, won[i])
		}
		require.Equal(t, int64(2), end.Version)
	}
}

// sameTransitionRaces: an activity that runs many times at once counts once.
func sameTransitionRaces(t *testing.T, s order.Service) {
	o := place(t, s)
	var all errgroup.Group
	for range 20 {
		all.Go(func() error {
			moved, err := s.TransitionOrder(t.Context(), move(order.Confirmed, o.ID))
			if err == nil && (moved.Status != order.Confirmed || moved.Version != 2) {
				return errors.New("not the order that was confirmed")
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.EqualValues(t, 2, get(t, s, o.ID).Version)
}
