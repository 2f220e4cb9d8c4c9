package timeline_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/api/timeline"
	"github.com/skaldhq/skald/workflows"
)

const histories = "../../workflows/testdata/histories"

// recorded reads the history of a recorded run.
func recorded(t *testing.T, file string) []*historypb.HistoryEvent {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return h.GetEvents()
}

// recordings are all recorded runs.
func recordings(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(histories, "*", "*", "*.json"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 93)
	return files
}

func newRun(t *testing.T, earlier ...string) *timeline.Run {
	t.Helper()
	r, err := timeline.NewReader()
	require.NoError(t, err)
	return r.Run("order/ord_1", "run", earlier...)
}

// ofOrders tells the sagas that a timeline shows; the others are read as well as
// may be.
func ofOrders(file string) bool {
	return strings.Contains(file, "/place_order/") || strings.Contains(file, "/refund_order/")
}

// TestRecordings: of every run that was ever recorded, each step that began has an
// end, each entry names what it is about, ids grow, and the events may come in any
// parts.
func TestRecordings(t *testing.T) {
	t.Parallel()
	for _, file := range recordings(t) {
		t.Run(strings.TrimPrefix(file, histories), func(t *testing.T) {
			t.Parallel()
			events := recorded(t, file)
			run := newRun(t)
			items := run.Read(events)
			require.True(t, run.Closed())
			require.False(t, run.Busy())
			require.Empty(t, run.Read(events), "what was read is not told again")
			require.NotEmpty(t, items)
			require.Equal(t, timeline.Ended, items[len(items)-1].Event)

			begun, last := map[string]int{}, int64(0)
			for _, item := range items {
				require.Greater(t, item.EventID, last)
				last = item.EventID
				require.Equal(t, fmt.Sprintf("run:%d", item.EventID), item.ID)
				require.False(t, item.At.IsZero())
				requireSound(t, file, item, begun)
			}
			for step, open := range begun {
				require.Zero(t, open, step)
			}
			for split := 1; split < len(events); split++ {
				parts := newRun(t)
				first := parts.Read(events[:split])
				require.Equal(t, items, append(first, parts.Read(events)...), "split at %d", split)
			}
		})
	}
}

// requireSound checks one entry, and counts what has begun and not ended.
func requireSound(t *testing.T, file string, item timeline.Item, begun map[string]int) {
	t.Helper()
	act := item.Step + item.Activity
	switch item.Event {
	case timeline.Started, timeline.Retried, timeline.Succeeded, timeline.Refused, timeline.Failed, timeline.Cancelled:
		require.NotEmpty(t, item.Step)
		require.NotEmpty(t, item.Service)
		require.Positive(t, item.Attempt)
	default:
	}
	switch item.Event {
	case timeline.Started:
		begun[act]++
	case timeline.Retried:
		require.Greater(t, item.Attempt, int32(1))
		require.NotEmpty(t, item.Code)
	case timeline.Refused, timeline.Failed, timeline.TimedOut:
		require.NotEmpty(t, item.Code)
	case timeline.StateChanged:
		require.NotEmpty(t, item.State)
	default:
	}
	ends := item.Event == timeline.Succeeded || item.Event == timeline.Refused || item.Event == timeline.Failed || item.Event == timeline.TimedOut || item.Event == timeline.Cancelled
	if ends && begun[act] > 0 {
		begun[act]--
	} else if ends && item.Event != timeline.TimedOut { // the customer's time has no start
		require.Equal(t, workflows.QueueOrder, item.Service, "only what the order service does has no start: %s %s", item.Step, item.Event)
	}
	if ofOrders(file) && item.Step != "" {
		require.NotEmpty(t, item.Kind, item.Step)
	}
}

// secrets are what no timeline shows: ids of users and products, tokens of payment
// methods, amounts, reasons and the texts of failures.
var secrets = regexp.MustCompile(`usr_|prd_|pay_0|pm_card|EUR|amount|[a-z] [a-z]|identity|operator"`)

// TestNothingPersonal: an entry holds names and codes, whatever the history does.
func TestNothingPersonal(t *testing.T) {
	t.Parallel()
	for _, file := range recordings(t) {
		raw, err := json.Marshal(newRun(t).Read(recorded(t, file)))
		require.NoError(t, err)
		require.NotRegexp(t, secrets, string(raw), file)
	}
}

// TestSummaries: an activity is told to be of a step by its summary, so that no two
// actions of a saga have the same.
func TestSummaries(t *testing.T) {
	t.Parallel()
	sagas, err := workflows.Parts()
	require.NoError(t, err)
	require.Len(t, sagas, 2)
	for name, parts := range sagas {
		seen := map[string]string{}
		for _, p := range parts {
			require.NotEmpty(t, p.Summary, p.Name)
			require.Empty(t, seen[p.Summary], "%s: %s", name, p.Name)
			seen[p.Summary] = p.Name
		}
	}
}
