// Package orderhttp is the order service in another process: what the front door asks
// of it, over HTTP.
package orderhttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/order"
)

// name is the service's in the paths of its operations.
const name = "order"

// Serve mounts what the front door asks of the service.
func Serve(to *rpc.Server, s order.FrontDoor) {
	rpc.Handle(to, name, "create", rpc.Making(s.Create))
	rpc.Handle(to, name, "get", s.Get)
	rpc.Handle(to, name, "list", s.List)
	rpc.Handle(to, name, "request-cancellation", func(ctx context.Context, q cancellation) (order.Order, error) {
		return s.RequestCancellation(ctx, q.OrderID, q.Reason)
	})
	rpc.Handle(to, name, "request-refund", s.RequestRefund)
	rpc.Handle(to, name, "list-refunds", s.ListRefunds)
	rpc.Handle(to, name, "list-resolutions", s.ListResolutions)
	rpc.Handle(to, name, "list-discrepancies", s.ListDiscrepancies)
	rpc.Handle(to, name, "request-repair", s.RequestRepair)
	rpc.Handle(to, name, "accept-discrepancy", s.AcceptDiscrepancy)
	rpc.Handle(to, name, "ready", rpc.Asking(s.Ready))
}

type cancellation struct {
	OrderID string `json:"order_id"`
	Reason  string `json:"reason"`
}
