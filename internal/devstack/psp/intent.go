package psp

import (
	"net/http"
	"strings"
	"time"
)

// The statuses of an intent, as Stripe names them.
const (
	requiresPaymentMethod = "requires_payment_method"
	requiresConfirmation  = "requires_confirmation"
	requiresAction        = "requires_action"
	processing            = "processing"
	requiresCapture       = "requires_capture"
	succeeded             = "succeeded"
	canceled              = "canceled"
)

// intent is a payment intent and its charge. Amounts are in minor units.
type intent struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"`
	Amount   int64             `json:"amount"`
	Currency string            `json:"currency"`
	Method   string            `json:"method"`
	Metadata map[string]string `json:"metadata"`
	Charge   string            `json:"charge"` // empty: nothing was ever held
	Received int64             `json:"received"`
	Refunded int64             `json:"refunded"`
	Refunds  []refund          `json:"refunds,omitempty"` // oldest first
	// Refund is the id of the only refund, in journals that knew no partial ones.
	Refund    string    `json:"refund,omitempty"`
	Error     *apiError `json:"error,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// The test tokens of Stripe that the simulator knows.
const (
	methodVisa           = "pm_card_visa"
	methodDeclined       = "pm_card_chargeDeclined"
	methodNoFunds        = "pm_card_chargeDeclinedInsufficientFunds"
	methodAuthentication = "pm_card_authenticationRequired"
)

func knownMethod(method string) bool {
	switch method {
	case methodVisa, methodDeclined, methodNoFunds, methodAuthentication:
		return true
	default:
		return false
	}
}

// hold authorizes: the outcome, and what the caller is told where it is a no.
func (in *intent) hold() (outcome string, no *apiError) {
	switch in.Method {
	case methodDeclined, methodNoFunds:
		no = &apiError{Type: "card_error", Code: "card_declined", DeclineCode: "generic_decline", Message: "Your card was declined."}
		if in.Method == methodNoFunds {
			no.DeclineCode, no.Message = "insufficient_funds", "Your card has insufficient funds."
		}
		in.decline(no)
		return outcomeDeclined, no
	case methodAuthentication:
		in.Status = requiresAction
		return outcomeRequiresAction, nil
	default:
		in.authorized()
		return outcomeSucceeded, nil
	}
}

// decline takes the payment method off the intent, as Stripe does: another try
// has to bring its own.
func (in *intent) decline(why *apiError) {
	in.Status, in.Method, in.Error = requiresPaymentMethod, "", why
}

func (in *intent) authorized() {
	in.Status, in.Charge, in.Error = requiresCapture, newID("ch"), nil
}

// refuse is the answer to a call that the intent's status does not allow.
func (in *intent) refuse(call string) *response {
	return failure(http.StatusBadRequest, "invalid_request_error", "payment_intent_unexpected_state", "",
		"You cannot "+call+" this PaymentIntent because it has a status of "+in.Status+".")
}

// json is the intent as the API shows it, with its charge as an id.
func (in *intent) json(publicURL string) map[string]any {
	out := map[string]any{
		"id": in.ID, "object": "payment_intent", "status": in.Status, "amount": in.Amount, "currency": in.Currency,
		"amount_received": in.Received, "amount_capturable": 0, "capture_method": "manual", "confirmation_method": "automatic",
		"payment_method": nil, "payment_method_types": []string{"card"}, "metadata": in.Metadata,
		"created": in.CreatedAt.Unix(), "livemode": false, "client_secret": in.ID + "_secret_simulated",
		"latest_charge": nil, "last_payment_error": nil, "next_action": nil,
	}
	if in.Status == requiresCapture {
		out["amount_capturable"] = in.Amount
	}
	if in.Method != "" {
		out["payment_method"] = in.Method
	}
	if in.Error != nil {
		out["last_payment_error"] = in.Error
	}
	if in.Status == requiresAction {
		out["next_action"] = map[string]any{
			"type": "redirect_to_url", "redirect_to_url": map[string]any{"url": publicURL + "/3ds/" + in.ID},
		}
	}
	if in.Charge != "" {
		out["latest_charge"] = in.Charge
	}
	return out
}

// chargeJSON is the intent's charge. A hold that was given back counts as
// refunded, as at Stripe.
func (in *intent) chargeJSON() map[string]any {
	refunded := in.Refunded
	if in.Status == canceled {
		refunded = in.Amount
	}
	return map[string]any{
		"id": in.Charge, "object": "charge", "status": "succeeded", "amount": in.Amount, "currency": in.Currency,
		"captured": in.Received > 0, "amount_captured": in.Received, "amount_refunded": refunded,
		"refunded": refunded == in.Amount, "payment_intent": in.ID, "metadata": in.Metadata,
	}
}

// entry is a line of the log about the intent.
func (in *intent) entry(operation, key, outcome string) Entry {
	return Entry{
		Time: time.Now().UTC(), Operation: operation, Intent: in.ID, Amount: in.Amount,
		Currency: strings.ToUpper(in.Currency), Metadata: in.Metadata, IdempotencyKey: key, Outcome: outcome,
	}
}
