package e2e_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// TestPaymentsCut: payments of their own whose saga was never started, or whose
// run was terminated, come to their end; so they do when the provider fails.
func TestPaymentsCut(t *testing.T) {
	t.Parallel()
	b := own(t, "--reconcile-interval", "2s", "--reconcile-grace", "3s")
	c := b.Temporal()
	taken := []string{"authorize", "capture"}

	claimed := b.claimPayment() // by a front door that died then
	b.awaitPayment(claimed, "captured")
	require.Equal(t, taken, b.Effects(claimed))
	b.Recorded("TakePayment", "again_from_the_start", stacktest.ClosedHistory(t, c, "payment/"+claimed))

	_, waiting := b.pay(b.User, authenticated, http.StatusAccepted)
	require.NoError(t, c.TerminateWorkflow(context.Background(), waiting.WorkflowID, "", "by a test"))
	b.actOn(waiting, "complete") // nobody is there to be told
	b.awaitPayment(waiting.ID, "captured")
	require.Equal(t, taken, b.Effects(waiting.ID))
	b.Recorded("TakePayment", "again_while_waiting", stacktest.ClosedHistory(t, c, waiting.WorkflowID))

	_, held := b.pay(b.User, authenticated, http.StatusAccepted)
	b.Fault(map[string]any{"operation": "void", "kind": "hang_before", "calls": 1})
	require.NoError(t, c.CancelWorkflow(context.Background(), held.WorkflowID, ""))
	require.Eventually(t, func() bool { return len(b.FaultsLeft()) == 0 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, c.TerminateWorkflow(context.Background(), held.WorkflowID, "", "by a test")) // while it turns back
	require.Equal(t, "saga_interrupted", b.awaitPayment(held.ID, "voided").Failure.Code)
	require.Empty(t, b.Effects(held.ID))
	b.Recorded("TakePayment", "again_while_compensating", stacktest.ClosedHistory(t, c, held.WorkflowID))

	_, back := b.pay(b.User, visa, http.StatusCreated)
	b.Fault(map[string]any{"operation": "refund", "kind": "hang_after", "calls": 1})
	workflowID := b.refundPayment(back.ID)
	b.AwaitEffect(back.ID, "refund")
	require.NoError(t, c.TerminateWorkflow(context.Background(), workflowID, "", "by a test"))
	b.Recorded("RefundTakenPayment", "again", stacktest.ClosedHistory(t, c, workflowID))
	require.Equal(t, "refunded", b.paymentOf(back.ID).Status)
	require.Equal(t, []string{"authorize", "capture", "refund"}, b.Effects(back.ID))

	b.payThroughFaults()
	judged := stacktest.Inspected(b.Stack)
	judged.Cut = true
	require.NoError(t, stacktest.Check(context.Background(), judged))
	require.Empty(t, b.Discrepancies("open"), "the reconciler compares orders")

	_, gone := b.pay(b.User, visa, http.StatusCreated)
	provider := stack.Shop{URL: b.Stack.PSP, HTTP: http.DefaultClient}
	a, err := provider.Do(context.Background(), http.MethodPost, "/v1/refunds?payment_intent="+b.Intent(gone.ID), nil, "Authorization", "Bearer operator")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, a.Status, "%s", a.Body) // somebody gave the money back by hand
	h := stacktest.ClosedHistory(t, c, b.refundPayment(gone.ID))
	require.Contains(t, string(b.Want(http.MethodGet, "/v1/payments/"+gone.ID+"/refunds", nil, http.StatusOK).Body), `"refund_failed"`)
	b.Recorded("RefundTakenPayment", "failed", h)
}

// refundPayment gives all of a payment of its own back, and gives the id of the saga.
func (b *bench) refundPayment(paymentID string) (workflowID string) {
	b.Helper()
	var refund struct {
		WorkflowID string `json:"workflow_id"`
	}
	a := b.Want(http.MethodPost, "/v1/payments/"+paymentID+"/refunds", map[string]any{"reason": "a test"}, http.StatusAccepted)
	require.NoError(b, json.Unmarshal(a.Body, &refund))
	return refund.WorkflowID
}

// payThroughFaults: whatever the provider does to a payment's steps, each payment
// is taken once.
func (b *bench) payThroughFaults() {
	b.Helper()
	for _, operation := range []string{"create", "authorize", "capture"} {
		for _, f := range failures(operation) {
			b.Fault(f)
		}
	}
	const payments = 30 // more than there are faults
	var ids []string
	for range payments {
		_, p := b.pay(b.User, visa, http.StatusAccepted, "Prefer", "respond-async")
		ids = append(ids, p.ID)
	}
	for _, id := range ids {
		b.awaitPayment(id, "captured")
		require.Equal(b, []string{"authorize", "capture"}, b.Effects(id))
	}
	require.Empty(b, b.FaultsLeft(), "else the test shows nothing")
}

// claimPayment keeps a payment as the payment service does, and starts nothing.
func (b *bench) claimPayment() (paymentID string) {
	b.Helper()
	private := uuid.Must(uuid.NewV7()).String()
	paymentID, err := stacktest.PublicID("pay", private)
	require.NoError(b, err)
	asked := fmt.Sprintf(`{"order_id":%q,"user_id":%q,"amount":{"amount":1450,"currency":"EUR"},"method":%q}`, paymentID, b.User, visa)
	hash := sha256.Sum256([]byte(asked)) // it is stored, so it stays what it is
	b.Change("payment", `INSERT INTO payments (id, order_id, own, user_id, amount, currency, method, request_hash, status)
		VALUES ($1, $1, true, $2, 1450, 'EUR', $3, $4, 'initiated')`, private, b.PrivateID(b.User), visa, hash[:])
	return paymentID
}
