package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

func (f fakeOperators) List(_ context.Context, state saga.State, _ int, _ string) ([]api.SagaSummary, string, error) {
	return []api.SagaSummary{{WorkflowID: "order/ord_1", State: state, Step: "VoidPayment"}}, "", nil
}
func (f fakeOperators) Get(_ context.Context, workflowID string) (api.SagaSummary, *saga.Status, error) {
	if workflowID != "order/ord_1" {
		return api.SagaSummary{}, nil, fault.New(fault.NotFound, "saga_not_found", "No such saga.")
	}
	found := api.SagaSummary{WorkflowID: workflowID, State: f.status.State, EndedAt: f.endedAt}
	if f.silent {
		return found, nil, nil
	}
	return found, &f.status, nil
}
func (f fakeOperators) Resolve(_ context.Context, _ string, r saga.Resolution) (saga.Resolved, error) {
	f.resolved = append(f.resolved, r)
	if f.first != nil {
		r = *f.first
	}
	return saga.Resolved{Resolution: r, Before: saga.Parked, After: saga.Compensating}, f.refusal
}
func (f fakeOrders) ListResolutions(context.Context, string) ([]order.Resolution, error) {
	return f.decided, nil
}
func (f fakeOrders) RequestCancellation(context.Context, string, string) (order.Order, error) {
	return f.order, nil
}
func (f fakeOrders) RequestRefund(_ context.Context, r order.RefundRequest) (order.Refund, error) {
	f.refunds = append(f.refunds, r)
	return order.Refund{ID: r.RefundID, OrderID: r.OrderID, Status: order.RefundRequested}, f.refusal
}

const (
	operatorKey = "skald_o"
	saga1       = "/v1/sagas/order/ord_1"
)

// TestSagasAreForOperators: nobody else sees them or decides.
func TestSagasAreForOperators(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	for _, key := range []string{"skald_s", "skald_a"} {
		for _, r := range [][3]string{
			{http.MethodGet, "/v1/sagas", ""}, {http.MethodGet, saga1, ""}, {http.MethodPost, saga1 + "/resolutions", `{"action":"skip","reason":"x"}`},
		} {
			res, out := call(h, r[0], r[1], r[2], bearer(key)...)
			require.Equal(t, http.StatusForbidden, res.Code)
			require.Equal(t, "forbidden", out["code"])
		}
	}
	require.Empty(t, w.resolved)
}

func bearer(key string) []string {
	return []string{"Authorization", "Bearer " + key}
}

func TestSagas(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.status = saga.Status{State: saga.Parked, Steps: []saga.StepStatus{}, Parked: []saga.ParkedStatus{{Step: "VoidPayment"}}}
	res, out := call(h, http.MethodGet, "/v1/sagas?state=parked", "", bearer(operatorKey)...)
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, "parked", out["items"].([]any)[0].(map[string]any)["state"])
	for _, path := range []string{saga1, "/v1/sagas/order%2Ford_1"} { // the slash may be escaped
		res, out = call(h, http.MethodGet, path, "", bearer(operatorKey)...)
		require.Equal(t, http.StatusOK, res.Code, path)
		require.Equal(t, "VoidPayment", out["parked"].([]any)[0].(map[string]any)["step"])
	}
	res, _ = call(h, http.MethodGet, "/v1/sagas/order/ord_2", "", bearer(operatorKey)...)
	require.Equal(t, http.StatusNotFound, res.Code)

	// The step needs no name where one is parked, and the decision is whose it is.
	decide := append(bearer(operatorKey), "Idempotency-Key", "k1")
	res, out = call(h, http.MethodPost, saga1+"/resolutions", `{"action":"retry","reason":"nothing is held"}`, decide...)
	require.Equal(t, http.StatusCreated, res.Code)
	require.Equal(t, []saga.Resolution{{ID: "k1", Step: "VoidPayment", Action: saga.Retry, Reason: "nothing is held", By: "operator"}}, w.resolved)
	require.Equal(t, "compensating", out["after"])

	// The key that decided before gives what is recorded, also once the saga ended.
	w.decided = []order.Resolution{{ID: "k1", Step: "VoidPayment", Action: "retry", Reason: "nothing is held", By: "operator", After: "compensating"}}
	res, _ = call(h, http.MethodPost, saga1+"/resolutions", `{"action":"retry","reason":"nothing is held"}`, decide...)
	require.Equal(t, http.StatusCreated, res.Code)
	res, out = call(h, http.MethodPost, saga1+"/resolutions", `{"action":"skip","reason":"nothing is held","step":"VoidPayment"}`, decide...)
	require.Equal(t, http.StatusUnprocessableEntity, res.Code)
	require.Equal(t, "idempotency_mismatch", out["code"])
	require.Len(t, w.resolved, 1)

	w.refusal = fault.New(fault.Conflict, saga.NotAllowed, "It cannot be skipped.")
	res, out = call(h, http.MethodPost, saga1+"/resolutions", `{"action":"skip","reason":"x","step":"VoidPayment"}`, bearer(operatorKey)...)
	require.Equal(t, http.StatusConflict, res.Code)
	require.Equal(t, saga.NotAllowed, out["code"])
	for _, body := range []string{`{"action":"skip"}`, `{"action":"explode","reason":"x"}`, `{"action":"skip","reason":"x","by":"alice"}`} {
		res, _ = call(h, http.MethodPost, saga1+"/resolutions", body, bearer(operatorKey)...)
		require.Equal(t, http.StatusUnprocessableEntity, res.Code, body)
	}
}

// TestDecisionHitsWhatItWasMadeFor: what cannot be taken back names its step, what
// does not fit the action is named, and of two that come at once under one key the
// second learns that it was not taken.
func TestDecisionHitsWhatItWasMadeFor(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.status = saga.Status{State: saga.Parked, Parked: []saga.ParkedStatus{{Step: "VoidPayment"}}}
	for body, field := range map[string]string{
		`{"action":"skip","reason":"x"}`:                                         "step",
		`{"action":"compensate","reason":"x"}`:                                   "step",
		`{"action":"retry","reason":"x","input":{"start_to_close":"2m"}}`:        "input",
		`{"action":"retry_with","reason":"x"}`:                                   "input",
		`{"action":"retry_with","reason":"x","input":{}}`:                        "input.start_to_close",
		`{"action":"retry_with","reason":"x","input":{"start_to_close":"soon"}}`: "input.start_to_close",
		`{"action":"retry_with","reason":"x","input":{"start_to_close":"61m"}}`:  "input.start_to_close",
	} {
		res, out := call(h, http.MethodPost, saga1+"/resolutions", body, bearer(operatorKey)...)
		require.Equal(t, http.StatusUnprocessableEntity, res.Code, body)
		require.Equal(t, field, out["errors"].([]any)[0].(map[string]any)["field"], body)
	}
	require.Empty(t, w.resolved)

	w.first = &saga.Resolution{ID: "k1", Step: "VoidPayment", Action: saga.Retry, Reason: "x", By: "operator"}
	key := append(bearer(operatorKey), "Idempotency-Key", "k1")
	for body, code := range map[string]int{
		`{"action":"retry","reason":"x"}`:                       http.StatusCreated,
		`{"action":"retry","reason":"x","step":"VoidPayment"}`:  http.StatusCreated,
		`{"action":"retry","reason":"y"}`:                       http.StatusUnprocessableEntity,
		`{"action":"skip","reason":"x","step":"VoidPayment"}`:   http.StatusUnprocessableEntity,
		`{"action":"retry","reason":"x","step":"ReleaseStock"}`: http.StatusUnprocessableEntity,
	} {
		res, out := call(h, http.MethodPost, saga1+"/resolutions", body, key...)
		require.Equal(t, code, res.Code, body)
		if code != http.StatusCreated {
			require.Equal(t, "idempotency_mismatch", out["code"])
		}
	}
}

// TestSagaWithoutWorker: what is not known is not told, and nothing is said of a
// decision that may still be taken.
func TestSagaWithoutWorker(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.status, w.silent = saga.Status{State: saga.Parked}, true
	res, out := call(h, http.MethodGet, saga1, "", bearer(operatorKey)...)
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, "parked", out["state"])
	require.Equal(t, false, out["answered"])
	require.Empty(t, out["steps"])
	w.silent = false
	_, out = call(h, http.MethodGet, saga1, "", bearer(operatorKey)...)
	require.Equal(t, true, out["answered"])

	w.silent = true
	res, out = call(h, http.MethodPost, saga1+"/resolutions", `{"action":"retry","reason":"x"}`, bearer(operatorKey)...)
	require.Equal(t, http.StatusServiceUnavailable, res.Code)
	require.Equal(t, "saga_unanswered", out["code"])
	require.Equal(t, "5", res.Header().Get("Retry-After"))
	require.Contains(t, out["detail"], "Nothing was decided")
	require.Empty(t, w.resolved)

	w.refusal = fault.New(fault.Unknown, "saga_unanswered", "No worker answered.")
	const named = `{"action":"retry","reason":"x","step":"VoidPayment"}`
	res, out = call(h, http.MethodPost, saga1+"/resolutions", named, append(bearer(operatorKey), "Idempotency-Key", "k1")...)
	require.Equal(t, http.StatusServiceUnavailable, res.Code)
	require.Equal(t, "saga_unanswered", out["code"])
	require.Equal(t, "5", res.Header().Get("Retry-After"))
	require.Contains(t, out["detail"], "with the same Idempotency-Key")
	_, out = call(h, http.MethodPost, saga1+"/resolutions", named, bearer(operatorKey)...)
	require.Contains(t, out["detail"], w.resolved[1].ID, "else nobody could send it again")

	w.silent, w.status = false, saga.Status{State: saga.Parked, Parked: []saga.ParkedStatus{}}
	ended := time.Now()
	w.endedAt = &ended
	res, out = call(h, http.MethodPost, saga1+"/resolutions", `{"action":"retry","reason":"x"}`, bearer(operatorKey)...)
	require.Equal(t, http.StatusConflict, res.Code)
	require.Equal(t, saga.NotParked, out["code"])
	require.Equal(t, "The saga has ended.", out["detail"])
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	const path = "/v1/orders/ord_1/cancellation"
	for _, status := range []order.Status{order.Pending, order.AwaitingPayment, order.Confirmed} {
		w.order.Status, w.cancelled, w.cancelErr = status, nil, fault.New(fault.Unavailable, "down", "A dispatcher does it.")
		res, _ := call(h, http.MethodPut, path, "")
		require.Equal(t, http.StatusAccepted, res.Code, status)
		require.Equal(t, []string{"ord_1"}, w.cancelled)
	}
	w.cancelled = nil
	for status, code := range map[order.Status]int{
		order.Cancelled: http.StatusAccepted, order.Refunded: http.StatusAccepted, order.Rejected: http.StatusConflict, order.Failed: http.StatusConflict,
	} {
		w.order.Status = status
		res, _ := call(h, http.MethodPut, path, `{"reason":"mistake"}`)
		require.Equal(t, code, res.Code, status)
	}
	require.Empty(t, w.cancelled)
}

// TestOrderShowsItsCancellation: also that its refund was refused, as long as the
// order is confirmed.
func TestOrderShowsItsCancellation(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	shown := func(status order.Status, c *order.Cancellation) any {
		w.order.Status, w.order.Cancellation = status, c
		res, out := call(h, http.MethodGet, "/v1/orders/ord_1", "")
		require.Equal(t, http.StatusOK, res.Code)
		return out["cancellation"]
	}
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	require.Nil(t, shown(order.Confirmed, nil))
	asked := map[string]any{"requested_at": "2026-05-01T12:00:00Z", "reason": "mistake"}
	require.Equal(t, asked, shown(order.Pending, &order.Cancellation{RequestedAt: at, Reason: "mistake"}))
	refused := &order.Cancellation{RequestedAt: at, Reason: "mistake", Refusal: "refund_failed"}
	require.Equal(t, asked, shown(order.Refunded, refused))
	asked["refused"] = "refund_failed"
	require.Equal(t, asked, shown(order.Confirmed, refused))
}

func TestRefund(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	const path = "/v1/orders/ord_1/refunds"
	key := append(bearer("skald_a"), "Idempotency-Key", "k1")
	for range 2 {
		res, out := call(h, http.MethodPost, path, `{"reason":"broken","lines":[{"product_id":"prd_1","quantity":1}]}`, key...)
		require.Equal(t, http.StatusAccepted, res.Code)
		require.Equal(t, w.refunds[0].RefundID, out["id"], "the same key is the same refund")
	}
	require.Equal(t, "usr_1", w.refunds[0].Caller)
	require.Equal(t, []string{w.refunds[0].RefundID, w.refunds[0].RefundID}, w.refunded)
	for refusal, code := range map[error]int{
		order.ErrMismatch: http.StatusUnprocessableEntity, order.ErrNotRefundable: http.StatusConflict, order.ErrRefundTooMany: http.StatusUnprocessableEntity,
	} {
		w.refusal = refusal
		res, _ := call(h, http.MethodPost, path, `{"reason":"broken"}`, key...)
		require.Equal(t, code, res.Code, refusal)
	}
}
