package ordertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/services/order"
)

// resolution is a decision on a saga, made some seconds after others.
func resolution(workflowID, id string, seconds int) order.Resolution {
	return order.Resolution{
		WorkflowID: workflowID, ID: id, Step: "VoidPayment", Action: "retry", Reason: "The provider is back.", By: "operator",
		Before: order.SagaParked, After: order.SagaParked, At: time.Date(2026, 3, 4, 5, 6, 7+seconds, 89_000, time.UTC),
	}
}

func listResolutions(t *testing.T, s order.Service, workflowID string) []order.Resolution {
	t.Helper()
	all, err := s.ListResolutions(t.Context(), workflowID)
	require.NoError(t, err)
	for i, r := range all { // how JSON is spaced says nothing
		if r.Input != nil {
			var compact bytes.Buffer
			require.NoError(t, json.Compact(&compact, r.Input))
			all[i].Input = compact.Bytes()
		}
	}
	return all
}

// resolutions: what was decided is kept as it was, oldest first, each saga's own.
func resolutions(t *testing.T, s order.Service) {
	workflowID := order.WorkflowID(order.IDPrefix.New())
	first, second, third := resolution(workflowID, "b", 0), resolution(workflowID, "a", 1), resolution(workflowID, "c", 2)
	second.Action, second.Input = "retry_with", json.RawMessage(`{"start_to_close":"2m"}`)
	third.Action, third.After = "compensate", order.SagaCompensating
	for _, r := range []order.Resolution{third, first, second} { // recorded in any order
		require.NoError(t, s.RecordResolution(t.Context(), r))
	}
	require.Equal(t, []order.Resolution{first, second, third}, listResolutions(t, s, workflowID))

	other := resolution(order.RefundWorkflowID(order.RefundIDPrefix.New()), first.ID, 0)
	require.NoError(t, s.RecordResolution(t.Context(), other), "ids are of one saga")
	require.Equal(t, []order.Resolution{other}, listResolutions(t, s, other.WorkflowID))
	require.Empty(t, listResolutions(t, s, order.WorkflowID(order.IDPrefix.New())))
}

// resolutionsOnce: what was recorded under an id stays, however often and with
// whatever it is recorded again.
func resolutionsOnce(t *testing.T, s order.Service) {
	workflowID := order.WorkflowID(order.IDPrefix.New())
	kept := resolution(workflowID, "once", 0)
	require.NoError(t, s.RecordResolution(t.Context(), kept))
	changed := kept
	changed.Action, changed.Reason, changed.By, changed.At = "skip", "Another one.", "somebody", kept.At.Add(time.Hour)
	require.NoError(t, s.RecordResolution(t.Context(), changed))
	require.Equal(t, []order.Resolution{kept}, listResolutions(t, s, workflowID))

	var all errgroup.Group
	for i := range 8 {
		all.Go(func() error {
			raced := resolution(workflowID, "raced", 1)
			raced.Reason = fmt.Sprint("attempt ", i)
			return s.RecordResolution(t.Context(), raced)
		})
	}
	require.NoError(t, all.Wait())
	require.Len(t, listResolutions(t, s, workflowID), 2)
}

// invalidResolutions: what nobody could account for is not recorded.
func invalidResolutions(t *testing.T, s order.Service) {
	workflowID := order.WorkflowID(order.IDPrefix.New())
	for name, spoil := range map[string]func(*order.Resolution){
		"no reason":      func(r *order.Resolution) { r.Reason = "" },
		"nobody":         func(r *order.Resolution) { r.By = "" },
		"unknown action": func(r *order.Resolution) { r.Action = "forget" },
		"no text":        func(r *order.Resolution) { r.Reason = "\x00" },
	} {
		r := resolution(workflowID, "one", 0)
		spoil(&r)
		require.Error(t, s.RecordResolution(t.Context(), r), name)
		require.Empty(t, listResolutions(t, s, workflowID), name)
	}
}
