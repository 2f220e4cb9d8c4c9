package ordertest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/services/order"
)

// acceptances: what an operator accepted is closed for good, and of that order
// that kind is not found again.
func acceptances(t *testing.T, s order.Service) {
	o := place(t, s)
	kept, missing := finding(o.ID, order.MoneyKept), finding(o.ID, order.StockMissing)
	require.True(t, record(t, s, kept))
	d := listed(t, s, order.DiscrepancyOpen)[0]
	a := order.Acceptance{DiscrepancyID: d.ID, Reason: "The customer keeps it.", By: "operator"}
	for range 2 {
		found, err := s.AcceptDiscrepancy(t.Context(), a)
		require.NoError(t, err)
		require.Equal(t, &a, found.Acceptance)
		require.Equal(t, order.ResolvedAccepted, found.Resolution)
		require.NotNil(t, found.ResolvedAt)
	}
	require.Len(t, listed(t, s, order.DiscrepancyResolved), 1)
	stands, err := s.Standings(t.Context(), []string{o.ID})
	require.NoError(t, err)
	require.True(t, stands[0].Accepted)

	for range 2 {
		require.False(t, record(t, s, kept), "it is not found again")
	}
	require.Empty(t, listed(t, s, order.DiscrepancyOpen))
	require.True(t, record(t, s, missing), "what else does not agree is")
	require.True(t, record(t, s, finding(order.IDPrefix.New(), order.MoneyKept)), "and the same of others")
	n, err := s.ResolveDiscrepancies(t.Context(), order.Still{OrderID: o.ID})
	require.NoError(t, err)
	require.Equal(t, 1, n, "what was accepted stays as it is")

	other := a
	other.Reason = "another"
	_, err = s.AcceptDiscrepancy(t.Context(), other)
	require.ErrorIs(t, err, order.ErrDiscrepancyResolved, "the first acceptance stays")
	for _, resolved := range listed(t, s, order.DiscrepancyResolved) {
		if resolved.Kind == order.StockMissing {
			other.DiscrepancyID = resolved.ID
		}
	}
	_, err = s.AcceptDiscrepancy(t.Context(), other)
	require.ErrorIs(t, err, order.ErrDiscrepancyResolved, "what is gone needs nobody")
	_, err = s.RequestRepair(t.Context(), order.RepairRequest{DiscrepancyID: d.ID, RepairID: order.RepairIDPrefix.New(), Reason: "x", By: "operator"})
	require.ErrorIs(t, err, order.ErrDiscrepancyResolved)
	other.DiscrepancyID = order.DiscrepancyIDPrefix.New()
	_, err = s.AcceptDiscrepancy(t.Context(), other)
	require.ErrorIs(t, err, order.ErrDiscrepancyNotFound)
	for range 20 { // the field that is named is the first
		_, err = s.AcceptDiscrepancy(t.Context(), order.Acceptance{DiscrepancyID: d.ID})
		requireInvalid(t, err, "reason")
	}
	_, err = s.AcceptDiscrepancy(t.Context(), order.Acceptance{DiscrepancyID: d.ID, Reason: "x"})
	requireInvalid(t, err, "by")
}

// acceptancesRace: of what is found while it is accepted nothing stays open.
func acceptancesRace(t *testing.T, s order.Service) {
	f := finding(order.IDPrefix.New(), order.MoneyKept)
	require.True(t, record(t, s, f))
	d := listed(t, s, order.DiscrepancyOpen)[0]
	var all errgroup.Group
	for i := range 12 {
		all.Go(func() error {
			if i == 6 {
				_, err := s.AcceptDiscrepancy(t.Context(), order.Acceptance{DiscrepancyID: d.ID, Reason: "x", By: "operator"})
				return err
			}
			_, err := s.RecordDiscrepancy(t.Context(), f)
			return err
		})
	}
	require.NoError(t, all.Wait())
	_, err := s.ResolveDiscrepancies(t.Context(), order.Still{OrderID: f.OrderID, Kinds: []order.DiscrepancyKind{f.Kind}})
	require.NoError(t, err)
	require.Empty(t, listed(t, s, order.DiscrepancyOpen))
}
