package timeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/api/timeline"
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

func reader(t *testing.T) *timeline.Reader {
	t.Helper()
	r, err := timeline.NewReader()
	require.NoError(t, err)
	return r
}

// TestDump prints.
func TestDump(t *testing.T) {
	for _, file := range recordings(t) {
		if want := os.Getenv("DUMP"); want == "" || !strings.Contains(file, want) {
			continue
		}
		t.Log(file)
		for _, i := range reader(t).Run("order/ord_1", "run").Read(recorded(t, file)) {
			t.Logf("%3d %s %-16s %-16s %-14s u=%s svc=%s act=%s n=%d out=%s code=%s st=%s/%s dl=%v dec=%s", i.Event, i.At.Format("05.000"), i.Entry.Event, i.Step, i.Kind, i.Undoes, i.Service, i.Activity, i.Attempt, i.Outcome, i.Code, i.State, i.Status, i.Deadline, i.Decision)
		}
	}
}
