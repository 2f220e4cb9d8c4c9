// Package ordertest is what any implementation of order.Service must pass.
package ordertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
)

// Run runs the suite; each test gets a service without orders.
func Run(t *testing.T, open func(*testing.T) order.Service) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, order.Service){
		"create":                        create,
		"invalid":                       invalid,
		"idempotency":                   idempotency,
		"idempotency races":             idempotencyRaces,
		"idempotency races of two":      idempotencyRacesOfTwo,
		"transitions":                   transitions,
		"transitions race":              transitionsRace,
		"same transition races":         sameTransitionRaces,
		"transition content":            transitionContent,
		"confirmed without a new quote": confirmedAsPriced,
		"refused transitions":           refusedTransitions,
		"saga state":                    sagaState,
		"saga state again":              sagaStateAgain,
		"list":                          list,
		"list filters":                  listFilters,
		"pages under inserts":           pagesUnderInserts,
		"unstarted":                     unstarted,
		"refunds":                       refunds,
		"refund refusals":               refundRefusals,
		"refund tombstones":             refundTombstones,
		"invalid refunds":               invalidRefunds,
		"refunds race":                  refundsRace,
		"refund ends race":              refundEndsRace,
		"refunds left":                  refundsLeft,
		"cancellations":                 cancellations,
		"cancellations race":            cancellationsRace,
		"cancellations left":            cancellationsLeft,
		"cancellations refused":         cancellationsRefused,
		"whole refunds":                 wholes,
		"resolutions":                   resolutions,
		"resolutions once":              resolutionsOnce,
		"invalid resolutions":           invalidResolutions,
		"discrepancies":                 discrepancies,
		"discrepancies race":            discrepanciesRace,
		"repairs":                       repairs,
		"acceptances":                   acceptances,
		"acceptances race":              acceptancesRace,
		"slices":                        slicesOf,
		"standings":                     standings,
		"missing":                       missing,
		"ready":                         ready,
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

// Quote is what the lines of Request cost.
func Quote() *order.Quote {
	return &order.Quote{Total: money.New(2500, "EUR"), Lines: []order.QuoteLine{
		{UnitPrice: money.New(1000, "EUR"), Total: money.New(2000, "EUR")},
		{UnitPrice: money.New(500, "EUR"), Total: money.New(500, "EUR")},
	}}
}

// place creates an order of Request.
func place(t *testing.T, s order.Service) order.Order {
	t.Helper()
	o, made, err := s.Create(t.Context(), Request())
	require.NoError(t, err)
	require.True(t, made)
	return o
}

// get reads an order that exists.
func get(t *testing.T, s order.Service, orderID string) order.Order {
	t.Helper()
	o, err := s.Get(t.Context(), orderID)
	require.NoError(t, err)
	return o
}

// requireInvalid requires an error that blames a field.
func requireInvalid(t *testing.T, err error, field string) {
	t.Helper()
	require.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
	require.Equal(t, field, fault.From(err).Field)
}

func missing(t *testing.T, s order.Service) {
	for _, orderID := range []string{order.IDPrefix.New(), order.UserIDPrefix.New(), "ord_nonsense", "1", "", "\x00"} {
		_, err := s.Get(t.Context(), orderID)
		require.ErrorIs(t, err, order.ErrNotFound)
		_, err = s.TransitionOrder(t.Context(), order.Transition{OrderID: orderID, To: order.Failed, SagaState: order.SagaCompensated})
		require.ErrorIs(t, err, order.ErrNotFound)
		require.ErrorIs(t, s.MarkSaga(t.Context(), order.Mark{OrderID: orderID, SagaState: order.SagaParked}), order.ErrNotFound)
		require.ErrorIs(t, s.ConfirmStarted(t.Context(), orderID), order.ErrNotFound)
	}
}

func ready(t *testing.T, s order.Service) { require.NoError(t, s.Ready(t.Context())) }
