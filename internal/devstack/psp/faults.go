package psp

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// The kinds of faults.
const (
	kindHangBefore       = "hang_before"       // accepts, does nothing, never answers
	kindHangAfter        = "hang_after"        // does it, never answers
	kindErrorBefore      = "error_before"      // 5xx, nothing done
	kindErrorAfter       = "error_after"       // 5xx, but done
	kindDelay            = "delay"             // does it after a while
	kindLateEffect       = "late_effect"       // never answers, does it after a while
	kindProcessing       = "processing"        // answers that it works on it, does it after a while
	kindDuplicateWebhook = "duplicate_webhook" // tells of it twice
	kindDropWebhook      = "drop_webhook"      // never tells of it
)

// Fault is a way to fail, for the next so many calls or for a share of them.
type Fault struct {
	// Operation is create, authorize, capture, void, refund, get, or action for
	// what a customer does; empty: any.
	Operation string `json:"operation,omitempty"`
	// Metadata is what the intent must carry, such as one user's id; empty: anything.
	Metadata map[string]string `json:"metadata,omitempty"`
	Kind     string            `json:"kind"`
	Calls    int               `json:"calls,omitempty"`
	Share    float64           `json:"share,omitempty"`
	DelayMS  int               `json:"delay_ms,omitempty"`
	Status   int               `json:"status,omitempty"`
}

const (
	defaultDelay = 5 * time.Second
	maxDelay     = 10 * time.Minute
)

func (f Fault) delay() time.Duration {
	if f.DelayMS > 0 {
		return time.Duration(f.DelayMS) * time.Millisecond
	}
	return defaultDelay
}

func (f Fault) status() int {
	if f.Status != 0 {
		return f.Status
	}
	return http.StatusInternalServerError
}

// validate names the field that is wrong; empty: none is.
func (f Fault) validate() (field, message string) {
	operations := []string{"", opCreate, opAuthorize, opCapture, opVoid, opRefund, opGet, opAction}
	kinds := []string{
		kindHangBefore, kindHangAfter, kindErrorBefore, kindErrorAfter, kindDelay, kindLateEffect, kindProcessing,
		kindDuplicateWebhook, kindDropWebhook,
	}
	switch {
	case !slices.Contains(operations, f.Operation):
		return "operation", "must be create, authorize, capture, void, refund, get or action, or be left out"
	case f.Operation == opAction && f.Kind != kindDuplicateWebhook && f.Kind != kindDropWebhook:
		return "kind", "must be duplicate_webhook or drop_webhook for an action"
	case f.Kind == kindProcessing && f.Operation != opAuthorize:
		return "operation", "must be authorize for processing"
	case !slices.Contains(kinds, f.Kind):
		return "kind", "must be hang_before, hang_after, error_before, error_after, delay, late_effect, processing, duplicate_webhook or drop_webhook"
	case (f.Calls > 0) == (f.Share > 0) || f.Calls < 0 || f.Share < 0 || f.Share > 1:
		return "calls", "either calls must be at least 1, or share between 0 and 1"
	case f.DelayMS < 0 || time.Duration(f.DelayMS)*time.Millisecond > maxDelay:
		return "delay_ms", "must be 0 to 600000"
	case f.Status != 0 && (f.Status < 500 || f.Status > 599):
		return "status", "must be 500 to 599"
	}
	return "", ""
}

// setFault is a fault that is set, and how many calls met it so far.
type setFault struct {
	ID string `json:"id"`
	Fault
	Met int `json:"met"`
}

// faults are the faults that are set, first come first served.
type faults struct {
	mu  sync.Mutex
	set []*setFault
}

// meets tells whether a fault is one for an operation on an intent with some
// metadata. A customer's action has no client that could be failed, only its
// webhook.
func (f *Fault) meets(operation string, metadata map[string]string) bool {
	if operation == opAction && f.Kind != kindDuplicateWebhook && f.Kind != kindDropWebhook {
		return false
	}
	for name, value := range f.Metadata {
		if metadata[name] != value {
			return false
		}
	}
	return f.Operation == "" || f.Operation == operation
}

// take gives the fault that the next call of an operation meets, on an intent
// with some metadata; its kind is empty where there is none.
func (fs *faults) take(operation string, metadata map[string]string) Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i, f := range fs.set {
		if !f.meets(operation, metadata) {
			continue
		}
		if f.Share > 0 && rand.Float64() >= f.Share {
			continue
		}
		f.Met++
		if f.Share == 0 {
			if f.Calls--; f.Calls == 0 {
				fs.set = slices.Delete(fs.set, i, i+1)
			}
		}
		return f.Fault
	}
	return Fault{}
}

// attached is the metadata of the intent that a request is about.
func (s *Simulator) attached(c call) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range []string{c.id, s.refunds[c.id], c.form.Get("payment_intent")} {
		if in := s.intents[id]; in != nil {
			return in.Metadata
		}
	}
	return metadata(c.form)
}

// pause waits as long as a fault says, or until the simulator ends.
func (s *Simulator) pause(f Fault) {
	select {
	case <-s.ctx.Done():
	case <-time.After(f.delay()):
	}
}

// later does something after its client was left without an answer.
func (s *Simulator) later(f Fault, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil { // Close may wait already
		return
	}
	s.late.Go(func() {
		defer func() {
			if r := recover(); r != nil && r != http.ErrAbortHandler { //nolint:errorlint // a panic's value
				panic(r)
			}
		}()
		s.pause(f)
		if s.ctx.Err() == nil {
			do()
		}
	})
}

// hang waits until the client leaves. It cuts the connection where the
// simulator ends first.
func (s *Simulator) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

func (fs *faults) add(w http.ResponseWriter, r *http.Request) {
	var f Fault
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "the body is not a fault: " + err.Error()})
		return
	}
	if field, message := f.validate(); field != "" {
		writeJSON(w, http.StatusBadRequest, map[string]string{"field": field, "error": field + " " + message})
		return
	}
	set := setFault{ID: newID("fault"), Fault: f}
	kept := set // which calls change
	fs.mu.Lock()
	fs.set = append(fs.set, &kept)
	fs.mu.Unlock()
	writeJSON(w, http.StatusCreated, set)
}

func (fs *faults) list(w http.ResponseWriter, _ *http.Request) {
	fs.mu.Lock()
	set := make([]setFault, len(fs.set))
	for i, f := range fs.set {
		set[i] = *f
	}
	fs.mu.Unlock()
	writeJSON(w, http.StatusOK, set)
}

// remove ends one fault, and tells how many calls met it.
func (fs *faults) remove(w http.ResponseWriter, r *http.Request) {
	fs.mu.Lock()
	i := slices.IndexFunc(fs.set, func(f *setFault) bool { return f.ID == r.PathValue("id") })
	if i < 0 {
		fs.mu.Unlock()
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is no such fault"})
		return
	}
	removed := fs.set[i] // nobody changes it any more
	fs.set = slices.Delete(fs.set, i, i+1)
	fs.mu.Unlock()
	writeJSON(w, http.StatusOK, removed)
}

func (fs *faults) clear(w http.ResponseWriter, _ *http.Request) {
	fs.mu.Lock()
	fs.set = nil
	fs.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}
