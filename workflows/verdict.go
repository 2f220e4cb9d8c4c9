package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// Failure codes of an order, or of a payment of its own, that come from the saga
// itself; the others are the codes of the services' faults.
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
	acting := last == order.AwaitingPayment
	failure := order.Failure{Step: f.Step}
	failure.Code, failure.Detail = reason(f, "order", "placed", acting)
	kind := refusal(f, "").Kind
	switch {
	case f.Class == saga.Cancelled:
		return order.Cancelled, failure
	case f.Class == saga.Expired && acting,
		f.Class == saga.Refused && (kind == fault.Refused || kind == fault.NotFound):
		return order.Rejected, failure
	default:
		return order.Failed, failure
	}
}

// reason is what a client is told of the failure that turned a saga back. what is
// what could not be done, such as an order that could not be placed; acting: its
// customer was asked to confirm the payment.
func reason(f *saga.Failure, what, done string, acting bool) (code, detail string) {
	switch {
	case f.Class == saga.Cancelled:
		return CodeCancelled, "The " + what + " was cancelled."
	case f.Class == saga.Reversed:
		return saga.ReasonReversed, "The " + what + " could not be completed and was turned back."
	case f.Class == saga.Expired && acting:
		return CodeActionTimeout, "The customer did not confirm the payment in time."
	case f.Class == saga.Expired:
		return CodeDeadline, "The " + what + " took too long."
	case f.Class == saga.Unknown:
		return CodeUnavailable, "A service that the " + what + " needs did not answer in time."
	default:
		return f.Reason(), refusal(f, "The "+what+" could not be "+done+".").Message
	}
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
