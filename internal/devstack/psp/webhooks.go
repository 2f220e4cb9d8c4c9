package psp

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// event is a webhook that is to be delivered.
type event struct {
	ID      string          `json:"id"`
	Payload json.RawMessage `json:"payload"`
	Twice   bool            `json:"twice,omitempty"`
	tries   int
}

// newEvent is the event of a change; nil where nobody asked for its type.
func (s *Simulator) newEvent(kind string, in *intent, twice bool) *event {
	if asked := s.options.WebhookEvents; asked != nil && !slices.Contains(asked, kind) {
		return nil
	}
	id := newID("evt")
	payload, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "type": kind, "created": time.Now().Unix(), "livemode": false, "pending_webhooks": 1,
		"data": map[string]any{"object": in.json(s.options.PublicURL)},
	})
	if err != nil { // a map of plain values
		panic(err)
	}
	return &event{ID: id, Payload: payload, Twice: twice}
}

// webhooks delivers events until each was taken. An event that is not taken
// waits apart, so that it never holds up another.
type webhooks struct {
	url, secret string
	log         *slog.Logger
	client      *http.Client
	delivered   func(id string) error

	ctx  context.Context //nolint:containedctx // the simulator's
	wg   sync.WaitGroup
	mu   sync.Mutex
	due  []event
	wake chan struct{}
}

const (
	deliveryWorkers = 8
	deliveryTimeout = 5 * time.Second
	firstPause      = 100 * time.Millisecond
	lastPause       = 5 * time.Second
)

func newWebhooks(ctx context.Context, o Options, delivered func(id string) error) *webhooks {
	return &webhooks{
		url: o.WebhookURL, secret: o.WebhookSecret, log: o.Log, delivered: delivered, ctx: ctx,
		client: &http.Client{Timeout: deliveryTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: deliveryWorkers}},
		wake:   make(chan struct{}, 1),
	}
}

// enqueue adds an event.
func (h *webhooks) enqueue(e event) {
	if h.url == "" {
		return
	}
	h.mu.Lock()
	h.due = append(h.due, e)
	h.mu.Unlock()
	h.ring()
}

// ring wakes one worker, if one sleeps.
func (h *webhooks) ring() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// forget drops an event that an earlier run delivered.
func (h *webhooks) forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.IndexFunc(h.due, func(e event) bool { return e.ID == id }); i >= 0 {
		h.due = slices.Delete(h.due, i, i+1)
	}
}

func (h *webhooks) start() {
	for range deliveryWorkers {
		h.wg.Go(func() {
			for {
				if e, ok := h.next(); ok {
					h.deliver(e)
					continue
				}
				select {
				case <-h.ctx.Done():
					return
				case <-h.wake:
				}
			}
		})
	}
}

// next takes the oldest event that is due.
func (h *webhooks) next() (event, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.due) == 0 || h.ctx.Err() != nil {
		return event{}, false
	}
	e := h.due[0]
	h.due = h.due[1:]
	if len(h.due) > 0 {
		h.ring()
	}
	return e, true
}

// wait returns when the deliveries have ended, which is after their context.
func (h *webhooks) wait() {
	h.wg.Wait()
	h.client.CloseIdleConnections()
}

// deliver sends an event, and sets it aside for a while where it is not taken.
func (h *webhooks) deliver(e event) {
	if h.send(e) && (!e.Twice || h.send(e)) {
		if err := h.delivered(e.ID); err != nil {
			h.log.Error("note a delivered webhook", "event", e.ID, "error", err)
		}
		return
	}
	pause := min(firstPause<<min(e.tries, 10), lastPause)
	e.tries++
	time.AfterFunc(pause, func() { h.enqueue(e) })
}

func (h *webhooks) send(e event) bool {
	request, err := http.NewRequestWithContext(h.ctx, http.MethodPost, h.url, bytes.NewReader(e.Payload))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Stripe-Signature", sign(e.Payload, h.secret, time.Now()))
	response, err := h.client.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, maxBody) // so that the connection is used again
	return response.StatusCode >= http.StatusOK && response.StatusCode < http.StatusMultipleChoices
}

// sign gives the Stripe-Signature header: the time, and the HMAC of time and
// payload.
func sign(payload []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), payload)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
