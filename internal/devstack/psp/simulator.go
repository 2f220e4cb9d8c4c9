// Package psp simulates a payment provider that speaks Stripe's API: payment
// intents with manual capture, refunds, idempotency keys, customer
// authentication, signed webhooks. Beside it, it keeps a log of what it was
// asked and what it did (GET /_log), and fails on demand (/_faults), so that
// others can be judged by it. docs/simulator.md describes both.
//
// Its state is a journal in a directory and survives a kill of the process.
package psp

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options say where the simulator lives and whom it tells.
type Options struct {
	// Dir holds the journal. It is created.
	Dir string
	// PublicURL is where customers reach the simulator's pages.
	PublicURL string
	// WebhookURL is told of every change of an intent; empty: nobody is.
	WebhookURL string
	// WebhookEvents are the types of events that WebhookURL asked for; nil: all.
	WebhookEvents []string
	WebhookSecret string
	Log           *slog.Logger // nil: silent
}

// Simulator is a running simulator.
type Simulator struct {
	options Options
	journal *journal
	faults  *faults
	hooks   *webhooks

	ctx  context.Context //nolint:containedctx // lives as long as the simulator
	end  context.CancelFunc
	late sync.WaitGroup // effects that land after their client left

	mu      sync.Mutex
	intents map[string]*intent // never changed, only replaced
	order   []string           // intent ids, oldest first
	refunds map[string]string  // refund id to intent id
	keys    map[string]*answer
	busy    map[string]bool // idempotency keys of requests that run
	log     []Entry
}

// Entry is a line of the log: an operation that was asked for, and what came
// of it. Amount is in minor units, a refund's own. A refund that was made adds
// its metadata to the intent's.
type Entry struct {
	Time           time.Time         `json:"time"`
	Operation      string            `json:"operation"`
	Intent         string            `json:"intent"`
	Amount         int64             `json:"amount"`
	Currency       string            `json:"currency"`
	Metadata       map[string]string `json:"metadata"`
	IdempotencyKey string            `json:"idempotency_key"`
	Outcome        string            `json:"outcome"`
}

// The operations of the log.
const (
	opCreate    = "create"
	opAuthorize = "authorize"
	opCapture   = "capture"
	opVoid      = "void"
	opRefund    = "refund"
	opGet       = "get"    // not logged: it has no effect
	opAction    = "action" // a customer's, logged as authorize
)

// The outcomes of the log.
const (
	outcomeSucceeded      = "succeeded"
	outcomeDeclined       = "declined"
	outcomeRequiresAction = "requires_action"
	outcomeProcessing     = "processing"
	outcomeRefused        = "refused"
	outcomeFailed         = "failed"
	outcomeReplayed       = "replayed"
	outcomeNothingHeld    = "nothing_held"
)

// New returns a simulator with the state that its directory holds.
func New(o Options) (*Simulator, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, end := context.WithCancel(context.Background())
	s := &Simulator{
		options: o, faults: &faults{}, ctx: ctx, end: end,
		intents: map[string]*intent{}, refunds: map[string]string{}, keys: map[string]*answer{}, busy: map[string]bool{},
	}
	s.hooks = newWebhooks(ctx, o, func(id string) error { return s.journal.append(record{Delivered: id}) })
	j, err := openJournal(o.Dir, s.replay)
	if err != nil {
		end()
		return nil, fmt.Errorf("open journal of the payment simulator: %w", err)
	}
	s.journal = j
	s.hooks.start()
	return s, nil
}

// Close ends deliveries and closes the journal. Effects that were to land later
// do not. Requests that hang are cut, so Close may come before or after the end
// of the server.
func (s *Simulator) Close() error {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.late.Wait()
	s.hooks.wait()
	return s.journal.close()
}

// Handler serves the API, the customers' pages, the log and the faults.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/payment_intents", s.api(opCreate, s.create))
	mux.HandleFunc("POST /v1/payment_intents/{id}/confirm", s.api(opAuthorize, s.confirm))
	mux.HandleFunc("POST /v1/payment_intents/{id}/capture", s.api(opCapture, s.capture))
	mux.HandleFunc("POST /v1/payment_intents/{id}/cancel", s.api(opVoid, s.cancel))
	mux.HandleFunc("POST /v1/refunds", s.api(opRefund, s.refund))
	mux.HandleFunc("GET /v1/refunds/{id}", s.api(opGet, s.getRefund))
	mux.HandleFunc("GET /v1/refunds", s.api(opGet, s.listRefunds))
	mux.HandleFunc("GET /v1/payment_intents/{id}", s.api(opGet, s.get))
	mux.HandleFunc("GET /v1/payment_intents", s.api(opGet, s.list))
	mux.HandleFunc("GET /3ds/{id}", s.page)
	mux.HandleFunc("POST /3ds/{id}/{action}", s.act)
	mux.HandleFunc("GET /_log", s.showLog)
	mux.HandleFunc("POST /_faults", s.faults.add)
	mux.HandleFunc("GET /_faults", s.faults.list)
	mux.HandleFunc("DELETE /_faults/{id}", s.faults.remove)
	mux.HandleFunc("DELETE /_faults", s.faults.clear)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, failure(http.StatusNotFound, "invalid_request_error", "", "", "Unrecognized request URL."))
	})
	return mux
}

func (s *Simulator) showLog(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	log := append([]Entry{}, s.log...)
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, log)
}

// record is a line of the journal: all that one request changed.
type record struct {
	Intent    *intent `json:"intent,omitempty"`
	Entries   []Entry `json:"entries,omitempty"`
	Key       *answer `json:"key,omitempty"`
	Event     *event  `json:"event,omitempty"`
	Delivered string  `json:"delivered,omitempty"`
}

// replay applies a line of the journal.
func (s *Simulator) replay(r record) {
	if in := r.Intent; in != nil {
		if s.intents[in.ID] == nil {
			s.order = append(s.order, in.ID)
		}
		if in.Refund != "" {
			in.Refunds, in.Refund = []refund{{ID: in.Refund, Amount: in.Refunded, CreatedAt: in.CreatedAt}}, ""
		}
		s.intents[in.ID] = in
		for _, r := range in.Refunds {
			s.refunds[r.ID] = in.ID
		}
	}
	s.log = append(s.log, r.Entries...)
	if r.Key != nil {
		s.keys[r.Key.Key] = r.Key
	}
	if r.Event != nil {
		s.hooks.enqueue(*r.Event)
	}
	if r.Delivered != "" {
		s.hooks.forget(r.Delivered)
	}
}

// remember journals a record and then applies it. What cannot be journalled is
// not done: the request is cut, and its client knows nothing.
func (s *Simulator) remember(r record) {
	if err := s.journal.append(r); err != nil {
		if !errors.Is(err, errClosed) {
			s.options.Log.Error("write journal of the payment simulator", "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	s.replay(r)
}

// newID gives an id with one of Stripe's prefixes.
func newID(prefix string) string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return prefix + "_" + hex.EncodeToString(b)
}
