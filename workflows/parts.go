package workflows

import (
	"errors"

	"github.com/skaldhq/skald/workflows/saga"
)

// Parts gives the actions of the sagas that an order has, by the saga's name: what
// the histories of their runs show. The repairs of an order (RepairOrder) are none of
// them: they are operators' work on what does not agree, which its discrepancy tells.
func Parts() (map[string][]saga.Part, error) {
	place, placing := NewPlaceOrder()
	refund, refunding := NewRefundOrder()
	if err := errors.Join(placing, refunding); err != nil {
		return nil, err
	}
	return map[string][]saga.Part{PlaceOrderName: place.saga.Parts(), RefundOrderName: refund.saga.Parts()}, nil
}
