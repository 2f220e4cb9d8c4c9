package main

import (
	"encoding/json"
	"net/http"
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
		require.Equal(t, "/v1/dead-letters/dlt_1/replays", r.URL.Path)
		require.Equal(t, "k", r.Header.Get("Idempotency-Key"))
		var body api.NewReplay
		require.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		reason = body.Reason
		letter.State = "replaying"
		answer(w, http.StatusAccepted, letter)
	}
	out, err := ops(t, door, "dead-letters", "list")
	require.NoError(t, err)
	require.Regexp(t, `dlt_1 +skald.notifications +skald.order.events/1/7 .*event_unreadable`, out)
	require.Regexp(t, `rpl_1 +failed event_unreadable +by operator .*mended`, out)
	out, err = ops(t, door, "dead-letters", "replay", "dlt_1", "--reason", "now", "--idempotency-key", "k")
	require.NoError(t, err)
	require.Equal(t, "dlt_1 of skald.order.events/1/7 is replaying\n", out)
	require.Equal(t, "now", reason)
	items = nil
	out, err = ops(t, door, "dead-letters", "list", "--state", "replayed")
	require.NoError(t, err)
	require.Equal(t, "no dead letter is replayed\n", out)
}
