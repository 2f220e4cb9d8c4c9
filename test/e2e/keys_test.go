package e2e_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// TestAPIKeys: a key sees what is its user's, until it is revoked; the databases
// keep none.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	own := b.customer()
	product := b.product(1500, 10)
	others := b.place(b.order(product, 1, visa), http.StatusCreated).OrderID()

	var made struct{ ID, Key string }
	wanted := map[string]any{"name": "phone", "role": "customer", "user_id": own.user}
	for range 2 { // the same request makes the same key
		a := b.do(http.MethodPost, "/v1/api-keys", wanted, http.StatusCreated, "Idempotency-Key", "key-"+own.user)
		before := made
		require.NoError(t, json.Unmarshal(a.Body, &made))
		require.Regexp(t, `^skald_[A-Za-z0-9_-]{43}$`, made.Key)
		require.True(t, before.Key == "" || before == made)
	}
	own.Shop = &stack.Shop{URL: b.URL, Key: made.Key, HTTP: b.HTTP}
	mine := own.place(own.order(product, 1, visa), http.StatusCreated).OrderID()
	require.Equal(t, own.user, own.get(mine).UserID)
	for _, path := range []string{"/v1/orders/" + others, "/v1/users/" + b.user, "/v1/orders/ord_01jzzzzzzzfzz9zzzzzzzzzzzz"} {
		own.do(http.MethodGet, path, nil, http.StatusNotFound)
	}
	require.Equal(t, "user_not_found", own.place(b.order(product, 1, visa), http.StatusUnprocessableEntity).Problem.Code)
	var page struct{ Items []struct{ ID string } }
	require.NoError(t, json.Unmarshal(own.do(http.MethodGet, "/v1/orders", nil, http.StatusOK).Body, &page))
	require.Equal(t, []struct{ ID string }{{mine}}, page.Items)
	require.NoError(t, json.Unmarshal(own.do(http.MethodGet, "/v1/payments", nil, http.StatusOK).Body, &page))
	require.Len(t, page.Items, 1)
	own.do(http.MethodGet, "/v1/sagas", nil, http.StatusForbidden)
	own.do(http.MethodPut, "/v1/stock/"+product, map[string]any{"on_hand": 99}, http.StatusForbidden)

	require.NotZero(t, b.number("user", "SELECT count(*) FROM api_keys WHERE user_id = $1", b.privateID(own.user)))
	require.Zero(t, b.number("user", "SELECT count(*) FROM api_keys k WHERE k::text LIKE '%' || $1 || '%'", made.Key))
	b.do(http.MethodDelete, "/v1/api-keys/"+made.ID, nil, http.StatusOK)
	own.do(http.MethodGet, "/v1/orders/"+mine, nil, http.StatusUnauthorized)
}
