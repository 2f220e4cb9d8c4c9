package e2e_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/client"
	"github.com/skaldhq/skald/test/stack"
)

// as is a client that shows a key.
func (b *bench) as(key string) *client.Client {
	b.Helper()
	c, err := (&stack.Shop{URL: b.URL, Key: key, HTTP: b.HTTP}).Client()
	require.NoError(b, err)
	return c
}

// refusedWith asserts what the front door refused with.
func refusedWith(t *testing.T, status int, code string, err error) {
	t.Helper()
	refused, ok := errors.AsType[*client.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, status, refused.Status, "%v", err)
	require.Equal(t, code, refused.Code)
	require.Regexp(t, "^[0-9a-f]{32}$", refused.TraceID)
}

// TestAPIKeys: a key sees what is its user's, until it is revoked; the databases
// keep none.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, operator, userID := t.Context(), b.as(b.Key), b.Customer().User
	product := b.Product(1500, 10)
	others := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).OrderID()

	var made client.CreatedKey
	for range 2 { // the same request makes the same key
		a, err := operator.CreateAPIKey(ctx, &client.CreateAPIKeyParams{IdempotencyKey: new("key-" + userID)},
			client.NewKey{Name: "phone", Role: client.NewKeyRoleCustomer, UserID: &userID})
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, a.Status)
		require.Regexp(t, `^skald_[A-Za-z0-9_-]{43}$`, a.Value.Key)
		require.True(t, made.Key == "" || made.Key == a.Value.Key)
		made = a.Value
	}
	own := b.as(made.Key)
	mine := client.NewOrder{UserID: userID, PaymentMethod: visa, Items: []client.NewOrderItem{{ProductID: product, Quantity: 1}}}
	placed, err := own.PlaceOrder(ctx, nil, mine)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, placed.Status)
	require.Equal(t, "/v1/orders/"+placed.Value.ID, placed.Header.Get("Location"))
	got, err := own.GetOrder(ctx, placed.Value.ID, nil)
	require.NoError(t, err)
	require.Equal(t, userID, got.Value.UserID)
	same, err := own.GetOrder(ctx, placed.Value.ID, &client.GetOrderParams{IfNoneMatch: new(got.Header.Get("ETag"))})
	require.NoError(t, err)
	require.Equal(t, http.StatusNotModified, same.Status)

	for _, missing := range []string{others, "ord_01jzzzzzzzfzz9zzzzzzzzzzzz"} {
		_, err = own.GetOrder(ctx, missing, nil)
		refusedWith(t, http.StatusNotFound, "order_not_found", err)
	}
	_, err = own.GetUser(ctx, b.User, nil)
	refusedWith(t, http.StatusNotFound, "user_not_found", err)
	_, err = own.PlaceOrder(ctx, nil, b.Basket(product, 1, visa))
	refusedWith(t, http.StatusUnprocessableEntity, "user_not_found", err)
	orders, err := own.ListOrders(ctx, nil)
	require.NoError(t, err)
	require.Len(t, orders.Value.Items, 1)
	require.Equal(t, placed.Value.ID, orders.Value.Items[0].ID)
	payments, err := own.ListPayments(ctx, nil)
	require.NoError(t, err)
	require.Len(t, payments.Value.Items, 1)
	_, err = own.ListSagas(ctx, nil)
	refusedWith(t, http.StatusForbidden, "forbidden", err)
	_, err = own.PutStock(ctx, product, client.NewStock{OnHand: 99})
	refusedWith(t, http.StatusForbidden, "forbidden", err)

	require.NotZero(t, b.Number("user", "SELECT count(*) FROM api_keys WHERE user_id = $1", b.PrivateID(userID)))
	require.Zero(t, b.Number("user", "SELECT count(*) FROM api_keys k WHERE k::text LIKE '%' || $1 || '%'", made.Key))
	_, err = operator.RevokeAPIKey(ctx, made.ID)
	require.NoError(t, err)
	_, err = own.GetOrder(ctx, placed.Value.ID, nil)
	refusedWith(t, http.StatusUnauthorized, "unauthenticated", err)
}
