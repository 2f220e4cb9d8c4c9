package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
	"github.com/skaldhq/skald/workflows/saga"
)

// NewPayment asks for a payment of its own.
type NewPayment struct {
	UserID string    `json:"user_id" minLength:"1" maxLength:"64" doc:"Who pays" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Amount NewAmount `json:"amount"`
	Method string    `json:"method" pattern:"^pm_[A-Za-z0-9_]{1,100}$" doc:"How to pay: the provider's token, never a card number" example:"pm_card_visa"`
}

// NewAmount is an amount to pay, or to give back.
type NewAmount struct {
	Amount   int64  `json:"amount" minimum:"1" doc:"Minor units, one or more" example:"1450"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217, in upper case" example:"EUR"`
}

func (a NewAmount) money() money.Money { return money.New(a.Amount, a.Currency) }

type takePaymentInput struct {
	KeyHeader
	Prefer string `header:"Prefer" maxLength:"200" doc:"respond-async answers at once, wait=N after N seconds at most, 30 at most (RFC 7240)" example:"wait=5"`
	Body   NewPayment
}

type takePaymentOutput struct {
	Status            int
	Location          string `header:"Location"`
	RetryAfter        string `header:"Retry-After"`
	PreferenceApplied string `header:"Preference-Applied"`
	Body              Payment
}

func paymentPath(paymentID string) string { return "/v1/payments/" + paymentID }

func (c Config) registerTakePayment(a huma.API) {
	take := operation("take-payment", http.MethodPost, "/v1/payments", "payments", customers(writePayments), "Take a payment of its own",
		"A payment that is of no order: it is held, then captured. Starts its saga and waits for the outcome, as an order does: 10 s at most, or as `Prefer` says. "+
			"A payment that is not decided by then, or whose customer has to act (`next_action`), is answered with 202 and goes on. "+
			"A problem with a `payment_id` is final, also a 503: the same `Idempotency-Key` repeats it, and only another one asks for another payment. "+
			"A 503 without it decided nothing: send the request again with the same key.")
	declareRefusals(&take, failedPayments()...)
	take.DefaultStatus = http.StatusCreated
	take.Responses = alsoAnswers(http.StatusAccepted, "Payment")
	take.Responses["202"].Description = "The payment is accepted and not decided yet"
	huma.Register(a, take, c.takePayment)
}

// takePayment claims the payment durably, and then waits for its saga, as
// placeOrder does.
func (c Config) takePayment(ctx context.Context, in *takePaymentInput) (*takePaymentOutput, error) {
	if !owns(ctx, in.Body.UserID) { // as one that does not exist
		return nil, userUnknown(ctx)
	}
	claimed, err := c.Payments.RequestPayment(ctx, payment.AuthorizeRequest{
		OrderID: in.newID(ctx, payment.IDPrefix, "take-payment"), UserID: in.Body.UserID, Amount: in.Body.Amount.money(), Method: in.Body.Method,
	})
	if errors.Is(err, payment.ErrMismatch) {
		return nil, keyReused(ctx)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	p := c.preference(in.Prefer)
	if undecided(claimed) && claimed.Status != payment.RequiresAction {
		claimed = pursue(ctx, p.wait, claimed, pursuit[payment.Payment]{start: c.Sagas.Take, await: c.Sagas.AwaitTaken, read: func(ctx context.Context) (payment.Payment, error) {
			return c.Payments.Get(ctx, claimed.ID)
		}})
	}
	return answerPayment(ctx, claimed, p)
}

// undecided tells whether a payment of its own may still come about.
func undecided(p payment.Payment) bool {
	return failureOf(p) == nil && p.Status != payment.Captured && p.Status != payment.Refunded
}

// answerPayment is what the state of a payment means to the one who asked for it.
// Its status and body depend on nothing else, so that the same key gets the same.
func answerPayment(ctx context.Context, is payment.Payment, p preference) (*takePaymentOutput, error) {
	if f := failureOf(is); f != nil {
		ended := failedPayment(f.Code, f.Detail).problem(ctx)
		ended.PaymentID = is.ID
		return nil, p.refuse(ended, paymentPath(is.ID))
	}
	out := &takePaymentOutput{Status: http.StatusCreated, Location: paymentPath(is.ID), Body: toPayment(is)}
	if undecided(is) {
		out.Status, out.RetryAfter = http.StatusAccepted, retryAfter
	}
	out.PreferenceApplied = p.applied(out.Status)
	return out, nil
}

// failedPayment is the refusal of a payment that did not come about.
func failedPayment(code, detail string) refusal {
	return refusal{status: failureStatus(code), code: code, detail: detail, headers: []string{"Location", "Preference-Applied"}}
}

// failedPayments are all of them.
func failedPayments() (all []refusal) {
	for _, f := range []*fault.Error{
		user.ErrNotFound, user.ErrInactive, payment.ErrAmount, payment.ErrDeclined, payment.ErrVoided, payment.ErrMethod,
		fault.New(fault.Refused, workflows.CodeActionTimeout, "The customer did not confirm the payment in time."),
		fault.New(fault.Conflict, workflows.CodeCancelled, "The payment was cancelled."),
		fault.New(fault.Unavailable, workflows.CodeDeadline, "The payment took too long."),
		fault.New(fault.Unavailable, workflows.CodeInterrupted, "The payment was interrupted and turned back."),
		fault.New(fault.Unavailable, saga.ReasonReversed, "The payment could not be completed and was turned back."),
		fault.New(fault.Internal, errInternal.code, "The payment could not be taken."),
		payment.ErrNotAuthorized,
	} {
		all = append(all, failedPayment(f.Code, f.Message))
	}
	return all
}

// failureStatus is the HTTP status of a payment that did not come about. What is
// not about the request is technical.
func failureStatus(code string) int {
	switch code {
	case user.ErrNotFound.Code, user.ErrInactive.Code, payment.ErrAmount.Code:
		return http.StatusUnprocessableEntity
	case workflows.CodeCancelled:
		return http.StatusConflict
	}
	if known, ok := rejections()[code]; ok {
		return known
	}
	return http.StatusServiceUnavailable
}
