package order

import "context"

// FrontDoor is what the front door asks of the service, over the network where
// that is in another process.
type FrontDoor interface {
	// Create claims the key and inserts the pending order and its event in one
	// statement. created is false where the same caller sent the same request
	// with the same key before: then it returns that order. ErrKeyReused;
	// Invalid: see CreateRequest.Validate.
	Create(ctx context.Context, r CreateRequest) (o Order, created bool, err error)
	// Get: ErrNotFound.
	Get(ctx context.Context, orderID string) (Order, error)
	// List gives a page, newest first. Invalid for a cursor that is none.
	List(ctx context.Context, f Filter) (Page, error)
	// RequestCancellation records, once, that the customer wants out, and returns
	// the order; again only where the request before was refused; of an order that
	// has ended it records nothing. It decides
	// nothing: before the pivot the saga cancels, after it a refund gives back.
	// ErrNotFound; Invalid for a reason that is no text or too long.
	RequestCancellation(ctx context.Context, orderID, reason string) (Order, error)
	// RequestRefund computes what the lines cost from the order's frozen prices
	// and takes them off what is left, in one transaction; the refund that takes
	// the last units takes the rest of the total. The same RefundID again gives
	// the refund as it stands, refused at the provider included; what is Returned
	// agrees with whatever was asked for before. ErrNotFound, ErrNotRefundable,
	// ErrRefundTooMany, ErrRefundUndone, ErrMismatch; of what is Whole
	// ErrRefundUnderWay; Invalid: see RefundRequest.Validate.
	RequestRefund(ctx context.Context, r RefundRequest) (Refund, error)
	// ListRefunds gives the refunds of an order, oldest first, refused included.
	ListRefunds(ctx context.Context, orderID string) ([]Refund, error)
	// ListDiscrepancies gives a page, newest first. Invalid for a cursor that is
	// none.
	ListDiscrepancies(ctx context.Context, f DiscrepancyFilter) (DiscrepancyPage, error)
	// RequestRepair keeps who wants a discrepancy mended, and why. The same
	// RepairID again gives the same, also once it is resolved.
	// ErrDiscrepancyNotFound, ErrDiscrepancyResolved, ErrRepairReused; Invalid:
	// see RepairRequest.Validate.
	RequestRepair(ctx context.Context, r RepairRequest) (Discrepancy, error)
	// AcceptDiscrepancy closes a discrepancy that is open for good, and keeps who
	// accepts it and why. The same again gives the same.
	// ErrDiscrepancyNotFound, ErrDiscrepancyResolved; Invalid: see
	// Acceptance.Validate.
	AcceptDiscrepancy(ctx context.Context, a Acceptance) (Discrepancy, error)
	// ListResolutions gives the decisions on a saga, oldest first.
	ListResolutions(ctx context.Context, workflowID string) ([]Resolution, error)
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
