package psp

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request as an operation sees it.
type call struct {
	id   string
	form url.Values
	key  string
}

// change is what an operation did: the answer, and what is to be remembered.
type change struct {
	response *response
	intent   *intent
	outcome  string
	event    string // type of the webhook, empty: none
}

// operation acts on the simulator's state, which is locked for it. It works on
// a copy of the intent; what is in the change takes its place.
type operation func(c call) change

func (s *Simulator) create(c call) change {
	amount, err := strconv.ParseInt(c.form.Get("amount"), 10, 64)
	method, currency := c.form.Get("payment_method"), c.form.Get("currency")
	switch {
	case err != nil || amount < 1 || amount > 99_999_999:
		return invalid("amount", "Invalid integer: amount must be 1 to 99999999.")
	case len(currency) != 3 || currency != strings.ToLower(currency):
		return invalid("currency", "Invalid currency.")
	case method != "" && !knownMethod(method):
		return change{response: failure(http.StatusBadRequest, "invalid_request_error", "resource_missing", "payment_method", "No such PaymentMethod.")}
	}
	in := &intent{
		ID: newID("pi"), Status: requiresConfirmation, Amount: amount, Currency: currency, Method: method,
		Metadata: map[string]string{}, CreatedAt: time.Now().UTC(),
	}
	for name, values := range c.form {
		if inner, ok := strings.CutPrefix(name, "metadata["); ok {
			in.Metadata[strings.TrimSuffix(inner, "]")] = values[0]
		}
	}
	if c.form.Get("confirm") == "true" {
		return s.authorize(in)
	}
	return change{response: s.shown(in), intent: in, outcome: outcomeSucceeded}
}

func invalid(param, message string) change {
	return change{response: failure(http.StatusBadRequest, "invalid_request_error", "parameter_invalid_integer", param, message)}
}

func (s *Simulator) confirm(c call) change {
	return s.on(c.id, func(in *intent) change {
		if in.Status != requiresConfirmation && in.Status != requiresPaymentMethod {
			return change{response: in.refuse("confirm"), intent: in, outcome: outcomeRefused}
		}
		return s.authorize(in)
	})
}

func (s *Simulator) authorize(in *intent) change {
	outcome, no := in.hold()
	out := change{response: s.shown(in), intent: in, outcome: outcome, event: "payment_intent.amount_capturable_updated"}
	switch {
	case no != nil:
		shown := *no
		shown.PaymentIntent = in.json(s.options.PublicURL)
		out.response = &response{Status: http.StatusPaymentRequired, Body: map[string]any{"error": shown}}
		out.event = "payment_intent.payment_failed"
	case outcome == outcomeRequiresAction:
		out.event = "payment_intent.requires_action"
	}
	return out
}

func (s *Simulator) capture(c call) change {
	return s.on(c.id, func(in *intent) change {
		if in.Status != requiresCapture {
			return change{response: in.refuse("capture"), intent: in, outcome: outcomeRefused}
		}
		in.Status, in.Received = succeeded, in.Amount
		return change{response: s.shown(in), intent: in, outcome: outcomeSucceeded, event: "payment_intent.succeeded"}
	})
}

func (s *Simulator) cancel(c call) change {
	return s.on(c.id, func(in *intent) change {
		if in.Status == succeeded || in.Status == canceled {
			return change{response: in.refuse("cancel"), intent: in, outcome: outcomeRefused}
		}
		outcome := outcomeNothingHeld
		if in.Status == requiresCapture {
			outcome = outcomeSucceeded
		}
		in.Status = canceled
		return change{response: s.shown(in), intent: in, outcome: outcome, event: "payment_intent.canceled"}
	})
}

func (s *Simulator) refund(c call) change {
	return s.on(c.form.Get("payment_intent"), func(in *intent) change {
		switch {
		case in.Status != succeeded:
			return change{response: in.refuse("refund"), intent: in, outcome: outcomeRefused}
		case in.Refunded > 0:
			no := failure(http.StatusBadRequest, "invalid_request_error", "charge_already_refunded", "", "The charge has already been refunded.")
			return change{response: no, intent: in, outcome: outcomeRefused}
		}
		in.Refunded = in.Received
		return change{intent: in, outcome: outcomeSucceeded, event: "charge.refunded", response: &response{
			Status: http.StatusOK, Body: map[string]any{
				"id": newID("re"), "object": "refund", "amount": in.Refunded, "currency": in.Currency,
				"payment_intent": in.ID, "charge": in.Charge, "status": "succeeded", "metadata": map[string]string{},
			},
		}}
	})
}

func (s *Simulator) get(c call) change {
	return s.on(c.id, func(in *intent) change { return change{response: s.shown(in)} })
}

func (s *Simulator) list(call) change {
	data := []any{}
	for i := len(s.order) - 1; i >= 0 && len(data) < 100; i-- {
		data = append(data, s.intents[s.order[i]].json(s.options.PublicURL))
	}
	return change{response: &response{Status: http.StatusOK, Body: map[string]any{
		"object": "list", "url": "/v1/payment_intents", "has_more": len(s.order) > len(data), "data": data,
	}}}
}

// on runs fn on a copy of an intent.
func (s *Simulator) on(id string, fn func(*intent) change) change {
	in := s.intents[id]
	if in == nil {
		return change{response: failure(http.StatusNotFound, "invalid_request_error", "resource_missing", "intent", "No such payment_intent.")}
	}
	copied := *in
	return fn(&copied)
}

func (s *Simulator) shown(in *intent) *response {
	return &response{Status: http.StatusOK, Body: in.json(s.options.PublicURL)}
}
