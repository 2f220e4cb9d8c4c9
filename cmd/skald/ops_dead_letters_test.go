package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
)

// TestDeadLetters: an operator sees what could not be dealt with, and why, and has it
// dealt with again.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	ended := time.Now()
	letter := api.DeadLetter{
		ID: "dlt_1", Consumer: "skald.notifications", Topic: "skald.order.events", Partition: 1, Offset: 7, Code: "event_unreadable", State: "dead",
		Replays: []api.Replay{{ID: "rpl_1", Reason: "mended", By: "operator", Outcome: "failed", Code: "event_unreadable", EndedAt: &ended}},
	}
	items, reason := []api.DeadLetter{letter}, ""
	door := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			answer(w, http.StatusOK, map[string]any{"items": items, "next_cursor": nil})
			return
		}
		path, _ := strings.CutPrefix(r.URL.Path, "/v1/dead-letters/dlt_1/")
		require.Equal(t, "k", r.Header.Get("Idempotency-Key"))
		var body api.NewReplay
		require.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		reason = body.Reason
		switch path {
		case "replays":
			letter.State = "replaying"
			answer(w, http.StatusAccepted, letter)
		case "dismissals":
			letter.State = "dismissed"
			letter.Dismissal.Value = &api.Dismissal{ID: "dsm_1", Reason: body.Reason, By: "operator", At: ended}
			answer(w, http.StatusCreated, letter)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}
	out, err := ops(t, door, "dead-letters", "list")
	require.NoError(t, err)
	require.Regexp(t, `dlt_1 +skald.notifications +skald.order.events/1/7 .*event_unreadable`, out)
	require.Regexp(t, `rpl_1 +failed event_unreadable +by operator .*mended`, out)
	out, err = ops(t, door, "dead-letters", "replay", "dlt_1", "--reason", "now", "--idempotency-key", "k")
	require.NoError(t, err)
	require.Equal(t, "dlt_1 of skald.order.events/1/7 is replaying\n", out)
	require.Equal(t, "now", reason)
	out, err = ops(t, door, "dead-letters", "dismiss", "dlt_1", "--reason", "never", "--idempotency-key", "k")
	require.NoError(t, err)
	require.Equal(t, "dlt_1 of skald.order.events/1/7 is dismissed\n", out)
	items = []api.DeadLetter{letter}
	out, err = ops(t, door, "dead-letters", "list", "--state", "dismissed")
	require.NoError(t, err)
	require.Regexp(t, `dsm_1 +dismissed +by operator .*never`, out)
	items = nil
	out, err = ops(t, door, "dead-letters", "list", "--state", "replayed")
	require.NoError(t, err)
	require.Equal(t, "no dead letter is replayed\n", out)
}
