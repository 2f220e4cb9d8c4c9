package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// ops runs an operator's command before a front door.
func ops(t *testing.T, door http.HandlerFunc, args ...string) (out string, err error) {
	t.Helper()
	server := httptest.NewServer(door)
	defer server.Close()
	return opsAt(t, server.URL, args...)
}

func opsAt(t *testing.T, url string, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := run(t.Context(), append([]string{"ops", "--url", url}, args...), &out)
	return out.String(), err
}

func answer(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// TestListFollowsPages: a list is as long as was asked for, or says that it is not.
func TestListFollowsPages(t *testing.T) {
	t.Parallel()
	const all = 250
	pages := func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.URL.Query().Get("cursor")) // none: the first page
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 1 || limit > 100 {
			answer(w, http.StatusUnprocessableEntity, api.Problem{Code: "invalid", Detail: "The request is not valid."})
			return
		}
		page := map[string]any{"next_cursor": nil}
		var items []api.SagaSummary
		for i := from; i < min(from+limit, all); i++ {
			items = append(items, api.SagaSummary{WorkflowID: fmt.Sprint("order/", i)})
		}
		if page["items"] = items; from+limit < all {
			page["next_cursor"] = fmt.Sprint(from + limit)
		}
		answer(w, http.StatusOK, page)
	}
	for limit, more := range map[int]bool{20: true, 120: true, 250: false, 1000: false} {
		out, err := ops(t, pages, "sagas", "list", "--limit", fmt.Sprint(limit))
		require.NoError(t, err)
		require.Equal(t, min(limit, all), strings.Count(out, "order/"), limit)
		require.Equal(t, more, strings.Contains(out, "more:"), limit)
	}
	_, err := ops(t, pages, "sagas", "list", "--limit", "0")
	require.Error(t, err)
}

// TestShowTellsWhatIsKnown: what no worker tells is not told as empty, and a saga
// that has ended says so.
func TestShowTellsWhatIsKnown(t *testing.T) {
	t.Parallel()
	ended := time.Now().Add(-time.Minute)
	shown := api.Saga{SagaSummary: api.SagaSummary{State: saga.Parked, StartedAt: ended, EndedAt: &ended}}
	door := func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, shown) }
	out, err := ops(t, door, "sagas", "show", "order/ord_1")
	require.NoError(t, err)
	require.Contains(t, out, "no worker answers")
	require.Contains(t, out, "ended 1m0s ago")
	require.NotContains(t, out, "STEP")

	shown.Answered, shown.EndedAt = true, nil
	shown.Parked = []saga.ParkedStatus{{Step: "VoidPayment", Attempts: 3}}
	out, err = ops(t, door, "sagas", "show", "order/ord_1")
	require.NoError(t, err)
	require.NotContains(t, out, "no worker")
	require.NotContains(t, out, "ended")
	require.Contains(t, out, "ROUNDS")
}

// TestResolveCanBeSentAgain: a decision has a key, and where it is not known to be
// taken the operator learns it.
func TestResolveCanBeSentAgain(t *testing.T) {
	t.Parallel()
	var keys []string
	door := func(status int, body any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			keys = append(keys, r.Header.Get("Idempotency-Key"))
			answer(w, status, body)
		}
	}
	decide := []string{"sagas", "resolve", "order/ord_1", "skip", "--reason", "x", "--step", "VoidPayment"}
	unanswered := door(http.StatusServiceUnavailable, api.Problem{Code: "saga_unanswered", Detail: "No worker answered."})
	_, err := ops(t, unanswered, decide...)
	require.ErrorContains(t, err, "No worker answered.")
	require.ErrorContains(t, err, "--idempotency-key "+keys[0])
	require.Regexp(t, "^res_", keys[0])
	_, err = ops(t, unanswered, append(decide, "--idempotency-key", "mine")...)
	require.ErrorContains(t, err, "--idempotency-key mine")

	refused := door(http.StatusConflict, api.Problem{Code: saga.NotParked, Detail: "The saga has ended."})
	_, err = ops(t, refused, decide...)
	require.EqualError(t, err, "The saga has ended.")

	cut := func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }
	_, err = ops(t, cut, decide...)
	require.ErrorContains(t, err, "took the request and did not answer")
	require.ErrorContains(t, err, "--idempotency-key res_")

	away := httptest.NewServer(nil)
	away.Close()
	_, err = opsAt(t, away.URL, decide...)
	require.ErrorContains(t, err, "no front door answers")

	out, err := ops(t, door(http.StatusCreated, order.Resolution{ID: "1", Step: "VoidPayment", Action: "skip"}), decide...)
	require.NoError(t, err)
	require.Contains(t, out, "skip VoidPayment")
}
