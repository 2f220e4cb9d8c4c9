package orderhttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/order"
)

// Client asks the order service over the network. It checks requests before they
// leave, because text that is not UTF-8 cannot cross.
type Client struct{ *rpc.Upstream }

var _ order.FrontDoor = Client{}

// New returns a client of the service behind an upstream that is named "order".
func New(at *rpc.Upstream) Client { return Client{at} }

// Create claims the key and creates the order.
func (c Client) Create(ctx context.Context, r order.CreateRequest) (order.Order, bool, error) {
	if err := r.Validate(); err != nil {
		return order.Order{}, false, err
	}
	return rpc.Make[order.Order](ctx, c.Upstream, "create", r)
}

// Get gives an order.
func (c Client) Get(ctx context.Context, orderID string) (order.Order, error) {
	return rpc.Read[order.Order](ctx, c.Upstream, "get", orderID)
}

// List gives a page of orders.
func (c Client) List(ctx context.Context, f order.Filter) (order.Page, error) {
	return rpc.Read[order.Page](ctx, c.Upstream, "list", f)
}

// RequestCancellation records that the customer wants out.
func (c Client) RequestCancellation(ctx context.Context, orderID, reason string) (order.Order, error) {
	if err := order.ValidateReason(reason); err != nil {
		return order.Order{}, err
	}
	return rpc.Write[order.Order](ctx, c.Upstream, "request-cancellation", cancellation{OrderID: orderID, Reason: reason})
}

// RequestRefund plans a refund.
func (c Client) RequestRefund(ctx context.Context, r order.RefundRequest) (order.Refund, error) {
	if err := r.Validate(); err != nil {
		return order.Refund{}, err
	}
	return rpc.Write[order.Refund](ctx, c.Upstream, "request-refund", r)
}

// ListRefunds gives the refunds of an order.
func (c Client) ListRefunds(ctx context.Context, orderID string) ([]order.Refund, error) {
	return rpc.Read[[]order.Refund](ctx, c.Upstream, "list-refunds", orderID)
}

// ListResolutions gives the decisions on a saga.
func (c Client) ListResolutions(ctx context.Context, workflowID string) ([]order.Resolution, error) {
	return rpc.Read[[]order.Resolution](ctx, c.Upstream, "list-resolutions", workflowID)
}

// ListDiscrepancies gives a page of discrepancies.
func (c Client) ListDiscrepancies(ctx context.Context, f order.DiscrepancyFilter) (order.DiscrepancyPage, error) {
	return rpc.Read[order.DiscrepancyPage](ctx, c.Upstream, "list-discrepancies", f)
}

// RequestRepair keeps who wants a discrepancy mended.
func (c Client) RequestRepair(ctx context.Context, r order.RepairRequest) (order.Discrepancy, error) {
	if err := r.Validate(); err != nil {
		return order.Discrepancy{}, err
	}
	return rpc.Write[order.Discrepancy](ctx, c.Upstream, "request-repair", r)
}

// AcceptDiscrepancy closes a discrepancy for good.
func (c Client) AcceptDiscrepancy(ctx context.Context, a order.Acceptance) (order.Discrepancy, error) {
	if err := a.Validate(); err != nil {
		return order.Discrepancy{}, err
	}
	return rpc.Write[order.Discrepancy](ctx, c.Upstream, "accept-discrepancy", a)
}

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
