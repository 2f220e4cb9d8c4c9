package e2e_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.jetify.com/typeid"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// number reads one number of a service's own database.
func (b *bench) number(service, sql string, args ...any) int64 {
	b.Helper()
	found, err := stacktest.Query(context.Background(), b.Stack, service, sql, pgx.RowTo[int64], args...)
	require.NoError(b, err)
	require.Len(b, found, 1)
	return found[0]
}

// publicID is the id that clients see of one in a database.
func publicID(prefix, id string) (string, error) {
	public, err := typeid.FromUUIDWithPrefix(prefix, id)
	return public.String(), err
}

// privateID is the id in the databases of one that clients see.
func (b *bench) privateID(id string) string {
	b.Helper()
	private, err := typeid.FromString(id)
	require.NoError(b, err)
	return private.UUID()
}

// effect is a line of the provider's log.
type effect struct {
	Operation string            `json:"operation"`
	Intent    string            `json:"intent"`
	Amount    int64             `json:"amount"`
	Currency  string            `json:"currency"`
	Metadata  map[string]string `json:"metadata"`
	Outcome   string            `json:"outcome"`
}

// happened: the money moved, or was held.
func (e effect) happened() bool { return e.Outcome == "succeeded" && e.Operation != "create" }

// subject is whose money it is: an order's, or a payment's own.
func (e effect) subject() string { return cmp.Or(e.Metadata["order_id"], e.Metadata["payment_id"]) }

func providerLog(ctx context.Context, s *stack.Stack) (log []effect, err error) {
	return log, fromProvider(ctx, s, "/_log", &log)
}

func fromProvider(ctx context.Context, s *stack.Stack, path string, into any) error {
	provider := stack.Shop{URL: s.PSP, HTTP: http.DefaultClient}
	a, err := provider.Do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return fmt.Errorf("ask provider for %s: %w", path, err)
	}
	return json.Unmarshal(a.Body, into)
}

// effects gives what happened to the money of an order, or of a payment of its own,
// at the provider, in order.
func (b *bench) effects(orderID string) []string {
	b.Helper()
	log, err := providerLog(context.Background(), b.Stack)
	require.NoError(b, err)
	var done []string
	for _, e := range log {
		if e.subject() == orderID && e.happened() {
			done = append(done, e.Operation)
		}
	}
	return done
}

// fault tells the provider's simulator to fail.
func (b *bench) fault(f map[string]any) {
	b.Helper()
	provider := stack.Shop{URL: b.Stack.PSP, HTTP: http.DefaultClient}
	a, err := provider.Do(context.Background(), http.MethodPost, "/_faults", f)
	require.NoError(b, err)
	require.Less(b, a.Status, 300, "%s", a.Body)
}

// faultsLeft gives the faults that no call has met yet.
func (b *bench) faultsLeft() (left []map[string]any) {
	b.Helper()
	require.NoError(b, fromProvider(context.Background(), b.Stack, "/_faults", &left))
	return left
}

// intent is the provider's id of the payment of an order, or of one of its own.
func (b *bench) intent(orderID string) string {
	b.Helper()
	log, err := providerLog(context.Background(), b.Stack)
	require.NoError(b, err)
	i := slices.IndexFunc(log, func(e effect) bool { return e.subject() == orderID && e.Intent != "" })
	require.GreaterOrEqual(b, i, 0, "the provider knows no %s", orderID)
	return log[i].Intent
}
