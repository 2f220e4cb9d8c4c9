package told_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/client"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

const (
	// webhookRetries are the pauses of deliveries in these tests: the second is long enough
	// to do something in it.
	webhookRetries = "1s,20s"
	// hang is the answer of an endpoint that gives none in time.
	hang = -1
	// webhookPatience is for what takes all attempts.
	webhookPatience = 2 * time.Minute
)

// hook is an integrator: an endpoint, a receiver behind it, and one event for it.
type hook struct {
	*stacktest.Bench
	endpoint   client.WebhookEndpoint
	secret     string
	subject    string // what the event is about
	workflowID string // of its delivery

	mu     sync.Mutex
	script []int
	got    []message
}

// message is what the receiver got.
type message struct {
	header http.Header
	body   []byte
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{Bench: platform.Shared(t)}
	receiver := httptest.NewServer(http.HandlerFunc(h.receive))
	t.Cleanup(receiver.Close)
	h.subject = h.Product(100, 1)
	a := h.Want(http.MethodPost, "/v1/webhook-endpoints", map[string]any{"url": receiver.URL + "/hooks", "event_types": []string{"product.deleted"}}, http.StatusCreated)
	h.read(a.Body, &h.endpoint)
	var issued struct{ Secret string }
	h.read(a.Body, &issued)
	h.secret = issued.Secret
	return h
}

func (h *hook) read(raw []byte, into any) {
	h.Helper()
	require.NoError(h, json.Unmarshal(raw, into))
}

func (h *hook) path(more string) string { return "/v1/webhook-endpoints/" + h.endpoint.ID + more }

// receive answers for its own event as it is told, then takes it; those of other tests
// it takes.
func (h *hook) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	status := http.StatusOK
	if strings.HasPrefix(r.Header.Get("webhook-id"), "product/"+h.subject+"/") {
		h.got = append(h.got, message{header: r.Header.Clone(), body: body})
		if len(h.script) > 0 {
			status, h.script = h.script[0], h.script[1:]
		}
	}
	h.mu.Unlock()
	if status == hang {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Location", h.Stack.FrontDoor+"/v1/orders") // should somebody follow it
	w.WriteHeader(status)
}

func (h *hook) answers(statuses ...int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.script = append(h.script, statuses...)
}

func (h *hook) messages() []message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.got
}

// happens is the event.
func (h *hook) happens() {
	h.Helper()
	h.Want(http.MethodDelete, "/v1/products/"+h.subject, nil, http.StatusNoContent)
}

// waiting makes the event, and waits until two attempts came to nothing.
func (h *hook) waiting() client.WebhookDelivery {
	h.Helper()
	h.answers(http.StatusBadGateway, http.StatusBadGateway)
	h.happens()
	require.Eventually(h, func() bool { return h.delivery().Attempts == 2 }, webhookPatience, 50*time.Millisecond)
	return h.delivery()
}

// delivery is the event's; empty: there is none yet.
func (h *hook) delivery() (found client.WebhookDelivery) {
	h.Helper()
	var all struct{ Items []client.WebhookDelivery }
	h.read(h.Want(http.MethodGet, h.path("/deliveries?limit=100"), nil, http.StatusOK).Body, &all)
	for _, d := range all.Items {
		if strings.HasPrefix(d.EventID, "product/"+h.subject+"/") {
			h.workflowID = d.WorkflowID
			return d
		}
	}
	return found
}

// await waits until the delivery stands so.
func (h *hook) await(status string) (d client.WebhookDelivery) {
	h.Helper()
	require.Eventually(h, func() bool { d = h.delivery(); return string(d.Status) == status }, webhookPatience, 50*time.Millisecond)
	return d
}

func (h *hook) awaitReason(reason string) {
	h.Helper()
	require.Eventually(h, func() bool { d := h.delivery(); return d.LastReason != nil && *d.LastReason == reason }, webhookPatience, 50*time.Millisecond)
}

func (h *hook) awaitMessages(n int) {
	h.Helper()
	require.Eventually(h, func() bool { return len(h.messages()) >= n }, webhookPatience, 50*time.Millisecond)
}

func (h *hook) redeliver(d client.WebhookDelivery) {
	h.Helper()
	for range 2 { // once
		h.Want(http.MethodPost, h.path("/deliveries/"+d.ID+"/redeliveries"), nil, http.StatusAccepted, "Idempotency-Key", "again "+d.ID)
	}
}

func (h *hook) rotate() {
	h.Helper()
	var issued struct{ Secret string }
	h.read(h.Want(http.MethodPost, h.path("/secrets"), nil, http.StatusCreated).Body, &issued)
	h.secret = issued.Secret
}

// disable replaces the state that it has just seen.
func (h *hook) disable() {
	h.Helper()
	a := h.Want(http.MethodGet, h.path(""), nil, http.StatusOK)
	h.Want(http.MethodPut, h.path(""), map[string]any{"url": h.endpoint.URL, "event_types": h.endpoint.EventTypes, "status": "disabled"}, http.StatusOK,
		"If-Match", a.Header.Get("ETag"))
}

// status is that of the endpoint, and why.
func (h *hook) status() []string {
	h.Helper()
	var e struct {
		Status string
		Reason string `json:"disabled_reason"`
	}
	h.read(h.Want(http.MethodGet, h.path(""), nil, http.StatusOK).Body, &e)
	return []string{e.Status, e.Reason}
}

// verified checks the last message as a receiver does that knows the secret.
func (h *hook) verified(secret string) error {
	h.Helper()
	by, err := standard.NewWebhook(secret)
	require.NoError(h, err)
	all := h.messages()
	require.NotEmpty(h, all)
	last := all[len(all)-1]
	return by.Verify(last.body, last.header)
}
