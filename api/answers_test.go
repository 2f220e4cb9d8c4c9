package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
)

func TestETag(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.users["usr_1"] = user.User{ID: "usr_1", Version: 3, UpdatedAt: time.Unix(1, 0)}
	for _, path := range []string{"/v1/orders/ord_1", "/v1/users/usr_1"} {
		res, _ := call(h, http.MethodGet, path, "")
		tag := res.Header().Get("ETag")
		require.NotEmpty(t, tag)
		for candidate, status := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200} {
			res, _ := call(h, http.MethodGet, path, "", "If-None-Match", candidate)
			require.Equal(t, status, res.Code, candidate)
			require.Equal(t, tag, res.Header().Get("ETag"))
		}
	}
}

// TestETagOfPlacedOrder: the answer to the POST has the ETag of the GET.
func TestETagOfPlacedOrder(t *testing.T) {
	t.Parallel()
	for _, status := range []order.Status{order.Pending, order.Confirmed} {
		w, h := setup(t)
		w.order.Status = status
		placed, _ := call(h, http.MethodPost, "/v1/orders", body)
		require.Less(t, placed.Code, 300)
		got, _ := call(h, http.MethodGet, "/v1/orders/ord_1", "")
		require.NotEmpty(t, got.Header().Get("ETag"))
		require.Equal(t, got.Header().Get("ETag"), placed.Header().Get("ETag"))
	}
}

// TestNextAction: where the customer confirms is the payment service's to tell.
func TestNextAction(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	expires := time.Unix(1000, 0).UTC()
	w.order.Status = order.AwaitingPayment
	w.order.NextAction = &order.Action{Type: "redirect", ExpiresAt: expires}
	w.payment = payment.Payment{OrderID: "ord_1", Status: payment.RequiresAction, ActionURL: "https://psp.test/confirm?secret=1"}
	want := map[string]any{"type": "redirect", "url": w.payment.ActionURL, "expires_at": expires.Format(time.RFC3339)}
	tags := map[string]bool{}
	get := func() any {
		res, out := call(h, http.MethodGet, "/v1/orders/ord_1", "")
		require.Equal(t, http.StatusOK, res.Code)
		tags[res.Header().Get("ETag")] = true
		return out["next_action"]
	}
	require.Equal(t, want, get())
	res, out := call(h, http.MethodPost, "/v1/orders", body)
	require.Equal(t, http.StatusAccepted, res.Code)
	require.Equal(t, want, out["next_action"])
	require.True(t, tags[res.Header().Get("ETag")])

	_, out = call(h, http.MethodGet, "/v1/orders", "")
	require.Nil(t, out["items"].([]any)[0].(map[string]any)["next_action"], "a list asks nobody")

	// Without an answer there is no action, and another ETag: the client that
	// asks again with it gets the action when it can be had.
	w.payErr = fault.New(fault.Unavailable, "down", "Down.")
	require.Nil(t, get())
	require.Len(t, tags, 2)
	w.payErr, w.payment.Status = nil, payment.Authorized
	require.Nil(t, get(), "the customer has confirmed")
	w.payment.OrderID = "ord_2"
	require.Nil(t, get())
	w.payment.OrderID, w.payment.Status, w.order.Status = "ord_1", payment.RequiresAction, order.Confirmed
	require.Nil(t, get())
	w.order.Status, w.order.NextAction = order.AwaitingPayment, nil
	require.Nil(t, get())
}
