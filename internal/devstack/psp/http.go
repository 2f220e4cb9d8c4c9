package psp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// maxBody is more than any request of the API needs.
const maxBody = 64 << 10

// apiError is Stripe's error object.
type apiError struct {
	Type          string `json:"type"`
	Code          string `json:"code,omitempty"`
	DeclineCode   string `json:"decline_code,omitempty"`
	Param         string `json:"param,omitempty"`
	Message       string `json:"message"`
	PaymentIntent any    `json:"payment_intent,omitempty"`
}

// response is what a request is answered with.
type response struct {
	Status int `json:"status"`
	Body   any `json:"body"`
}

func failure(status int, kind, code, param, message string) *response {
	return &response{Status: status, Body: map[string]any{
		"error": apiError{Type: kind, Code: code, Param: param, Message: message},
	}}
}

// answer is what an idempotency key stands for: a request, and its response
// once there is one.
type answer struct {
	Key         string    `json:"key"`
	Fingerprint string    `json:"fingerprint"`
	Response    *response `json:"response"` // nil while the first request runs
}

// api serves one operation: authentication, faults, idempotency, effect, log.
func (s *Simulator) api(name string, do operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			reply(w, failure(http.StatusUnauthorized, "invalid_request_error", "", "", "You did not provide an API key."))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if err := r.ParseForm(); err != nil {
			reply(w, failure(http.StatusBadRequest, "invalid_request_error", "", "", "The request's body cannot be read."))
			return
		}
		c := call{id: r.PathValue("id"), form: r.Form, key: r.Header.Get("Idempotency-Key")}
		if name == opGet {
			c.key = ""
		}
		fault := s.faults.take(name)
		if fault.before(r.Context()) {
			s.logFailed(name, c)
			if fault.Kind == kindErrorBefore {
				reply(w, failure(fault.status(), "api_error", "", "", "Something went wrong before anything was done."))
			}
			return
		}
		if fault.Kind == kindLateEffect {
			go func() {
				fault.pause()
				s.run(name, do, c, r.URL.Path, fault)
			}()
			<-r.Context().Done()
			return
		}
		out, replayed := s.run(name, do, c, r.URL.Path, fault)
		if fault.Kind == kindHangAfter {
			<-r.Context().Done()
			return
		}
		if replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		reply(w, out)
	}
}

// run does the operation once for its key.
func (s *Simulator) run(name string, do operation, c call, path string, fault Fault) (out *response, replayed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256([]byte(path + "?" + c.form.Encode()))
	fingerprint := hex.EncodeToString(sum[:])
	if known := s.keys[c.key]; c.key != "" && known != nil {
		if known.Fingerprint != fingerprint {
			return failure(http.StatusBadRequest, "idempotency_error", "", "",
				"Keys for idempotent requests can only be used with the same parameters they were first used with."), false
		}
		if in := s.intents[c.intent()]; in != nil && name != opCreate {
			s.remember(record{Entry: in.entry(name, c.key, outcomeReplayed)})
		}
		return known.Response, true
	}
	done := do(c)
	out = done.response
	if name == opGet {
		return out, false
	}
	if fault.Kind == kindErrorAfter {
		out = failure(fault.status(), "api_error", "", "", "Something went wrong after it was done.")
	}
	var r record
	if c.key != "" {
		r.Key = &answer{Key: c.key, Fingerprint: fingerprint, Response: out}
	}
	if done.intent != nil {
		r.Intent, r.Entry = done.intent, done.intent.entry(name, c.key, done.outcome)
		if done.event != "" && fault.Kind != kindDropWebhook {
			r.Event = s.newEvent(done.event, done.intent, fault.Kind == kindDuplicateWebhook)
		}
	}
	s.remember(r)
	return out, false
}

// intent is the intent that a call is about.
func (c call) intent() string {
	if c.id != "" {
		return c.id
	}
	return c.form.Get("payment_intent")
}

// remember journals a record and applies it.
func (s *Simulator) remember(r record) {
	s.append(r)
	s.replay(r)
}

// logFailed logs a request that a fault ended before its effect.
func (s *Simulator) logFailed(name string, c call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.intents[c.intent()]; in != nil && name != opGet {
		s.remember(record{Entry: in.entry(name, c.key, outcomeFailed)})
	}
}

func reply(w http.ResponseWriter, r *response) { writeJSON(w, r.Status, r.Body) }

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Request-Id", newID("req"))
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}

// wantsHTML tells a browser from a program.
func wantsHTML(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }
