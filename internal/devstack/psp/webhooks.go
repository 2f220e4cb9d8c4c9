package psp

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// event is a webhook that is to be delivered.
type event struct {
	ID      string          `json:"id"`
	Payload json.RawMessage `json:"payload"`
	Twice   bool            `json:"twice,omitempty"`
}

func (s *Simulator) newEvent(kind string, in *intent, twice bool) *event {
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

// webhooks delivers events until each was taken.
type webhooks struct {
	url, secret string
	log         *slog.Logger
	client      *http.Client
	delivered   func(id string)

	ctx    context.Context //nolint:containedctx // lives as long as the simulator
	cancel context.CancelFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	queue  map[string]event
	wake   chan event
}

const (
	deliveryWorkers = 8
	deliveryTimeout = 5 * time.Second
	firstPause      = 100 * time.Millisecond
	lastPause       = 5 * time.Second
)

func newWebhooks(url, secret string, log *slog.Logger) *webhooks {
	ctx, cancel := context.WithCancel(context.Background())
	return &webhooks{
		url: url, secret: secret, log: log, client: &http.Client{Timeout: deliveryTimeout},
		ctx: ctx, cancel: cancel, queue: map[string]event{}, wake: make(chan event, 1<<16),
	}
}

// enqueue adds an event. While the journal is replayed nothing is sent yet.
func (h *webhooks) enqueue(e event) {
	if h.url == "" {
		return
	}
	h.mu.Lock()
	h.queue[e.ID] = e
	h.mu.Unlock()
	if h.delivered != nil {
		h.offer(e)
	}
}

func (h *webhooks) offer(e event) {
	select {
	case h.wake <- e:
	default: // the next start finds it in the journal
		h.log.Warn("too many webhooks wait", "event", e.ID)
	}
}

func (h *webhooks) forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.queue, id)
}

func (h *webhooks) start() {
	h.mu.Lock()
	for _, e := range h.queue {
		h.offer(e)
	}
	h.mu.Unlock()
	for range deliveryWorkers {
		h.wg.Go(func() {
			for {
				select {
				case <-h.ctx.Done():
					return
				case e := <-h.wake:
					h.deliver(e)
				}
			}
		})
	}
}

func (h *webhooks) stop() {
	h.cancel()
	h.wg.Wait()
}

// deliver sends an event until it is taken or the simulator ends.
func (h *webhooks) deliver(e event) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if h.send(e) && (!e.Twice || h.send(e)) {
			h.forget(e.ID)
			h.delivered(e.ID)
			return
		}
		select {
		case <-h.ctx.Done():
			return
		case <-time.After(pause):
		}
	}
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
	return response.StatusCode < http.StatusMultipleChoices
}

// sign gives the Stripe-Signature header: the time, and the HMAC of time and
// payload.
func sign(payload []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), payload)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
