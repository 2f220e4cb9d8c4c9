package orderpg

import (
	"context"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/services/order"
)

// RecordResolution keeps an operator's decision.
func (s *Store) RecordResolution(ctx context.Context, r order.Resolution) error {
	_, err := s.queries.InsertResolution(ctx, orderdb.InsertResolutionParams{
		WorkflowID: r.WorkflowID, ID: r.ID, Step: r.Step, Action: r.Action, Reason: r.Reason, Input: r.Input, DecidedBy: r.By,
		StateBefore: string(r.Before), StateAfter: string(r.After), DecidedAt: r.At,
	})
	return s.constraints.Write(err)
}

// ListResolutions gives the decisions on a saga.
func (s *Store) ListResolutions(ctx context.Context, workflowID string) ([]order.Resolution, error) {
	rows, err := s.queries.ListResolutions(ctx, workflowID)
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	all := make([]order.Resolution, len(rows))
	for i, row := range rows {
		all[i] = order.Resolution{
			WorkflowID: row.WorkflowID, ID: row.ID, Step: row.Step, Action: row.Action, Reason: row.Reason, Input: row.Input, By: row.DecidedBy,
			Before: order.SagaState(row.StateBefore), After: order.SagaState(row.StateAfter), At: row.DecidedAt.UTC(),
		}
	}
	return all, nil
}
