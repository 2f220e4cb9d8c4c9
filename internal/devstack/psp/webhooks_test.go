package psp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/skaldhq/skald/internal/devstack/psp"
)

// receiver takes webhooks whose signature verifies, once it is open.
type receiver struct {
	*httptest.Server
	open   atomic.Bool
	poison string // a type that is never taken

	mu      sync.Mutex
	types   []string
	ids     map[string]int
	orders  map[string]bool
	refused int
}

func receive(t *testing.T, open bool) *receiver {
	t.Helper()
	r := &receiver{ids: map[string]int{}, orders: map[string]bool{}}
	r.open.Store(open)
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	event, invalid := webhook.ConstructEventWithOptions(body, request.Header.Get("Stripe-Signature"), "whsec_test",
		webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
	var intent struct {
		Metadata map[string]string `json:"metadata"`
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || invalid != nil || !r.open.Load() || string(event.Type) == r.poison ||
		json.Unmarshal(event.Data.Raw, &intent) != nil {
		r.refused++
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.types = append(r.types, strings.TrimPrefix(string(event.Type), "payment_intent."))
	r.ids[event.ID]++
	r.orders[intent.Metadata["order_id"]] = true
}

func (r *receiver) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.types...)
}

func (r *receiver) timesRefused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused
}

func to(r *receiver) func(*psp.Options) { return func(o *psp.Options) { o.WebhookURL = r.URL } }

func (r *receiver) await(t *testing.T, types ...string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(r.taken()) >= len(types) }, soon, often)
	require.ElementsMatch(t, types, r.taken())
}

func TestWebhooksTellOfEveryChange(t *testing.T) {
	t.Parallel()
	r := receive(t, true)
	b := setup(t, to(r))
	intent := b.create(authenticated)
	id := intent[strings.LastIndex(intent, "/")+1:]
	b.post(intent+"/confirm", "")
	b.plain(http.MethodPost, "/3ds/"+id+"/complete", "", "")
	b.post(intent+"/capture", "")
	b.post("/v1/refunds", "", "payment_intent", id)
	b.post(b.create("pm_card_chargeDeclined")+"/confirm", "")
	b.post(b.create(visa)+"/cancel", "")
	r.await(t, "requires_action", "amount_capturable_updated", "succeeded", "charge.refunded", "payment_failed", "canceled")
	require.Equal(t, map[string]bool{"ord_1": true}, r.orders)
}

// TestWebhooksAreTriedAgain, beside others that are never taken.
func TestWebhooksAreTriedAgain(t *testing.T) {
	t.Parallel()
	r := receive(t, true)
	r.poison = "payment_intent.canceled"
	b := setup(t, to(r))
	const more = 20 // than there are workers
	for range more {
		b.post(b.create(visa)+"/cancel", "")
	}
	require.Eventually(t, func() bool { return r.timesRefused() > more }, soon, often, "a second try")
	b.post(b.create(visa)+"/confirm", "")
	r.await(t, "amount_capturable_updated")
}

// TestWebhooksResume after a restart, and only those that were not taken.
func TestWebhooksResume(t *testing.T) {
	t.Parallel()
	r := receive(t, true)
	dir := t.TempDir()
	in := func(o *psp.Options) { o.Dir = dir }
	b := setup(t, in, to(r))
	intent := b.create(visa)
	b.post(intent+"/confirm", "")
	r.await(t, "amount_capturable_updated")
	r.open.Store(false)
	b.post(intent+"/capture", "")
	require.Eventually(t, func() bool { return r.timesRefused() > 0 }, soon, often)
	require.NoError(t, b.simulator.Close())
	r.open.Store(true)
	setup(t, in, to(r))
	r.await(t, "amount_capturable_updated", "succeeded")
	for id, times := range r.ids {
		require.Equal(t, 1, times, id)
	}
}

func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	r := receive(t, true)
	b := setup(t, to(r))
	b.fault(`{"operation":"authorize","kind":"drop_webhook","calls":1}`)
	b.fault(`{"operation":"capture","kind":"duplicate_webhook","calls":1}`)
	intent := b.create(visa)
	b.post(intent+"/confirm", "")
	b.post(intent+"/capture", "")
	r.await(t, "succeeded", "succeeded")
	require.Len(t, r.ids, 1, "the same event")
}
