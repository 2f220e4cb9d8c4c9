package activities

import (
	"context"

	"github.com/skaldhq/skald/services/order"
)

// RecordResolution keeps an operator's decision on a parked saga.
func (a *Order) RecordResolution(ctx context.Context, r order.Resolution) error {
	return toTemporal(ctx, a.service.RecordResolution(ctx, r))
}
