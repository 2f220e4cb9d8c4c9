package psp

import (
	"fmt"
	"html/template"
	"net/http"
)

// page is where a customer confirms a payment (3-D Secure).
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Confirm your payment</title>
<style>
 body{font:16px/1.5 system-ui,sans-serif;background:#f3f4f6;color:#1f2933;display:grid;place-items:center;min-height:100vh;margin:0}
 main{background:#fff;border-radius:12px;box-shadow:0 2px 16px #0002;padding:2rem 2.5rem;max-width:24rem}
 h1{font-size:1.25rem;margin:0 0 1rem} dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0 0 1.5rem}
 dt{color:#616e7c} dd{margin:0;text-align:right} form{display:inline} small{color:#616e7c}
 button{font:inherit;border:0;border-radius:8px;padding:.6rem 1.2rem;cursor:pointer;background:#e4e7eb}
 button.go{background:#0b6e4f;color:#fff}
</style>
<main><h1>Confirm your payment</h1>
<dl><dt>Amount</dt><dd>{{.Amount}} {{.Currency}} (minor units)</dd><dt>Payment</dt><dd>{{.ID}}</dd><dt>Status</dt><dd>{{.Status}}</dd></dl>
{{if eq .Status "requires_action"}}
<form method="post" action="/3ds/{{.ID}}/complete"><button class="go">Complete</button></form>
<form method="post" action="/3ds/{{.ID}}/fail"><button>Fail</button></form>
{{else}}<p>There is nothing left to do here.</p>{{end}}
<p><small>This is a simulated bank: no real money moves.</small></p></main></html>`))

func (s *Simulator) page(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	in := s.intents[r.PathValue("id")]
	s.mu.Unlock()
	s.show(w, r, in)
}

func (s *Simulator) show(w http.ResponseWriter, r *http.Request, in *intent) {
	switch {
	case in == nil:
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is no such payment"})
	case wantsHTML(r):
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, in) // the browser may have gone
	default:
		writeJSON(w, http.StatusOK, in.json(s.options.PublicURL))
	}
}

// act does what the customer chose: complete or fail.
func (s *Simulator) act(w http.ResponseWriter, r *http.Request) {
	action := r.PathValue("action")
	if action != "complete" && action != "fail" {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "the customer can complete or fail"})
		return
	}
	in, err := s.answerBank(r.PathValue("id"), action == "complete")
	if err != nil {
		writeJSON(w, http.StatusConflict, map[string]string{"error": err.Error()})
		return
	}
	s.show(w, r, in)
}

// answerBank ends the customer's authentication. It gives no intent where there
// is none, and an error where it waits for nothing.
func (s *Simulator) answerBank(id string, complete bool) (*intent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.intents[id]
	if known == nil {
		return nil, nil //nolint:nilnil // none is an answer here
	}
	if known.Status != requiresAction {
		return nil, fmt.Errorf("the payment waits for no action: it is %s", known.Status)
	}
	in := *known
	outcome, kind := outcomeSucceeded, "payment_intent.amount_capturable_updated"
	if complete {
		in.authorized()
	} else {
		in.decline(&apiError{
			Type: "card_error", Code: "payment_intent_authentication_failure", Message: "The customer did not authenticate the payment.",
		})
		outcome, kind = outcomeDeclined, "payment_intent.payment_failed"
	}
	fault := s.faults.take(opAction, in.Metadata)
	r := record{Intent: &in, Entries: []Entry{in.entry(opAuthorize, "", outcome)}}
	if fault.Kind != kindDropWebhook {
		r.Event = s.newEvent(kind, &in, fault.Kind == kindDuplicateWebhook)
	}
	s.remember(r)
	return &in, nil
}
