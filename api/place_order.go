package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
)

// placeOrder claims the order durably, and then waits for its saga. Once it is
// claimed, nothing that goes wrong here can lose it: a dispatcher starts the
// saga that this request did not live to start.
func (c Config) placeOrder(ctx context.Context, in *placeOrderInput) (*placeOrderOutput, error) {
	if !owns(ctx, in.Body.UserID) { // as one that does not exist
		return nil, userUnknown(ctx)
	}
	o, _, err := c.Orders.Create(ctx, in.request(callerOf(ctx)))
	if errors.Is(err, order.ErrKeyReused) {
		return nil, keyReused(ctx)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	noteOrder(ctx, o.ID)
	p := c.preference(in.Prefer)
	if !o.Status.Decided() && o.Status != order.AwaitingPayment {
		o = pursue(ctx, p.wait, o, pursuit[order.Order]{start: c.Sagas.Start, await: c.Sagas.Await, read: func(ctx context.Context) (order.Order, error) {
			return c.Orders.Get(ctx, o.ID)
		}})
	}
	return c.answer(ctx, o, p)
}

func (in *placeOrderInput) request(caller string) order.CreateRequest {
	r := order.CreateRequest{
		Caller: caller, Key: in.IdempotencyKey,
		UserID: in.Body.UserID, Currency: in.Body.Currency, PaymentMethod: in.Body.PaymentMethod,
	}
	for _, item := range in.Body.Items {
		r.Items = append(r.Items, order.Item{ProductID: item.ProductID, Quantity: item.Quantity})
	}
	return r
}

// answer is what the state of an order means to the one who placed it. Its
// status and body depend on nothing else, so that the same key gets the same.
func (c Config) answer(ctx context.Context, o order.Order, p preference) (*placeOrderOutput, error) {
	switch o.Status {
	case order.Confirmed, order.Refunded:
		return c.placed(ctx, o, http.StatusCreated, p), nil
	case order.Pending, order.AwaitingPayment:
		out := c.placed(ctx, o, http.StatusAccepted, p)
		out.RetryAfter = retryAfter
		return out, nil
	case order.Rejected, order.Cancelled, order.Failed: // below
	}
	why := unexplained(o.Status)
	if o.Failure != nil {
		why.status, why.code, why.detail = endStatus(o.Status, o.Failure.Code), o.Failure.Code, o.Failure.Detail
	}
	ended := why.problem(ctx)
	ended.OrderID = o.ID
	return nil, p.refuse(ended, orderPath(o.ID))
}

func (c Config) placed(ctx context.Context, o order.Order, status int, p preference) *placeOrderOutput {
	out := &placeOrderOutput{Status: status, Location: orderPath(o.ID), PreferenceApplied: p.applied(status)}
	out.Body, out.ETag = c.show(ctx, o)
	return out
}

// endStatus is the HTTP status of an order that did not succeed.
func endStatus(status order.Status, code string) int {
	if status == order.Failed {
		return http.StatusServiceUnavailable
	}
	if status == order.Cancelled {
		return http.StatusConflict
	}
	if known, ok := rejections()[code]; ok {
		return known
	}
	return http.StatusUnprocessableEntity
}

// unexplained is the refusal of an order that did not succeed, and that has no more
// to say of it.
func unexplained(status order.Status) refusal {
	code := "order_" + string(status)
	return refusal{status: endStatus(status, code), code: code, detail: "The order did not succeed.", order: true, headers: []string{"Location", "Preference-Applied"}}
}

// endings are the refusals of an order that did not succeed.
func endings() []refusal {
	timedOut := fault.New(fault.Refused, workflows.CodeActionTimeout, "The customer did not confirm the payment in time.")
	cancelled := fault.New(fault.Conflict, workflows.CodeCancelled, "The order was cancelled.")
	all := []refusal{unexplained(order.Rejected), unexplained(order.Cancelled), unexplained(order.Failed)}
	add := func(status order.Status, f *fault.Error) {
		why := unexplained(status)
		why.status, why.code, why.detail = endStatus(status, f.Code), f.Code, f.Message
		all = append(all, why)
	}
	add(order.Cancelled, cancelled)
	for _, f := range []*fault.Error{
		user.ErrNotFound, user.ErrInactive, pricing.ErrNotFound, pricing.ErrCurrency, pricing.ErrTooLarge, inventory.ErrInsufficient,
		payment.ErrDeclined, payment.ErrVoided, payment.ErrMethod, payment.ErrAmount, timedOut,
	} {
		add(order.Rejected, f)
	}
	return all
}

// rejections gives the HTTP status of the codes an order is rejected with. The
// other ones are about what the order says: 422.
func rejections() map[string]int {
	return map[string]int{
		inventory.ErrInsufficient.Code: http.StatusConflict,
		payment.ErrDeclined.Code:       http.StatusPaymentRequired,
		payment.ErrVoided.Code:         http.StatusPaymentRequired,
		payment.ErrMethod.Code:         http.StatusPaymentRequired,
		workflows.CodeActionTimeout:    http.StatusPaymentRequired,
	}
}
