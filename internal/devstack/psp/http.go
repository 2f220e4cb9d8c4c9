package psp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
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

// answer is what an idempotency key stands for: a request and its response.
type answer struct {
	Key         string    `json:"key"`
	Fingerprint string    `json:"fingerprint"`
	Intent      string    `json:"intent"`
	Response    *response `json:"response"`
}

// api serves one operation: authentication, faults, idempotency, effect, log.
func (s *Simulator) api(name string, do operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, no := read(w, r, name)
		if no != nil {
			reply(w, no)
			return
		}
		if !s.claim(c.key) {
			reply(w, failure(http.StatusConflict, "invalid_request_error", "idempotency_key_in_use", "",
				"There is currently another in-progress request using this Idempotent Key."))
			return
		}
		fault, do := s.faults.take(name, s.attached(c)), do
		switch fault.Kind {
		case kindHangBefore:
			s.hang(r)
			s.fail(name, c)
			panic(http.ErrAbortHandler)
		case kindErrorBefore:
			s.fail(name, c)
			reply(w, failure(fault.status(), "api_error", "", "", "Something went wrong before anything was done."))
			return
		case kindLateEffect:
			s.later(fault, func() { s.run(name, do, c, fault) })
			s.hang(r)
			panic(http.ErrAbortHandler)
		case kindDelay:
			s.pause(fault)
		case kindProcessing:
			do = s.process
			defer s.later(fault, func() { s.processed(c.id) })
		}
		out, replayed := s.run(name, do, c, fault)
		if fault.Kind == kindHangAfter {
			s.hang(r)
			panic(http.ErrAbortHandler)
		}
		if replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		reply(w, out)
	}
}

// read gives the request as an operation sees it, or the answer to one that is
// none.
func read(w http.ResponseWriter, r *http.Request, name string) (call, *response) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !slices.Contains([]string{"bearer", "basic"}, strings.ToLower(scheme)) || key == "" {
		return call{}, failure(http.StatusUnauthorized, "invalid_request_error", "", "", "You did not provide an API key.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return call{}, failure(http.StatusBadRequest, "invalid_request_error", "", "", "The request's body cannot be read.")
	}
	c := call{path: r.URL.Path, id: r.PathValue("id"), form: r.Form}
	if name != opGet {
		c.key = r.Header.Get("Idempotency-Key")
	}
	return c, nil
}

// claim takes a key for a request that runs; false: another has it. A key that
// has its answer can be asked by many at a time.
func (s *Simulator) claim(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key == "" || s.keys[key] != nil {
		return true
	}
	if s.busy[key] {
		return false
	}
	s.busy[key] = true
	return true
}

// run does the operation once for its key, which it sets free.
func (s *Simulator) run(name string, do operation, c call, fault Fault) (out *response, replayed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer delete(s.busy, c.key)
	sum := sha256.Sum256([]byte(c.path + "?" + c.form.Encode()))
	fingerprint := hex.EncodeToString(sum[:])
	if known := s.keys[c.key]; c.key != "" && known != nil {
		if known.Fingerprint != fingerprint {
			return failure(http.StatusBadRequest, "idempotency_error", "", "",
				"Keys for idempotent requests can only be used with the same parameters they were first used with."), false
		}
		s.remember(record{Entries: []Entry{c.entry(s.intents[known.Intent], name, outcomeReplayed)}})
		return known.Response, true
	}
	done := do(c)
	out = done.response
	if fault.Kind == kindErrorAfter {
		out = failure(fault.status(), "api_error", "", "", "Something went wrong after it was done.")
	}
	if done.outcome == "" { // nothing was begun, so Stripe keeps nothing under the key
		return out, false
	}
	r := record{Intent: done.intent, Entries: done.entries(name, c.key)}
	if c.key != "" {
		r.Key = &answer{Key: c.key, Fingerprint: fingerprint, Intent: done.intent.ID, Response: out}
	}
	if done.event != "" && fault.Kind != kindDropWebhook {
		r.Event = s.newEvent(done.event, done.intent, fault.Kind == kindDuplicateWebhook)
	}
	s.remember(r)
	return out, false
}

// fail logs a request that a fault ended before its effect, and sets its key
// free: under it nothing is kept.
func (s *Simulator) fail(name string, c call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer delete(s.busy, c.key)
	in := s.intents[c.intent()]
	if name == opCreate {
		in = draft(c.form)
	}
	if in != nil && name != opGet {
		s.remember(record{Entries: []Entry{c.entry(in, name, outcomeFailed)}})
	}
}

// entry is a line of the log about a call that did nothing. Its amount is the
// one that was asked for where that is one.
func (c call) entry(in *intent, operation, outcome string) Entry {
	entry := in.entry(operation, c.key, outcome)
	if asked, err := strconv.ParseInt(c.form.Get("amount"), 10, 64); err == nil {
		entry.Amount = asked
	}
	return entry
}

// intent is the intent that a call is about.
func (c call) intent() string {
	if c.id != "" {
		return c.id
	}
	return c.form.Get("payment_intent")
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
