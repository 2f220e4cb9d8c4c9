package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/order"
)

// TestPrefer: what a client may ask for, and what it is told of it.
func TestPrefer(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		prefer, applied string
		wait            time.Duration // that Await is given; zero: it is not asked
	}{
		{"", "", 50 * time.Millisecond},
		{"wait=bogus, foo", "", 50 * time.Millisecond},
		{"wait=-1", "", 50 * time.Millisecond},
		{"wait=0", "wait=0", 0},
		{"wait=5", "wait=5", 5 * time.Second},
		{`foo, Wait = "12" ; x=1, wait=3`, "wait=12", 12 * time.Second},
		{"wait=30", "wait=30", 30 * time.Second},
		{"wait=3600", "wait=30", 30 * time.Second},
		{"wait=10000000000", "wait=30", 30 * time.Second},
		{"respond-async", "respond-async", 0},
		{"foo, Respond-Async;x=1, wait=5", "respond-async", 0},
	} {
		t.Run(tc.prefer, func(t *testing.T) {
			t.Parallel()
			w, h := setup(t)
			var wait time.Duration
			w.await = func(ctx context.Context, _ *world) error {
				deadline, _ := ctx.Deadline()
				wait = time.Until(deadline)
				return context.DeadlineExceeded
			}
			started := false
			w.start = func(context.Context) error { started = true; return nil }
			res, out := call(h, http.MethodPost, "/v1/orders", body, "Prefer", tc.prefer)
			require.Equal(t, http.StatusAccepted, res.Code)
			require.Equal(t, "pending", out["status"])
			require.Equal(t, "1", res.Header().Get("Retry-After"))
			require.Equal(t, tc.applied, res.Header().Get("Preference-Applied"))
			require.InDelta(t, tc.wait.Seconds(), wait.Seconds(), 0.5)
			require.Equal(t, tc.wait == 0, started)
			if tc.wait == 0 {
				require.Zero(t, w.looked, "an answer at once has nothing to look for")
			}
		})
	}
}

// TestPreferenceApplied: respond-async was followed only where the outcome is
// still to come; a wait is granted whatever the outcome.
func TestPreferenceApplied(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status        order.Status
		code          int
		async, waited string
	}{
		{order.Pending, http.StatusAccepted, "respond-async", "wait=5"},
		{order.AwaitingPayment, http.StatusAccepted, "respond-async", "wait=5"},
		{order.Confirmed, http.StatusCreated, "", "wait=5"},
		{order.Rejected, http.StatusUnprocessableEntity, "", "wait=5"},
	} {
		w, h := setup(t)
		w.order.Status = tc.status
		res, _ := call(h, http.MethodPost, "/v1/orders", body, "Prefer", "respond-async")
		require.Equal(t, tc.code, res.Code)
		require.Equal(t, tc.async, res.Header().Get("Preference-Applied"), tc.status)
		res, _ = call(h, http.MethodPost, "/v1/orders", body, "Prefer", "wait=5")
		require.Equal(t, tc.code, res.Code)
		require.Equal(t, tc.waited, res.Header().Get("Preference-Applied"), tc.status)
	}
}

// TestPlaceOrderWithoutTemporal: once claimed, an order is accepted even if
// Temporal is away, and soon where the client does not wait.
func TestPlaceOrderWithoutTemporal(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.await = func(ctx context.Context, _ *world) error { <-ctx.Done(); return ctx.Err() }
	res, _ := call(h, http.MethodPost, "/v1/orders", body)
	require.Equal(t, http.StatusAccepted, res.Code)
	w.await = func(context.Context, *world) error { return errors.New("unreachable") }
	res, _ = call(h, http.MethodPost, "/v1/orders", body)
	require.Equal(t, http.StatusAccepted, res.Code)

	w.start = func(ctx context.Context) error {
		deadline, ok := ctx.Deadline()
		require.True(t, ok, "the start of a saga has no bound")
		require.LessOrEqual(t, time.Until(deadline), time.Second)
		return context.DeadlineExceeded
	}
	res, _ = call(h, http.MethodPost, "/v1/orders", body, "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, res.Code)
}
