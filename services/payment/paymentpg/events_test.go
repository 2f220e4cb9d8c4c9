package paymentpg_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/event/eventtest"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymenttest"
)

// TestEvents: what becomes of payments and of their refunds is told once however often
// it is done, without how and where the customer pays.
func TestEvents(t *testing.T) {
	t.Parallel()
	s, pool, _ := open(t)
	authorize := func(method string) payment.Payment {
		r := paymenttest.Request()
		r.Method = method
		for range 2 {
			_, _ = s.AuthorizePayment(t.Context(), r)
		}
		all, err := s.List(t.Context(), payment.Filter{OrderID: r.OrderID, Limit: 1})
		require.NoError(t, err)
		require.Len(t, all.Items, 1)
		return all.Items[0]
	}
	captured, declined, acting := authorize("pm_card_visa"), authorize("pm_card_chargeDeclined"), authorize("pm_card_authenticationRequired")
	half := refundOf(captured.OrderID, 1000)
	rest := payment.RefundRequest{OrderID: captured.OrderID, RefundID: payment.RefundIDPrefix.New()}
	for range 2 {
		_, err := s.CapturePayment(t.Context(), payment.OrderRequest{OrderID: captured.OrderID})
		require.NoError(t, err)
		for _, r := range []payment.RefundRequest{half, rest} {
			_, err = s.RefundPayment(t.Context(), r)
			require.NoError(t, err)
		}
		_, err = s.VoidPayment(t.Context(), payment.OrderRequest{OrderID: acting.OrderID})
		require.NoError(t, err)
	}
	early := payment.OrderIDPrefix.New()
	tombstone, err := s.VoidPayment(t.Context(), payment.OrderRequest{OrderID: early})
	require.NoError(t, err)

	refunded := []event.Type{event.PaymentRefundRequested, event.PaymentRefundDone}
	require.Equal(t, map[string][]event.Type{
		captured.ID:   {event.PaymentInitiated, event.PaymentAuthorized, event.PaymentCaptured, event.PaymentRefunded},
		half.RefundID: refunded,
		rest.RefundID: refunded,
		declined.ID:   {event.PaymentInitiated, event.PaymentDeclined},
		acting.ID:     {event.PaymentInitiated, event.PaymentActionRequired, event.PaymentVoided},
		tombstone.ID:  {event.PaymentVoided},
	}, eventtest.Read(t, "../../..").Told(t, pool))

	var told int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE payload::text ~ 'pm_|http|pi_|secret'`).Scan(&told))
	require.Zero(t, told)
}
