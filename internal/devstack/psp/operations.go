package psp

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is one request as an operation sees it.
type call struct {
	path string
	id   string
	form url.Values
	key  string
}

// change is what an operation did: the answer, and what is to be remembered.
type change struct {
	response *response
	intent   *intent
	outcome  string // empty: nothing was begun
	event    string // type of the webhook, empty: none
	created  bool   // the same call made the intent
	refund   refund // that was asked for
}

// entries are the lines of the log: two for an intent that is made and
// confirmed at once.
func (c change) entries(operation, key string) []Entry {
	if c.created {
		return []Entry{c.intent.entry(opCreate, key, outcomeSucceeded), c.intent.entry(opAuthorize, key, c.outcome)}
	}
	entry := c.intent.entry(operation, key, c.outcome)
	if operation == opRefund {
		entry = c.refund.logged(entry)
	}
	return []Entry{entry}
}

// operation acts on the simulator's state, which is locked for it. It works on
// a copy of the intent; what is in the change takes its place.
type operation func(c call) change

// The largest amount that Stripe takes, in minor units.
const maxAmount = 99_999_999

func (s *Simulator) create(c call) change {
	in, confirm := draft(c.form), c.form.Get("confirm") == "true"
	switch {
	case in.Amount > maxAmount:
		return invalid("amount_too_large", "amount", "Amount must be no more than 99999999.")
	case in.Amount < 1:
		return invalid("parameter_invalid_integer", "amount", "Invalid positive integer.")
	case len(in.Currency) != 3 || in.Currency != strings.ToLower(in.Currency):
		return invalid("", "currency", "Invalid currency.")
	case c.form.Get("capture_method") != "manual":
		return invalid("", "capture_method", "The simulator knows manual capture only.")
	case in.Method != "" && !knownMethod(in.Method):
		return noMethod()
	case in.Method == "" && confirm:
		return invalid("parameter_missing", "payment_method", "You cannot confirm a PaymentIntent without a payment method.")
	}
	in.ID = newID("pi")
	if confirm {
		done := s.authorize(c, in)
		done.created = true
		return done
	}
	return change{response: s.shown(c, in), intent: in, outcome: outcomeSucceeded}
}

// draft is the intent that a form asks for, without an id. An amount that is no
// number is 0.
func draft(form url.Values) *intent {
	amount, err := strconv.ParseInt(form.Get("amount"), 10, 64)
	if err != nil {
		amount = 0
	}
	in := &intent{
		Status: requiresConfirmation, Amount: amount, Currency: form.Get("currency"), Method: form.Get("payment_method"),
		CreatedAt: time.Now().UTC(),
	}
	if in.Method == "" {
		in.Status = requiresPaymentMethod
	}
	in.Metadata = metadata(form)
	return in
}

// metadata is what a form attaches to an object.
func metadata(form url.Values) map[string]string {
	out := map[string]string{}
	for name, values := range form {
		if inner, ok := strings.CutPrefix(name, "metadata["); ok {
			out[strings.TrimSuffix(inner, "]")] = values[0]
		}
	}
	return out
}

func invalid(code, param, message string) change {
	return change{response: failure(http.StatusBadRequest, "invalid_request_error", code, param, message)}
}

func noMethod() change {
	return invalid("resource_missing", "payment_method", "No such PaymentMethod.")
}

func (s *Simulator) confirm(c call) change {
	return s.on(c.id, func(in *intent) change {
		if in.Status != requiresConfirmation && in.Status != requiresPaymentMethod {
			return change{response: in.refuse("confirm"), intent: in, outcome: outcomeRefused}
		}
		if method := c.form.Get("payment_method"); method != "" {
			if !knownMethod(method) {
				return noMethod()
			}
			in.Method = method
		}
		if in.Method == "" {
			return change{response: in.refuse("confirm"), intent: in, outcome: outcomeRefused}
		}
		return s.authorize(c, in)
	})
}

func (s *Simulator) authorize(c call, in *intent) change {
	outcome, no := in.hold()
	out := change{response: s.shown(c, in), intent: in, outcome: outcome, event: "payment_intent.amount_capturable_updated"}
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

// process is a confirmation that the bank takes its time for.
func (s *Simulator) process(c call) change {
	return s.on(c.id, func(in *intent) change {
		if in.Status != requiresConfirmation {
			return change{response: in.refuse("confirm"), intent: in, outcome: outcomeRefused}
		}
		in.Status = processing
		return change{response: s.shown(c, in), intent: in, outcome: outcomeProcessing, event: "payment_intent.processing"}
	})
}

// processed ends what process began.
func (s *Simulator) processed(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.intents[id]
	if known == nil || known.Status != processing {
		return
	}
	in := *known
	done := s.authorize(call{}, &in)
	s.remember(record{Intent: &in, Entries: done.entries(opAuthorize, ""), Event: s.newEvent(done.event, &in, false)})
}

func (s *Simulator) capture(c call) change {
	return s.on(c.id, func(in *intent) change {
		if in.Status != requiresCapture {
			return change{response: in.refuse("capture"), intent: in, outcome: outcomeRefused}
		}
		if !full(c.form.Get("amount_to_capture"), in.Amount) {
			return invalid("", "amount_to_capture", "The simulator captures the whole amount only.")
		}
		in.Status, in.Received = succeeded, in.Amount
		return change{response: s.shown(c, in), intent: in, outcome: outcomeSucceeded, event: "payment_intent.succeeded"}
	})
}

func (s *Simulator) cancel(c call) change {
	return s.on(c.id, func(in *intent) change {
		if in.Status == succeeded || in.Status == canceled || in.Status == processing {
			return change{response: in.refuse("cancel"), intent: in, outcome: outcomeRefused}
		}
		outcome := outcomeNothingHeld
		if in.Status == requiresCapture {
			outcome = outcomeSucceeded
		}
		in.Status = canceled
		return change{response: s.shown(c, in), intent: in, outcome: outcome, event: "payment_intent.canceled"}
	})
}

// full tells whether an optional amount is all there is.
func full(asked string, all int64) bool { return asked == "" || asked == strconv.FormatInt(all, 10) }

func (s *Simulator) get(c call) change {
	return s.on(c.id, func(in *intent) change { return change{response: s.shown(c, in)} })
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

// shown is an answer with the intent, and with its charge where the call asks
// for that.
func (s *Simulator) shown(c call, in *intent) *response {
	body := in.json(s.options.PublicURL)
	if in.Charge != "" && c.expands("latest_charge") {
		body["latest_charge"] = in.chargeJSON()
	}
	return &response{Status: http.StatusOK, Body: body}
}

// expands tells whether a call asks for an object in place of its id.
func (c call) expands(field string) bool {
	for name, values := range c.form {
		if strings.HasPrefix(name, "expand[") && slices.Contains(values, field) {
			return true
		}
	}
	return false
}
