package stacktest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
)

// histories is where the recorded runs are that every later version of the
// workflows must replay, as seen from a package of test.
const histories = "../../workflows/testdata/histories"

// Recorded keeps a history as that of an outcome, if SKALD_RECORD is set and it has
// none yet. One that has is never written again.
func (b *Bench) Recorded(workflow, outcome string, h *history.History) {
	b.Helper()
	path := filepath.Join(histories, snake(workflow), revision(b.T, h), outcome+".json")
	if _, err := os.Stat(path); err == nil || os.Getenv("SKALD_RECORD") == "" {
		return
	}
	require.NoError(b, os.MkdirAll(filepath.Dir(path), 0o755))
	raw, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(h)
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(path, append(raw, '\n'), 0o644))
}

// revision names the version of the saga that a run began with, by its input.
func revision(t *testing.T, h *history.History) string {
	t.Helper()
	var input struct {
		Revision int `json:"revision"`
	}
	started := h.Events[0].GetWorkflowExecutionStartedEventAttributes()
	require.NoError(t, json.Unmarshal(started.Input.Payloads[0].Data, &input))
	return fmt.Sprintf("r%d", input.Revision)
}

// snake writes a workflow's name as its directory's: place_order.
func snake(name string) string {
	var directory strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			directory.WriteByte('_')
		}
		directory.WriteRune(unicode.ToLower(r))
	}
	return directory.String()
}
