package ordertest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/services/order"
)

func finding(orderID string, kind order.DiscrepancyKind) order.Finding {
	return order.Finding{Kind: kind, OrderID: orderID, Detail: "no order; payment authorized"}
}

func record(t *testing.T, s order.Service, f order.Finding) bool {
	t.Helper()
	fresh, err := s.RecordDiscrepancy(t.Context(), f)
	require.NoError(t, err)
	return fresh
}

func listed(t *testing.T, s order.Service, state order.DiscrepancyState) []order.Discrepancy {
	t.Helper()
	page, err := s.ListDiscrepancies(t.Context(), order.DiscrepancyFilter{State: state, Limit: order.MaxPage})
	require.NoError(t, err)
	require.Empty(t, page.NextCursor)
	return page.Items
}

func discrepancies(t *testing.T, s order.Service) {
	one, other := order.IDPrefix.New(), order.IDPrefix.New() // of orders that there are not
	paid := finding(one, order.PaymentWithoutOrder)
	require.True(t, record(t, s, paid))
	first := listed(t, s, "")[0]
	require.Equal(t, paid, first.Finding)
	require.Equal(t, order.RepairOrder, first.Repair)
	require.Nil(t, first.ResolvedAt)
	require.Empty(t, first.Repairs)

	paid.Detail = "no order; payment captured"
	require.False(t, record(t, s, paid), "one row a kind and order while it is open")
	seen := listed(t, s, order.DiscrepancyOpen)[0]
	require.True(t, seen.SeenAt.After(first.SeenAt))
	want := first
	want.Detail, want.SeenAt = paid.Detail, seen.SeenAt
	require.Equal(t, want, seen)
	read, err := s.GetDiscrepancy(t.Context(), seen.ID)
	require.NoError(t, err)
	require.Equal(t, seen, read)

	require.True(t, record(t, s, finding(one, order.StockWithoutOrder)))
	require.True(t, record(t, s, finding(other, order.PaymentWithoutOrder)))
	require.Len(t, listed(t, s, order.DiscrepancyOpen), 3)
	open, err := s.OpenDiscrepancies(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[order.DiscrepancyKind]int64{order.PaymentWithoutOrder: 2, order.StockWithoutOrder: 1}, open)

	n, err := s.ResolveDiscrepancies(t.Context(), order.Still{OrderID: one, Kinds: []order.DiscrepancyKind{order.StockWithoutOrder}})
	require.NoError(t, err)
	require.Equal(t, 1, n, "but for what is still there, and for no other order")
	gone := listed(t, s, order.DiscrepancyResolved)
	require.Len(t, gone, 1)
	require.Equal(t, first.ID, gone[0].ID)
	require.Equal(t, order.ResolvedGone, gone[0].Resolution)
	require.NotNil(t, gone[0].ResolvedAt)
	open, err = s.OpenDiscrepancies(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[order.DiscrepancyKind]int64{order.PaymentWithoutOrder: 1, order.StockWithoutOrder: 1}, open, "what is resolved waits for nobody")

	require.True(t, record(t, s, paid), "found again it is another")
	require.NotEqual(t, first.ID, listed(t, s, order.DiscrepancyOpen)[0].ID)

	var paged []order.Discrepancy
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		page, err := s.ListDiscrepancies(t.Context(), order.DiscrepancyFilter{Limit: 2, Cursor: cursor})
		require.NoError(t, err)
		paged, cursor = append(paged, page.Items...), page.NextCursor
	}
	require.Equal(t, listed(t, s, order.DiscrepancyOpen), paged)

	_, err = s.RecordDiscrepancy(t.Context(), finding("nonsense", order.MoneyKept))
	requireInvalid(t, err, "order_id")
	_, err = s.RecordDiscrepancy(t.Context(), finding(one, "lost"))
	requireInvalid(t, err, "kind")
	_, err = s.ListDiscrepancies(t.Context(), order.DiscrepancyFilter{Cursor: "x"})
	requireInvalid(t, err, "cursor")
	for _, nobodys := range []string{order.DiscrepancyIDPrefix.New(), one, ""} {
		_, err = s.GetDiscrepancy(t.Context(), nobodys)
		require.ErrorIs(t, err, order.ErrDiscrepancyNotFound)
	}
}

// discrepanciesRace: of many that find the same, one is first.
func discrepanciesRace(t *testing.T, s order.Service) {
	f := finding(order.IDPrefix.New(), order.MoneyKept)
	var all errgroup.Group
	var first atomic.Int64
	for range 20 {
		all.Go(func() error {
			fresh, err := s.RecordDiscrepancy(t.Context(), f)
			if fresh {
				first.Add(1)
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.EqualValues(t, 1, first.Load())
	require.Len(t, listed(t, s, order.DiscrepancyOpen), 1)
}

func repairs(t *testing.T, s order.Service) {
	orderID := order.IDPrefix.New()
	record(t, s, finding(orderID, order.PaymentWithoutOrder))
	record(t, s, finding(orderID, order.StockWithoutOrder))
	d := listed(t, s, order.DiscrepancyOpen)[0]
	r := order.RepairRequest{DiscrepancyID: d.ID, RepairID: order.RepairIDPrefix.New(), Reason: "lost with a backup", By: "operator"}
	for range 2 {
		found, err := s.RequestRepair(t.Context(), r)
		require.NoError(t, err)
		require.Len(t, found.Repairs, 1)
		got := found.Repairs[0]
		require.Equal(t, order.Repair{ID: r.RepairID, Reason: r.Reason, By: r.By, At: got.At}, got)
	}
	plan := order.RepairPlan{ID: r.RepairID, OrderID: orderID, Kind: d.Kind}
	left := func(age time.Duration, limit int) []order.RepairPlan {
		all, err := s.RepairsLeft(t.Context(), age, limit)
		require.NoError(t, err)
		return all
	}
	require.Equal(t, []order.RepairPlan{plan}, left(0, 10))
	require.Empty(t, left(time.Hour, 10), "it is not old enough")
	require.Empty(t, left(0, 0))
	read, err := s.OpenRepair(t.Context(), r.RepairID)
	require.NoError(t, err)
	require.Equal(t, plan, read)
	other := r
	other.Reason = "another"
	_, err = s.RequestRepair(t.Context(), other)
	require.ErrorIs(t, err, order.ErrRepairReused)

	refused := r
	refused.RepairID = order.RepairIDPrefix.New()
	_, err = s.RequestRepair(t.Context(), refused)
	require.NoError(t, err)
	require.NoError(t, s.EndRepair(t.Context(), order.RepairEnd{RepairID: refused.RepairID, Outcome: order.RepairRefused, Code: "refund_failed"}))
	require.Len(t, listed(t, s, order.DiscrepancyOpen), 2, "what was refused is still there")

	for _, end := range []order.RepairEnd{{Outcome: order.RepairDone}, {Outcome: order.RepairDone}, {Outcome: order.RepairRefused, Code: "late"}} {
		end.RepairID = r.RepairID
		require.NoError(t, s.EndRepair(t.Context(), end), "the first end counts")
	}
	require.Empty(t, listed(t, s, order.DiscrepancyOpen), "it mends all of the order")
	require.Empty(t, left(0, 10), "what has ended needs no start")
	for _, ended := range []string{r.RepairID, refused.RepairID, order.RepairIDPrefix.New(), "x"} {
		_, err = s.OpenRepair(t.Context(), ended)
		require.ErrorIs(t, err, order.ErrRepairNotFound)
	}
	resolved, err := s.GetDiscrepancy(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, order.ResolvedRepaired, resolved.Resolution)
	require.Equal(t, []order.RepairOutcome{order.RepairDone, order.RepairRefused}, []order.RepairOutcome{resolved.Repairs[0].Outcome, resolved.Repairs[1].Outcome})
	require.Equal(t, "refund_failed", resolved.Repairs[1].Code)
	require.NotNil(t, resolved.Repairs[0].EndedAt)

	_, err = s.RequestRepair(t.Context(), r)
	require.NoError(t, err, "the same again gives the same, also once it is resolved")
	fresh := r
	fresh.RepairID = order.RepairIDPrefix.New()
	_, err = s.RequestRepair(t.Context(), fresh)
	require.ErrorIs(t, err, order.ErrDiscrepancyResolved)
	fresh.DiscrepancyID = order.DiscrepancyIDPrefix.New()
	_, err = s.RequestRepair(t.Context(), fresh)
	require.ErrorIs(t, err, order.ErrDiscrepancyNotFound)
	require.ErrorIs(t, s.EndRepair(t.Context(), order.RepairEnd{RepairID: fresh.RepairID, Outcome: order.RepairDone}), order.ErrRepairNotFound)
	for field, spoil := range map[string]func(*order.RepairRequest){
		"repair_id": func(r *order.RepairRequest) { r.RepairID = "x" },
		"reason":    func(r *order.RepairRequest) { r.Reason = "" },
		"by":        func(r *order.RepairRequest) { r.By = "\x00" },
	} {
		bad := r
		spoil(&bad)
		_, err := s.RequestRepair(t.Context(), bad)
		requireInvalid(t, err, field)
	}
}
