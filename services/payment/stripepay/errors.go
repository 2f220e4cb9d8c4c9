package stripepay

import (
	"errors"
	"net/http"

	"github.com/stripe/stripe-go/v85"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
)

// What the provider's errors mean. The messages are ours: the provider's may
// repeat what was sent.
var (
	errUnknown  = fault.New(fault.Unknown, "provider_unavailable", "The payment provider gave no definite answer.")
	errBusy     = fault.New(fault.Unavailable, "provider_busy", "The payment provider takes no more requests now.")
	errAccess   = fault.New(fault.Unavailable, "provider_access", "The payment provider does not accept our credentials.")
	errState    = fault.New(fault.Conflict, "provider_state", "The payment's state at the provider does not allow this.")
	errRejected = fault.New(fault.Internal, "provider_rejected", "The payment provider does not accept our request.")
)

// decline gives the intent of a card that was declined: an answer, not an error.
func decline(err error) (payment.Intent, bool) {
	var e *stripe.Error
	if !errors.As(err, &e) || e.Type != stripe.ErrorTypeCard {
		return payment.Intent{}, false
	}
	return payment.Intent{Status: payment.IntentDeclined, DeclineCode: reason(e)}, true
}

// reason is the most specific stable code of a decline.
func reason(e *stripe.Error) string {
	if e.DeclineCode != "" {
		return string(e.DeclineCode)
	}
	return string(e.Code)
}

// translate turns an error of the API into a fault. What is no answer of the
// provider, or one that tells of its own failure, leaves open what happened.
func translate(err error) error {
	if errors.Is(err, payment.ErrKeySpent) {
		return payment.ErrKeySpent.Because(err)
	}
	var e *stripe.Error
	if !errors.As(err, &e) {
		return errUnknown.Because(err)
	}
	switch {
	case e.HTTPStatusCode >= http.StatusInternalServerError:
		return errUnknown.Because(err)
	case e.HTTPStatusCode == http.StatusTooManyRequests:
		return errBusy.Because(err)
	case e.HTTPStatusCode == http.StatusConflict, e.Code == stripe.ErrorCodeIdempotencyKeyInUse:
		return errUnknown.Because(err)
	case e.HTTPStatusCode == http.StatusUnauthorized, e.HTTPStatusCode == http.StatusForbidden:
		return errAccess.Because(err)
	case e.Code == stripe.ErrorCodePaymentIntentUnexpectedState, e.Code == stripe.ErrorCodeChargeAlreadyRefunded:
		return errState.Because(err)
	case e.Param == "payment_method":
		return payment.ErrMethod.Because(err)
	case e.Param == "amount", e.Param == "currency", e.Code == stripe.ErrorCodeAmountTooSmall, e.Code == stripe.ErrorCodeAmountTooLarge:
		return payment.ErrAmount.Because(err)
	default:
		return errRejected.Because(err)
	}
}

// spentKeys tells an answer of 5xx that the provider only repeats from the one
// it gives for the first time: the SDK's errors do not carry the header that
// says so. Source: Stripe's API reference, idempotent requests.
type spentKeys struct{ next http.RoundTripper }

// RoundTrip fails with ErrKeySpent for a repeated failure.
func (t spentKeys) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	if err == nil && response.StatusCode >= http.StatusInternalServerError && response.Header.Get("Idempotent-Replayed") == "true" {
		return nil, errors.Join(payment.ErrKeySpent, response.Body.Close())
	}
	return response, err
}
