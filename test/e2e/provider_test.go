package e2e_test

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProviderFails: whatever the provider does, an order ends confirmed with
// one charge or without any.
func TestProviderFails(t *testing.T) {
	t.Parallel()
	s, err := start(filepath.Join(t.TempDir(), "data"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	b := &bench{T: t, Shop: s.NewShop(), stack: s, user: s.Users["bob"]}
	product := b.product(900, 100)
	for _, operation := range []string{"create", "authorize", "capture"} {
		for _, f := range []map[string]any{
			{"kind": "hang_after"}, {"kind": "hang_before"}, {"kind": "error_before"}, {"kind": "error_after"},
			{"kind": "late_effect", "delay_ms": 9000}, {"kind": "delay", "delay_ms": 500}, {"kind": "duplicate_webhook"},
		} {
			f["operation"], f["calls"] = operation, 1
			b.fault(f)
		}
	}
	var ids []string
	for range 30 { // more than there are faults
		ids = append(ids, b.place(b.order(product, 1, visa), http.StatusAccepted, "Prefer", "respond-async").Order.ID)
	}
	for _, id := range ids {
		b.awaitDecided(id)
		require.Equal(t, "confirmed", b.get(id).Status)
	}
	// A void whose answer is lost is asked for again.
	b.fault(map[string]any{"operation": "void", "kind": "error_after", "calls": 1})
	b.fault(map[string]any{"operation": "void", "kind": "hang_after", "calls": 1})
	for range 2 {
		a := b.place(b.order(product, 1, authenticated), http.StatusAccepted)
		b.awaitDecided(a.Order.ID)
	}
	requireInvariants(t, s)
	require.Positive(t, b.stockOf(product).OnHand)
}
