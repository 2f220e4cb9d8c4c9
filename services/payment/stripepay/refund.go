package stripepay

import (
	"context"

	"github.com/stripe/stripe-go/v85"

	"github.com/skaldhq/skald/services/payment"
)

// refundID is the metadata that tells which of our refunds one of Stripe's is.
const refundID = "refund_id"

// refundsPage is the most refunds that Stripe lists at once.
const refundsPage = 100

// RefundIntent gives a part of the captured amount back.
func (c *Client) RefundIntent(ctx context.Context, r payment.ProviderRefundRequest, key string) (payment.ProviderRefund, error) {
	metadata := map[string]string{refundID: r.RefundID}
	if r.OrderID == "" { // else it is as it ever was: the provider compares what comes with the same key
		metadata[metaPayment] = r.PaymentID
	}
	refund, err := c.api.V1Refunds.Create(ctx, &stripe.RefundCreateParams{
		Params: keyed(key), PaymentIntent: stripe.String(r.IntentID), Amount: stripe.Int64(r.Amount),
		Metadata: whose(r.OrderID, metadata),
	})
	if err != nil {
		return payment.ProviderRefund{}, translate(err)
	}
	return toRefund(refund), nil
}

// FindRefund looks through all refunds of an intent.
func (c *Client) FindRefund(ctx context.Context, intentID, id string) (payment.ProviderRefund, bool, error) {
	refunds := c.api.V1Refunds.List(ctx, &stripe.RefundListParams{
		ListParams: stripe.ListParams{Limit: stripe.Int64(refundsPage)}, PaymentIntent: stripe.String(intentID),
	})
	for refund, err := range refunds.All(ctx) {
		if err != nil {
			return payment.ProviderRefund{}, false, translate(err)
		}
		if refund.Metadata[refundID] == id {
			return toRefund(refund), true, nil
		}
	}
	return payment.ProviderRefund{}, false, nil
}

func toRefund(r *stripe.Refund) payment.ProviderRefund {
	out := payment.ProviderRefund{ID: r.ID, Amount: r.Amount, Status: payment.ProviderRefundPending}
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		out.Status = payment.ProviderRefundDone
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		out.Status = payment.ProviderRefundFailed
	case stripe.RefundStatusPending, stripe.RefundStatusRequiresAction: // and what a later API may add
	}
	return out
}
