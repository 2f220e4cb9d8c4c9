package stacktest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// Effect is a line of the provider's log.
type Effect struct {
	Operation string            `json:"operation"`
	Intent    string            `json:"intent"`
	Amount    int64             `json:"amount"`
	Currency  string            `json:"currency"`
	Metadata  map[string]string `json:"metadata"`
	Outcome   string            `json:"outcome"`
}

// Happened reports whether the money moved, or was held.
func (e Effect) Happened() bool { return e.Outcome == "succeeded" && e.Operation != "create" }

// Subject is whose money it is: an order's, or a payment's own.
func (e Effect) Subject() string { return cmp.Or(e.Metadata["order_id"], e.Metadata["payment_id"]) }

// ProviderLog reads all that happened at the provider.
func ProviderLog(ctx context.Context, s *stack.Stack) (log []Effect, err error) {
	return log, FromProvider(ctx, s, "/_log", &log)
}

// FromProvider asks the provider's simulator.
func FromProvider(ctx context.Context, s *stack.Stack, path string, into any) error {
	provider := stack.Shop{URL: s.PSP, HTTP: http.DefaultClient}
	a, err := provider.Do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return fmt.Errorf("ask provider for %s: %w", path, err)
	}
	return json.Unmarshal(a.Body, into)
}

// Effects gives what happened to the money of an order, or of a payment of its own,
// at the provider, in order.
func (b *Bench) Effects(orderID string) []string {
	b.Helper()
	log, err := ProviderLog(context.Background(), b.Stack)
	require.NoError(b, err)
	var done []string
	for _, e := range log {
		if e.Subject() == orderID && e.Happened() {
			done = append(done, e.Operation)
		}
	}
	return done
}

// Fault tells the provider's simulator to fail.
func (b *Bench) Fault(f map[string]any) {
	b.Helper()
	provider := stack.Shop{URL: b.Stack.PSP, HTTP: http.DefaultClient}
	a, err := provider.Do(context.Background(), http.MethodPost, "/_faults", f)
	require.NoError(b, err)
	require.Less(b, a.Status, 300, "%s", a.Body)
}

// FaultsLeft gives the faults that no call has met yet.
func (b *Bench) FaultsLeft() (left []map[string]any) {
	b.Helper()
	require.NoError(b, FromProvider(context.Background(), b.Stack, "/_faults", &left))
	return left
}

// Intent is the provider's id of the payment of an order, or of one of its own.
func (b *Bench) Intent(orderID string) string {
	b.Helper()
	log, err := ProviderLog(context.Background(), b.Stack)
	require.NoError(b, err)
	i := slices.IndexFunc(log, func(e Effect) bool { return e.Subject() == orderID && e.Intent != "" })
	require.GreaterOrEqual(b, i, 0, "the provider knows no %s", orderID)
	return log[i].Intent
}

// AwaitEffect waits until something happened to an order's money.
func (b *Bench) AwaitEffect(orderID, operation string) {
	b.Helper()
	require.Eventually(b, func() bool { return slices.Contains(b.Effects(orderID), operation) }, 10*time.Second, 10*time.Millisecond)
}
