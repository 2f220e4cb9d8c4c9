package activities

import (
	"context"

	"github.com/skaldhq/skald/services/pricing"
)

// Pricing is the activities of the pricing service.
type Pricing struct{ service pricing.Service }

// NewPricing returns the activities of a pricing service.
func NewPricing(s pricing.Service) *Pricing { return &Pricing{service: s} }

// QuoteOrder freezes what an order costs.
func (a *Pricing) QuoteOrder(ctx context.Context, r pricing.QuoteRequest) (pricing.Quote, error) {
	return call(ctx, a.service.QuoteOrder, r)
}
