package e2e_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// mostEvents is what a confirmed order's history may hold, also where the server
// wakes the workflow once for each of the three first steps.
const mostEvents = 45

// TestHistory: the history of a confirmed order is short.
func TestHistory(t *testing.T) {
	t.Parallel()
	c := setup(t).Temporal()
	b := setup(t)
	product := b.Product(1999, 30)
	for range 20 {
		id := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).OrderID()
		require.LessOrEqual(t, len(stacktest.ClosedHistory(t, c, "order/"+id).Events), mostEvents)
	}
}
