package chaos_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// providerFails has the payment simulator fail one of its operations, or any, in
// one of some ways.
func providerFails(ways ...string) strike {
	return func(ctx context.Context, w *world, r *rand.Rand, began func()) (hit, error) {
		fault := providerFault{
			Operation: []string{"", "create", "authorize", "authorize", "capture", "capture", "void", "refund"}[r.IntN(8)],
			Kind:      ways[r.IntN(len(ways))],
		}
		if fault.Kind == "delay" || fault.Kind == "late_effect" {
			fault.DelayMS = 1000 + r.IntN(7000)
		}
		return w.failProvider(ctx, r, fault, began)
	}
}

// providerWebhooks has the webhook come twice or never that a saga waits for
// once its customer acted.
func providerWebhooks(ctx context.Context, w *world, r *rand.Rand, began func()) (hit, error) {
	kind := []string{"duplicate_webhook", "drop_webhook"}[r.IntN(2)]
	return w.failProvider(ctx, r, providerFault{Operation: "action", Kind: kind}, began)
}

// failProvider misses where no call met the fault, or the simulator did not live
// to tell.
func (w *world) failProvider(ctx context.Context, r *rand.Rand, fault providerFault, began func()) (hit, error) {
	failing := hit{fault.Kind + " " + cmp.Or(fault.Operation, "any"), []string{"payment"}}
	fault.Share = 0.3 + 0.5*r.Float64()
	set, err := w.provider(ctx, http.MethodPost, "/_faults", fault)
	began()
	if err != nil {
		return failing, err
	}
	last(ctx, between(r, 4*time.Second, 8*time.Second))
	removed, err := w.provider(context.WithoutCancel(ctx), http.MethodDelete, "/_faults/"+set.ID, nil)
	if err == nil && removed.Met == 0 {
		err = errMissed
	}
	return failing, err
}

// providerFault is a fault of the payment simulator. It has an id once it is
// set, and then counts the calls that met it.
type providerFault struct {
	ID        string  `json:"id,omitempty"`
	Operation string  `json:"operation,omitempty"`
	Kind      string  `json:"kind,omitempty"`
	Share     float64 `json:"share,omitempty"`
	DelayMS   int     `json:"delay_ms,omitempty"`
	Met       int     `json:"met,omitempty"`
}

// provider asks the payment simulator's fault page; errMissed: it does not know
// the fault. While the infrastructure is away it waits; a simulator that was
// started anew has no faults.
func (w *world) provider(ctx context.Context, method, path string, body any) (answer providerFault, err error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	raw, err := json.Marshal(body)
	if err != nil {
		return answer, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+w.psp+path, bytes.NewReader(raw))
	if err != nil {
		return answer, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer, err
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusNotFound:
		return answer, errMissed
	case response.StatusCode >= 300:
		return answer, fmt.Errorf("the simulator answered %d", response.StatusCode)
	}
	err = json.NewDecoder(response.Body).Decode(&answer)
	return answer, err
}
