package e2e_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

const (
	visa          = stack.Visa
	declined      = stack.Declined
	noFunds       = stack.NoFunds
	authenticated = stack.Authenticated
)

// bench is one test's own corner of the platform.
type bench struct{ *stacktest.Bench }

// setup gives a corner of the platform that most tests share. They leave products of
// others alone, and so can run at the same time.
func setup(t *testing.T) *bench {
	t.Helper()
	return &bench{platform.Shared(t)}
}

// own gives a platform of the test's own.
func own(t *testing.T, args ...string) *bench {
	t.Helper()
	return &bench{platform.Own(t, args...)}
}

// customer is the same corner for a user of its own.
func (b *bench) customer() *bench { return &bench{b.Customer()} }

func (b *bench) setStock(product string, onHand int64) {
	b.Helper()
	require.NoError(b, b.SetStock(context.Background(), product, onHand))
}

type stock struct {
	OnHand    int64 `json:"on_hand"`
	Reserved  int64 `json:"reserved"`
	Available int64 `json:"available"`
}

func (b *bench) stockOf(product string) stock {
	b.Helper()
	var s stock
	require.NoError(b, json.Unmarshal(b.Want(http.MethodGet, "/v1/stock/"+product, nil, http.StatusOK).Body, &s))
	return s
}

// requireStock waits for a stock: a confirmed order's units are sold a moment
// after its client was answered, or where a worker is killed, once its step's time
// is over.
func (b *bench) requireStock(want stock, product string) {
	b.Helper()
	require.Eventually(b, func() bool { return b.stockOf(product) == want }, 30*time.Second, 20*time.Millisecond, "%+v", b.stockOf(product))
}
