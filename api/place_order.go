package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/order"
)

// retryAfter is when it is worth to look at an undecided order again, in seconds.
const retryAfter = "1"

// placeOrder claims the order durably, and then waits for its saga. Once it is
// claimed, nothing that goes wrong here can lose it: a dispatcher starts the
// saga that this request did not live to start.
func (c Config) placeOrder(ctx context.Context, in *placeOrderInput) (*placeOrderOutput, error) {
	o, _, err := c.Orders.Create(ctx, in.request(c.principal(in.Authorization)))
	if errors.Is(err, order.ErrKeyReused) {
		return nil, newProblem(ctx, http.StatusUnprocessableEntity, order.ErrKeyReused.Code, order.ErrKeyReused.Message)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	async, wait := preference(in.Prefer, c.MaxWait)
	if !o.Status.Decided() && o.Status != order.AwaitingPayment {
		if async {
			err = c.Sagas.Start(ctx, o)
		} else {
			waiting, cancel := context.WithTimeout(ctx, wait)
			err = c.Sagas.Await(waiting, o)
			cancel()
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
			note(ctx, err)
		}
		if now, err := c.Orders.Get(ctx, o.ID); err == nil && !async {
			o = now
		}
	}
	out, err := answer(ctx, o)
	if err == nil && async {
		out.PreferenceApplied = "respond-async"
	}
	return out, err
}

func (in *placeOrderInput) request(caller string) order.CreateRequest {
	r := order.CreateRequest{
		Caller: caller, Key: in.IdempotencyKey, UserID: in.Body.UserID, Currency: in.Body.Currency, PaymentMethod: in.Body.PaymentMethod,
	}
	for _, item := range in.Body.Items {
		r.Items = append(r.Items, order.Item{ProductID: item.ProductID, Quantity: item.Quantity})
	}
	return r
}

// preference reads Prefer (RFC 7240); what it does not know it passes over.
func preference(prefer string, longest time.Duration) (async bool, wait time.Duration) {
	wait = longest
	for token := range strings.SplitSeq(prefer, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(token), "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "respond-async":
			async = true
		case "wait":
			if n, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`)); err == nil && n >= 0 {
				wait = min(longest, time.Duration(n)*time.Second)
			}
		}
	}
	return async, wait
}

// answer is what the state of an order means to the one who placed it. It
// depends on nothing else, so that the same key gets the same answer.
func answer(ctx context.Context, o order.Order) (*placeOrderOutput, error) {
	out := &placeOrderOutput{Status: http.StatusCreated, Location: orderPath(o.ID), Body: toOrder(o)}
	switch o.Status {
	case order.Confirmed, order.Refunded:
		return out, nil
	case order.Pending, order.AwaitingPayment:
		out.Status, out.RetryAfter = http.StatusAccepted, retryAfter
		return out, nil
	case order.Rejected, order.Cancelled, order.Failed: // below
	}
	code, detail := "order_"+string(o.Status), "The order did not succeed."
	if o.Failure != nil {
		code, detail = o.Failure.Code, o.Failure.Detail
	}
	p := newProblem(ctx, endStatus(o.Status, code), code, detail)
	p.OrderID = o.ID
	return nil, huma.ErrorWithHeaders(p, http.Header{"Location": {orderPath(o.ID)}})
}

// endStatus is the HTTP status of an order that did not succeed.
func endStatus(status order.Status, code string) int {
	switch {
	case status == order.Failed:
		return http.StatusServiceUnavailable
	case status == order.Cancelled, code == "insufficient_stock":
		return http.StatusConflict
	case strings.HasPrefix(code, "payment_"):
		return http.StatusPaymentRequired
	default:
		return http.StatusUnprocessableEntity
	}
}
