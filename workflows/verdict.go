package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// Failure codes of an order that come from the saga itself; the others are the
// codes of the services' faults.
const (
	CodeCancelled     = "cancelled"
	CodeDeadline      = "deadline_exceeded"
	CodeActionTimeout = "payment_action_timeout"
	CodeUnavailable   = "service_unavailable"
)

// verdict is how an order ends whose saga turned back: rejected for a business
// no, cancelled, or failed for anything technical. last is the order's status
// until then.
func verdict(f *saga.Failure, last order.Status) (order.Status, order.Failure) {
	failure := order.Failure{Step: f.Step}
	switch {
	case f.Class == saga.Cancelled:
		failure.Code, failure.Detail = CodeCancelled, "The order was cancelled."
		return order.Cancelled, failure
	case f.Class == saga.Reversed:
		failure.Code, failure.Detail = saga.ReasonReversed, "The order could not be completed and was turned back."
		return order.Failed, failure
	case f.Class == saga.Expired && last == order.AwaitingPayment:
		failure.Code, failure.Detail = CodeActionTimeout, "The customer did not confirm the payment in time."
		return order.Rejected, failure
	case f.Class == saga.Expired:
		failure.Code, failure.Detail = CodeDeadline, "The order took too long."
		return order.Failed, failure
	case f.Class == saga.Unknown:
		failure.Code, failure.Detail = CodeUnavailable, "A service that the order needs did not answer in time."
		return order.Failed, failure
	}
	told := refusal(f, "The order could not be placed.")
	failure.Code, failure.Detail = f.Reason(), told.Message
	if told.Kind == fault.Refused || told.Kind == fault.NotFound {
		return order.Rejected, failure
	}
	return order.Failed, failure
}

// refusal is what a service said when it refused, or otherwise of a defect.
func refusal(f *saga.Failure, otherwise string) activities.Detail {
	var app *temporal.ApplicationError
	var detail activities.Detail
	if errors.As(f.Err, &app) && app.HasDetails() && app.Details(&detail) == nil {
		return detail
	}
	return activities.Detail{Kind: fault.Internal, Message: otherwise}
}
