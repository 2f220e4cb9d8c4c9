package stacktest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
)

// Stock is how many of a product there are.
type Stock struct {
	OnHand    int64 `json:"on_hand"`
	Reserved  int64 `json:"reserved"`
	Available int64 `json:"available"`
}

// StockOf reads the stock of a product.
func (b *Bench) StockOf(product string) Stock {
	b.Helper()
	var s Stock
	require.NoError(b, json.Unmarshal(b.Want(http.MethodGet, "/v1/stock/"+product, nil, http.StatusOK).Body, &s))
	return s
}

// RequireStock waits for a stock: a confirmed order's units are sold a moment
// after its client was answered, or where a worker is killed, once its step's time
// is over.
func (b *Bench) RequireStock(want Stock, product string) {
	b.Helper()
	require.Eventually(b, func() bool { return b.StockOf(product) == want }, 30*time.Second, 20*time.Millisecond, "%+v", b.StockOf(product))
}
