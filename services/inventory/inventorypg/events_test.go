package inventorypg_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/event/eventtest"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/inventory/inventorypg"
)

// TestEvents: what becomes of reservations and returns is told once however often it
// is done, and stock when somebody sets it.
func TestEvents(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "inventory")
	s, product := inventorypg.New(pool), inventory.ProductIDPrefix.New()
	_, _, err := s.SetOnHand(t.Context(), product, 5)
	require.NoError(t, err)
	var told struct{ OnHand, Difference int64 }
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT (payload->>'on_hand')::bigint, (payload->>'difference')::bigint FROM outbox`).Scan(&told.OnHand, &told.Difference))
	require.Equal(t, struct{ OnHand, Difference int64 }{5, 5}, told, "the count as it is after the change")
	orders := map[string]string{}
	reserve := func(name string, quantity int64) inventory.OrderRequest {
		orders[name] = inventory.OrderIDPrefix.New()
		for range 2 {
			_, err = s.ReserveStock(t.Context(), inventory.ReserveRequest{
				OrderID: orders[name], Lines: []inventory.Line{{ProductID: product, Quantity: quantity}}, TTL: time.Minute,
			})
		}
		return inventory.OrderRequest{OrderID: orders[name]}
	}
	sold := reserve("sold", 2)
	require.NoError(t, err)
	refund := inventory.RefundIDPrefix.New()
	for range 2 {
		_, err = s.CommitStock(t.Context(), sold)
		require.NoError(t, err)
		_, err = s.ReturnStock(t.Context(), inventory.ReturnRequest{OrderID: sold.OrderID, RefundID: refund})
		require.NoError(t, err)
	}
	released := reserve("released", 1)
	require.NoError(t, err)
	for range 2 {
		_, err = s.ReleaseStock(t.Context(), released)
		require.NoError(t, err)
	}
	reserve("rejected", 99)
	require.Error(t, err)

	require.Equal(t, map[string][]event.Type{
		product:            {event.StockSet},
		orders["sold"]:     {event.ReservationReserved, event.ReservationSold},
		refund:             {event.ReturnMade},
		orders["released"]: {event.ReservationReserved, event.ReservationReleased},
		orders["rejected"]: {event.ReservationRejected},
	}, eventtest.Read(t, "../../..").Told(t, pool))
}
