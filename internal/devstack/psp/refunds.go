package psp

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// refund is a part of an intent's amount that went back, in minor units.
type refund struct {
	ID        string            `json:"id"`
	Amount    int64             `json:"amount"`
	Metadata  map[string]string `json:"metadata,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
}

// logged is an entry of the intent as the refund's own.
func (r refund) logged(e Entry) Entry {
	e.Amount, e.Metadata = r.Amount, maps.Clone(e.Metadata)
	maps.Copy(e.Metadata, r.Metadata)
	return e
}

func (s *Simulator) refund(c call) change {
	return s.on(c.form.Get("payment_intent"), func(in *intent) change {
		left := in.Received - in.Refunded
		amount, bad := left, error(nil)
		if asked := c.form.Get("amount"); asked != "" {
			amount, bad = strconv.ParseInt(asked, 10, 64)
		}
		r := refund{ID: newID("re"), Amount: amount, Metadata: metadata(c.form), CreatedAt: time.Now().UTC()}
		refuse := func(no *response) change { return change{response: no, intent: in, outcome: outcomeRefused, refund: r} }
		switch {
		case bad != nil || amount < 0 || (amount == 0 && left > 0):
			return invalid("parameter_invalid_integer", "amount", "Invalid positive integer.")
		case in.Status != succeeded:
			return refuse(in.refuse("refund"))
		case left == 0:
			return refuse(failure(http.StatusBadRequest, "invalid_request_error", "charge_already_refunded", "", "The charge has already been refunded."))
		case amount > left:
			return refuse(failure(http.StatusBadRequest, "invalid_request_error", "", "amount", "Refund amount is greater than unrefunded amount on charge."))
		}
		in.Refunded += amount
		in.Refunds = append(slices.Clip(in.Refunds), r) // the intent that is kept never changes
		return change{response: &response{Status: http.StatusOK, Body: r.json(in)}, intent: in, outcome: outcomeSucceeded, event: "charge.refunded", refund: r}
	})
}

// json is the refund as the API shows it.
func (r refund) json(in *intent) map[string]any {
	attached := r.Metadata
	if attached == nil {
		attached = map[string]string{}
	}
	return map[string]any{
		"id": r.ID, "object": "refund", "amount": r.Amount, "currency": in.Currency, "created": r.CreatedAt.Unix(),
		"payment_intent": in.ID, "charge": in.Charge, "status": "succeeded", "metadata": attached,
	}
}

func (s *Simulator) getRefund(c call) change {
	if in := s.intents[s.refunds[c.id]]; in != nil {
		for _, r := range in.Refunds {
			if r.ID == c.id {
				return change{response: &response{Status: http.StatusOK, Body: r.json(in)}}
			}
		}
	}
	return change{response: failure(http.StatusNotFound, "invalid_request_error", "resource_missing", "id", "No such refund.")}
}

// Stripe's pages of a list.
const (
	defaultPage = 10
	maxPage     = 100
)

// listRefunds gives a page of an intent's refunds, newest first.
func (s *Simulator) listRefunds(c call) change {
	return s.on(c.form.Get("payment_intent"), func(in *intent) change {
		limit := defaultPage
		if asked := c.form.Get("limit"); asked != "" {
			n, err := strconv.Atoi(asked)
			if err != nil || n < 1 || n > maxPage {
				return invalid("parameter_invalid_integer", "limit", "Must be 1 to 100.")
			}
			limit = n
		}
		after := c.form.Get("starting_after")
		data, more := []any{}, false
		for _, r := range slices.Backward(in.Refunds) {
			switch {
			case after != "":
				if r.ID == after {
					after = ""
				}
			case len(data) == limit:
				more = true
			default:
				data = append(data, r.json(in))
			}
		}
		return change{response: &response{Status: http.StatusOK, Body: map[string]any{
			"object": "list", "url": "/v1/refunds", "has_more": more, "data": data,
		}}}
	})
}
