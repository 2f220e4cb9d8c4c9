package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// failures are the provider's ways to fail an operation.
func failures(operation string) (faults []map[string]any) {
	for _, f := range []map[string]any{
		{"kind": "hang_after"}, {"kind": "hang_before"}, {"kind": "error_before"}, {"kind": "error_after"},
		{"kind": "late_effect", "delay_ms": 9000}, {"kind": "delay", "delay_ms": 500}, {"kind": "duplicate_webhook"},
	} {
		f["operation"], f["calls"] = operation, 1
		faults = append(faults, f)
	}
	return faults
}

// TestProviderFails: whatever the provider does, an order ends confirmed with
// one charge or without any.
func TestProviderFails(t *testing.T) {
	t.Parallel()
	b := own(t)
	b.User = b.Stack.Users["bob"]
	product := b.Product(900, 100)
	for _, operation := range []string{"create", "authorize", "capture"} {
		for _, f := range failures(operation) {
			b.Fault(f)
		}
	}
	const orders = 30 // more than there are faults
	var ids []string
	for range orders {
		ids = append(ids, b.BuyAsync(product))
	}
	for _, id := range ids {
		require.Equal(t, "confirmed", b.awaitDecided(id).Status)
		require.Equal(t, []string{"authorize", "capture"}, b.Effects(id))
	}
	require.Empty(t, b.FaultsLeft(), "else the test shows nothing")
	left := stacktest.Stock{OnHand: 100 - orders, Available: 100 - orders}
	b.RequireStock(left, product)

	b.requireHoldsGivenBack(b.Temporal(), product)
	b.requireLostHoldEnds(product)
	require.Empty(t, b.FaultsLeft(), "else the test shows nothing")
	require.Equal(t, left, b.StockOf(product))
	b.RequireInvariants()
}

// requireHoldsGivenBack: orders that are cancelled when their money is held
// already, and the provider fails to give it back.
func (b *bench) requireHoldsGivenBack(c client.Client, product string) {
	b.Helper()
	faults := failures("void")
	var ids []string
	for range faults {
		// The answer that the money is held is lost: until the client gives up, the
		// saga still waits for it.
		b.Fault(map[string]any{"operation": "authorize", "kind": "hang_after", "calls": 1})
		id := b.BuyAsync(product)
		b.AwaitEffect(id, "authorize")
		ids = append(ids, id)
		if len(ids) == 1 { // none is voided yet
			for _, f := range faults {
				b.Fault(f)
			}
		}
		require.NoError(b, c.CancelWorkflow(context.Background(), "order/"+id, ""))
	}
	for _, id := range ids {
		o := b.awaitDecided(id)
		require.Equal(b, "cancelled", o.Status)
		require.Equal(b, "compensated", o.Saga.State)
		require.Equal(b, []string{"authorize", "void"}, b.Effects(id))
	}
}

// requireLostHoldEnds: the provider gives the money back by itself before it is
// taken, which is a definite no to taking it.
func (b *bench) requireLostHoldEnds(product string) {
	b.Helper()
	b.Fault(map[string]any{"operation": "capture", "kind": "hang_before", "calls": 1})
	id := b.BuyAsync(product)
	b.AwaitEffect(id, "authorize")
	require.Eventually(b, func() bool { return len(b.FaultsLeft()) == 0 }, 10*time.Second, 10*time.Millisecond)
	provider := stack.Shop{URL: b.Stack.PSP, HTTP: http.DefaultClient}
	a, err := provider.Do(context.Background(), http.MethodPost, "/v1/payment_intents/"+b.Intent(id)+"/cancel", nil, "Authorization", "Bearer operator")
	require.NoError(b, err)
	require.Equal(b, http.StatusOK, a.Status, "%s", a.Body)
	o := b.awaitDecided(id)
	require.Equal(b, "failed", o.Status)
	require.Equal(b, "CapturePayment", o.Failure.Step)
	require.Equal(b, []string{"authorize", "void"}, b.Effects(id))
}
