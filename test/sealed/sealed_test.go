package sealed_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/test/checker"
	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

const (
	visa          = stack.Visa
	declined      = stack.Declined
	authenticated = stack.Authenticated
)

// sealedArgs run a platform whose payloads are sealed, a process a service, and
// whose customers may take their time.
var sealedArgs = []string{"--encrypt", "--split", "--free-ports", "--action-timeout", "10m", "--reconcile-interval", "2s", "--reconcile-grace", "3s"}

// bench is a corner of a platform whose payloads are sealed.
type bench struct {
	*stacktest.Bench

	temporal client.Client // which opens nothing
	data     string
}

func startSealed(t *testing.T, data string) *bench {
	t.Helper()
	s, err := platform.Start(data, sealedArgs...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop() }) // which may have been
	b := stacktest.On(t, s)
	return &bench{Bench: b, temporal: b.Temporal(), data: data}
}

// TestSealed: nothing that a saga was given or came to can be read at Temporal, but
// by those who may; keys are changed while sagas wait; and what was a deleted
// user's can be read by nobody once their sagas have ended.
func TestSealed(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	b := startSealed(t, data)
	product := b.Product(1999, 100)
	leaving, waiting := b.as(b.Customer()), b.as(b.Customer())
	bought := leaving.trade(product)
	waits := waiting.Buy(waiting.Basket(product, 1, authenticated), http.StatusAccepted).Order
	leaving.requireSealed(product)
	b.requireOpened(bought.ID, visa)
	b.requireForOperators(bought.ID)

	b = b.rotate()
	leaving, waiting = b.as(leaving.Bench), b.as(waiting.Bench)
	b.requireOpened(bought.ID, visa)
	require.Equal(t, "dev-2", b.keyOf(leaving.Buy(leaving.Basket(product, 1, visa), http.StatusCreated).Order.ID, true))
	require.Equal(t, b.keyOf(bought.ID, false), b.keyOf(leaving.Buy(leaving.Basket(product, 1, visa), http.StatusCreated).Order.ID, false), "the user's key is the same")
	require.Eventually(t, func() bool { return b.count("wrapped_by = 'dev-1'") == 0 }, 3*time.Minute, 100*time.Millisecond, "each is wrapped anew")

	for _, gone := range []*bench{waiting, leaving} {
		b.Want(http.MethodDelete, "/v1/users/"+gone.User, nil, http.StatusNoContent)
	}
	b.requireErased(bought.ID)
	require.Equal(t, 1, b.count("erased_at IS NOT NULL"), "a saga of the other user still runs")
	b.requireOpened(waits.ID, authenticated)
	b.Want(http.MethodPut, "/v1/orders/"+waits.ID+"/cancellation", map[string]any{"reason": "too late"}, http.StatusAccepted)
	b.Await(waits.ID, "cancelled")
	b.requireErased(waits.ID)

	b.requireInvariants()
	b.requireResetEnds(bought.ID)
	b.requireInvariants()
	require.NoError(t, b.Stack.Stop())
}

// as is the same platform for a user of another bench.
func (b *bench) as(other *stacktest.Bench) *bench {
	own := *b.Bench
	own.User = other.User
	return &bench{Bench: &own, temporal: b.temporal, data: b.data}
}

// trade has a user's sagas of each kind run, and gives the order that was
// confirmed first.
func (b *bench) trade(product string) stack.Order {
	b.Helper()
	bought := b.Buy(b.Basket(product, 2, visa), http.StatusCreated).Order
	b.Buy(b.Basket(product, 1, declined), http.StatusPaymentRequired)
	returned := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).Order
	b.Want(http.MethodPost, "/v1/orders/"+returned.ID+"/refunds", map[string]any{"reason": "broken"}, http.StatusAccepted)
	b.Await(returned.ID, "refunded")
	b.Want(http.MethodPost, "/v1/payments", map[string]any{
		"user_id": b.User, "method": visa, "amount": stack.Money{Amount: 500, Currency: "EUR"},
	}, http.StatusCreated)
	return bought
}

// requireSealed looks at every payload of every history, and through the files of
// Temporal's database, in which search attributes are all that is readable: the
// user's id, the states of saga and order, and the step.
func (b *bench) requireSealed(product string) {
	b.Helper()
	found, err := b.temporal.ListWorkflow(b.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default"})
	require.NoError(b, err)
	require.Greater(b, len(found.Executions), 5)
	payloads := 0
	for _, run := range found.Executions {
		err := proxy.VisitPayloads(b.Context(), stacktest.History(b.T, b.temporal, run.Execution.WorkflowId), proxy.VisitPayloadsOptions{
			SkipSearchAttributes: true, Visitor: func(_ *proxy.VisitPayloadsContext, all []*commonpb.Payload) ([]*commonpb.Payload, error) {
				for _, p := range all {
					require.Equal(b, "binary/encrypted", string(p.Metadata["encoding"]), "%s: %s", run.Execution.WorkflowId, p)
					payloads++
				}
				return all, nil
			},
		})
		require.NoError(b, err)
	}
	require.Greater(b, payloads, 100)
	files, err := filepath.Glob(filepath.Join(b.data, "temporal", "temporal.db*"))
	require.NoError(b, err)
	seen := false
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(b, err)
		seen = seen || bytes.Contains(raw, []byte(b.User))
		for _, text := range []string{
			product, visa, declined, `"user_id"`, `"order_id"`, "payment_method", "unit_price", `"amount"`, "Place order", "was declined", "hold the units",
		} {
			require.False(b, bytes.Contains(raw, []byte(text)), "%s is in %s", text, file)
		}
	}
	require.True(b, seen, "search attributes are readable, and looking works")
}

// input is the input of an order's saga as Temporal keeps it.
func (b *bench) input(orderID string) *commonpb.Payload {
	b.Helper()
	first := stacktest.History(b.T, b.temporal, "order/"+orderID).Events[0]
	return first.GetWorkflowExecutionStartedEventAttributes().Input.Payloads[0]
}

// keyOf names the key that seals the summary of an order's saga, or its input.
func (b *bench) keyOf(orderID string, summary bool) string {
	b.Helper()
	p := b.input(orderID)
	if summary {
		p = stacktest.History(b.T, b.temporal, "order/"+orderID).Events[0].GetUserMetadata().GetSummary()
	}
	return string(p.Metadata["encryption-key-id"])
}

// decode asks the codec to open the input of an order's saga.
func (b *bench) decode(orderID, key string) stack.Answer {
	b.Helper()
	shop := *b.Shop
	shop.Key = key
	p := b.input(orderID)
	a, err := shop.Do(b.Context(), http.MethodPost, "/v1/codec/decode", map[string]any{
		"payloads": []any{map[string]any{"metadata": p.Metadata, "data": p.Data}},
	}, "X-Namespace", "default")
	require.NoError(b, err)
	return a
}

// opened is what the codec makes of the input of an order's saga.
func (b *bench) opened(orderID string) string {
	b.Helper()
	a := b.decode(orderID, b.Key)
	require.Equal(b, http.StatusOK, a.Status, "%s", a.Body)
	var body struct{ Payloads []struct{ Data []byte } }
	require.NoError(b, json.Unmarshal(a.Body, &body))
	require.Len(b, body.Payloads, 1)
	return string(body.Payloads[0].Data)
}

func (b *bench) requireOpened(orderID, text string) {
	b.Helper()
	require.Contains(b, b.opened(orderID), text)
}

// requireForOperators: nobody else has payloads opened, and on this machine only
// the Web UI's pages.
func (b *bench) requireForOperators(orderID string) {
	b.Helper()
	require.Equal(b, http.StatusUnauthorized, b.decode(orderID, "").Status)
	require.Equal(b, http.StatusForbidden, b.decode(orderID, b.Stack.APIKeys["alice"]).Status)
	for origin, want := range map[string]int{b.Stack.TemporalUI: http.StatusOK, "https://elsewhere.example": http.StatusForbidden, "": http.StatusForbidden} {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.Stack.Codec+"/decode", bytes.NewReader([]byte(`{"payloads":[]}`)))
		require.NoError(b, err)
		r.Header.Set("Origin", origin)
		response, err := http.DefaultClient.Do(r)
		require.NoError(b, err)
		require.NoError(b, response.Body.Close())
		require.Equal(b, want, response.StatusCode, origin)
	}
}

// rotate stops the platform, puts another key before the one that it has, and
// starts it again.
func (b *bench) rotate() *bench {
	b.Helper()
	require.NoError(b, b.Stack.Stop())
	file := filepath.Join(b.data, "demo.json")
	raw, err := os.ReadFile(file)
	require.NoError(b, err)
	var demo map[string]any
	require.NoError(b, json.Unmarshal(raw, &demo))
	demo["payload_keys"] = append([]any{sealKey("dev-2", seal.Random())}, demo["payload_keys"].([]any)...)
	raw, err = json.Marshal(demo)
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(file, raw, 0o600))
	return startSealed(b.T, b.data)
}

// count counts users' keys.
func (b *bench) count(where string) (n int) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), b.Stack.Databases["user"])
	require.NoError(b, err)
	defer func() { _ = conn.Close(b.Context()) }()
	require.NoError(b, conn.QueryRow(b.Context(), "SELECT count(*) FROM payload_keys WHERE "+where).Scan(&n))
	return n
}

// requireInvariants has the checker read histories through the codec.
func (b *bench) requireInvariants() {
	b.Helper()
	p := stacktest.Inspected(b.Stack)
	p.Cut, p.Codec = true, &checker.Codec{URL: b.URL + "/v1/codec", Key: b.Key}
	require.NoError(b, stacktest.Check(b.Context(), p))
}
