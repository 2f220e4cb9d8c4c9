package stacktest

import (
	"encoding/json"
	"net/http"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// Discrepancy is one as the front door shows it, as far as tests look.
type Discrepancy struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	OrderID    string `json:"order_id"`
	Resolution string `json:"resolution"`
	Repairs    []struct{ Outcome, Code string }
}

// Decode reads the body of an answer.
func (b *Bench) Decode(a stack.Answer, into any) {
	b.Helper()
	require.NoError(b, json.Unmarshal(a.Body, into), "%s", a.Body)
}

// Discrepancies lists those of a state.
func (b *Bench) Discrepancies(state string) []Discrepancy {
	b.Helper()
	var page struct {
		Items []Discrepancy `json:"items"`
	}
	b.Decode(b.Want(http.MethodGet, "/v1/discrepancies?limit=100&state="+state, nil, http.StatusOK), &page)
	return page.Items
}
