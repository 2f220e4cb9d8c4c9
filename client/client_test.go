package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/client"
)

// at is a client of a front door that gives one answer, and asked the last request
// that it got.
func at(t *testing.T, answer http.HandlerFunc) (c *client.Client, asked *http.Request) {
	t.Helper()
	asked = &http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = *r
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL+"/", client.WithKey("skald_key"))
	require.NoError(t, err)
	return c, asked
}

// TestRefusals: what a front door refuses, and what something before it does, is an
// error with all that is known.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		status     int
		want       client.Error
		says       string
	}{
		{
			"a problem", `{"status":422,"code":"invalid","detail":"The request is not valid.","trace_id":"4b","errors":[{"field":"limit","message":"expected number <= 100"}]}`, 422,
			client.Error{Code: "invalid", Detail: "The request is not valid.", TraceID: "4b", Fields: []client.ProblemField{{Field: "limit", Message: "expected number <= 100"}}},
			"The request is not valid. limit: expected number <= 100",
		},
		{
			"of an order", `{"status":402,"code":"payment_declined","detail":"No.","order_id":"ord_1"}`, 402,
			client.Error{Code: "payment_declined", Detail: "No.", OrderID: "ord_1"}, "No.",
		},
		{"of a proxy", "<html>", 502, client.Error{}, "the front door answered 502 Bad Gateway"},
		{"without a body", "", 401, client.Error{}, "the front door answered 401 Unauthorized"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, _ := at(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = fmt.Fprint(w, tc.body)
			})
			_, err := c.ListOrders(t.Context(), nil)
			refused, ok := errors.AsType[*client.Error](err)
			require.True(t, ok)
			require.EqualError(t, err, tc.says)
			require.Equal(t, tc.want.Code, client.Code(fmt.Errorf("place order: %w", err)))
			require.Equal(t, tc.body, string(refused.Body))
			tc.want.Status, tc.want.Header, tc.want.Body = tc.status, refused.Header, refused.Body
			require.Equal(t, tc.want, *refused)
		})
	}
	require.Empty(t, client.Code(errors.New("of another kind")))
}

// TestRequests: what is left out is not sent, a credential is, and ids stay one
// part of the path.
func TestRequests(t *testing.T) {
	t.Parallel()
	c, asked := at(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{"items":[],"next_cursor":null}`) })
	page, err := c.ListOrders(t.Context(), &client.ListOrdersParams{Limit: new(int64(5)), Status: new(client.ListOrdersParamsStatusConfirmed)})
	require.NoError(t, err)
	require.Nil(t, page.Value.NextCursor)
	require.Equal(t, "limit=5&status=confirmed", asked.URL.Query().Encode())
	require.Equal(t, "Bearer skald_key", asked.Header.Get("Authorization"))
	_, err = c.GetSaga(t.Context(), "order/ord_1")
	require.NoError(t, err)
	require.Equal(t, "/v1/sagas/order%2Ford_1", asked.URL.EscapedPath())
	require.Empty(t, asked.URL.RawQuery)
}

// TestNothingToRead: an answer without a body is one.
func TestNothingToRead(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNoContent, http.StatusNotModified} {
		c, _ := at(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1-a"`)
			w.WriteHeader(status)
		})
		got, err := c.GetOrder(t.Context(), "ord_1", &client.GetOrderParams{IfNoneMatch: new(`"1-a"`)})
		require.NoError(t, err)
		require.Equal(t, status, got.Status)
		require.Equal(t, `"1-a"`, got.Header.Get("ETag"))
		require.Zero(t, got.Value)
	}
	c, _ := at(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "{") })
	_, err := c.GetOrder(t.Context(), "ord_1", nil)
	require.ErrorContains(t, err, "read answer of status 200")
}
