package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
)

// TestNotifications: a customer sees what they were told, services and operators what
// everybody was; nobody sees where.
func TestNotifications(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	for who, tc := range map[string]struct {
		query string
		sees  []string
	}{
		"skald_a": {"", []string{"ntf_usr_1"}},
		"skald_b": {"?user_id=usr_2", []string{"ntf_usr_2"}},
		"skald_s": {"", []string{"ntf_usr_1", "ntf_usr_2"}},
		"skald_o": {"?user_id=usr_2", []string{"ntf_usr_2"}},
	} {
		res, out := call(h, http.MethodGet, "/v1/notifications"+tc.query, "", "Authorization", "Bearer "+who)
		require.Equal(t, http.StatusOK, res.Code)
		var ids []string
		for _, item := range out["items"].([]any) {
			ids = append(ids, item.(map[string]any)["id"].(string))
		}
		require.Equal(t, tc.sees, ids, who)
		require.NotContains(t, res.Body.String(), "@")
	}
	_, of := call(h, http.MethodGet, "/v1/notifications?user_id=usr_2", "", "Authorization", "Bearer skald_a")
	_, missing := call(h, http.MethodGet, "/v1/notifications?user_id=usr_9", "", "Authorization", "Bearer skald_a")
	require.Equal(t, missing, of, "another's is as nobody's")
	require.Empty(t, of["items"])
	w.noticesErr = fault.New(fault.Unavailable, "service_unavailable", "The notification service does not answer.")
	res, _ := call(h, http.MethodGet, "/v1/notifications", "")
	require.Equal(t, http.StatusServiceUnavailable, res.Code)
}

// TestDeadLetters: an operator has one dealt with again, or dismisses it, once under a
// key, and who wanted it and why is kept.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	res, out := call(h, http.MethodGet, "/v1/dead-letters?state=dead", "")
	require.Equal(t, http.StatusOK, res.Code)
	require.Len(t, out["items"], 1)

	const path, why = "/v1/dead-letters/dlt_1/replays", `{"reason":"mended"}`
	for range 2 {
		res, out = call(h, http.MethodPost, path, why, "Idempotency-Key", "k")
		require.Equal(t, http.StatusAccepted, res.Code)
		require.Equal(t, "/v1/dead-letters/dlt_1", res.Header().Get("Location"))
		require.Equal(t, "replaying", out["state"])
	}
	require.Len(t, w.replays, 1)
	require.Equal(t, "mended", w.replays[0].Reason)
	require.Equal(t, "operator", w.replays[0].By)
	for _, tc := range []struct {
		path, body, key string
		status          int
		code            string
	}{
		{path, `{"reason":"other"}`, "k", http.StatusUnprocessableEntity, "idempotency_mismatch"},
		{path, why, "another", http.StatusConflict, "dead_letter_replaying"},
		{path, `{}`, "k", http.StatusUnprocessableEntity, "invalid"},
	} {
		res, out := call(h, http.MethodPost, tc.path, tc.body, "Idempotency-Key", tc.key)
		require.Equal(t, tc.status, res.Code)
		require.Equal(t, tc.code, out["code"])
	}
	const dismissals = "/v1/dead-letters/dlt_1/dismissals"
	for range 2 { // one that is replaying, too
		res, out = call(h, http.MethodPost, dismissals, why, "Idempotency-Key", "k")
		require.Equal(t, http.StatusCreated, res.Code)
		require.Equal(t, "dismissed", out["state"])
		require.Equal(t, "mended", out["dismissal"].(map[string]any)["reason"])
		require.Equal(t, "operator", out["dismissal"].(map[string]any)["by"])
	}
	for _, tc := range []struct {
		body, key, code string
		status          int
	}{
		{`{"reason":"other"}`, "k", "idempotency_mismatch", http.StatusUnprocessableEntity},
		{why, "another", "dead_letter_dismissed", http.StatusConflict},
		{`{}`, "k", "invalid", http.StatusUnprocessableEntity},
	} {
		res, out := call(h, http.MethodPost, dismissals, tc.body, "Idempotency-Key", tc.key)
		require.Equal(t, tc.status, res.Code)
		require.Equal(t, tc.code, out["code"])
	}
	res, _ = call(h, http.MethodGet, "/v1/dead-letters/dlt_9", "")
	require.Equal(t, http.StatusNotFound, res.Code)
}
