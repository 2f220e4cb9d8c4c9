package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// NewResolution is a decision on a parked saga.
type NewResolution struct {
	Action saga.Decision  `json:"action" enum:"retry,retry_with,skip,compensate" doc:"retry: try again now. retry_with: with more time for an attempt, as input says. skip: take the step for done. compensate: turn the saga back"`
	Reason string         `json:"reason" minLength:"1" maxLength:"500" doc:"Why it is decided so; it is kept. No personal data" example:"The provider confirmed by phone that nothing is held."`
	Step   string         `json:"step,omitempty" maxLength:"100" doc:"Which step; needed for skip and compensate, and where several are parked" example:"VoidPayment"`
	Input  *saga.Patience `json:"input,omitempty" doc:"For retry_with only"`
}

// validate names a field that does not fit the action; the saga has the last word.
func (n NewResolution) validate() error {
	switch {
	case n.Step == "" && (n.Action == saga.Skip || n.Action == saga.Compensate): // sent again it could hit what parked since
		return fault.InvalidField("step", "is required for "+string(n.Action))
	case n.Action != saga.RetryWith && n.Input != nil:
		return fault.InvalidField("input", "is for retry_with only")
	case n.Action != saga.RetryWith:
		return nil
	case n.Input == nil:
		return fault.InvalidField("input", "is required for retry_with")
	}
	if _, ok := n.Input.Duration(); !ok {
		return fault.InvalidField("input.start_to_close", fmt.Sprintf("must be a duration of at most %s, such as 2m", saga.MostPatience))
	}
	return nil
}

type resolveInput struct {
	SagaPath
	KeyHeader
	Body NewResolution
}

type resolveOutput struct {
	Location string `header:"Location"`
	Body     order.Resolution
}

func (c Config) registerResolutions(a huma.API) {
	resolve := operation("resolve-saga", http.MethodPost, "/v1/sagas/{workflow_id}/resolutions", "sagas", operatorsOnly(writeSagas), "Decide on a parked saga",
		"The saga checks the decision, records who made it and why, and then does it. Where no worker answers that runs the saga, "+
			"that is `saga_unanswered`: a decision that came that far may still be taken, so send it again with the same `Idempotency-Key`.",
		errNoSaga, errEnded, errNotAllowed, errBadResolution, unavailable(nil))
	late := refusalOf(errUnanswered)
	late.headers = []string{"Retry-After"}
	declareRefusals(&resolve, late)
	resolve.DefaultStatus = http.StatusCreated
	huma.Register(a, resolve, c.resolveSaga)
}

func (c Config) resolveSaga(ctx context.Context, in *resolveInput) (*resolveOutput, error) {
	r := saga.Resolution{ID: in.IdempotencyKey, Step: in.Body.Step, Action: in.Body.Action, Reason: in.Body.Reason, By: principalOf(ctx).Name}
	if r.ID == "" {
		r.ID = ResolutionPrefix.New()
	}
	if in.Body.Input != nil {
		r.Input, _ = json.Marshal(in.Body.Input) // a struct of text
	}
	if known, err := c.decided(ctx, in.WorkflowID, r); known != nil || err != nil {
		return known, err
	}
	if err := in.Body.validate(); err != nil {
		return nil, problem(ctx, err)
	}
	told := r
	if told.Step == "" {
		step, err := c.parkedStep(ctx, in.WorkflowID)
		if err != nil {
			return nil, err
		}
		told.Step = step
	}
	done, err := c.Operators.Resolve(ctx, in.WorkflowID, told)
	if errors.Is(err, errUnanswered) {
		note(ctx, err)
		return nil, unanswered(ctx, "No worker answered that runs the saga. The decision may still be taken: send it again with "+keyOf(in, r)+".")
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	return answerTo(ctx, r, order.Resolution{
		WorkflowID: in.WorkflowID, ID: done.ID, Step: done.Step, Action: string(done.Action), Reason: done.Reason, Input: done.Input, By: done.By,
		Before: order.SagaState(done.Before), After: order.SagaState(done.After), At: done.At.Truncate(time.Microsecond), // as it is kept
	})
}

// answerTo is the answer to a decision, of which d is what was decided under its
// key: perhaps by another that came first.
func answerTo(ctx context.Context, r saga.Resolution, d order.Resolution) (*resolveOutput, error) {
	same := d.Action == string(r.Action) && d.Reason == r.Reason && d.By == r.By && (r.Step == "" || r.Step == d.Step) && sameJSON(d.Input, r.Input)
	if !same {
		return nil, keyReused(ctx)
	}
	return &resolveOutput{Location: "/v1/sagas/" + d.WorkflowID, Body: d}, nil
}

// parkedStep is the one step at which the saga is parked.
func (c Config) parkedStep(ctx context.Context, workflowID string) (string, error) {
	found, status, err := c.Operators.Get(ctx, workflowID)
	switch {
	case err != nil:
		return "", problem(ctx, err)
	case found.EndedAt != nil:
		return "", problem(ctx, errEnded)
	case status == nil:
		return "", unanswered(ctx, "No worker answers that runs the saga, so where it is parked is not known. Nothing was decided: try again later, or name the step.")
	case len(status.Parked) == 0:
		return "", newProblem(ctx, http.StatusConflict, saga.NotParked, "The saga is not parked.")
	case len(status.Parked) > 1:
		return "", newProblem(ctx, http.StatusConflict, saga.NotParked, "The saga is parked at several steps: name the step.")
	}
	return status.Parked[0].Step, nil
}

// unanswered is the problem of a saga of which no worker answers.
func unanswered(ctx context.Context, detail string) error {
	return huma.ErrorWithHeaders(newProblem(ctx, http.StatusServiceUnavailable, codeUnanswered, detail), http.Header{"Retry-After": {"5"}})
}

// keyOf tells the key to send a decision with again: the client's own is not
// repeated to it.
func keyOf(in *resolveInput, r saga.Resolution) string {
	if in.IdempotencyKey != "" {
		return "the same Idempotency-Key"
	}
	return "the Idempotency-Key " + r.ID
}

// decided is the answer to a key that decided before, also on a saga that has
// ended since.
func (c Config) decided(ctx context.Context, workflowID string, r saga.Resolution) (*resolveOutput, error) {
	all, err := c.Orders.ListResolutions(ctx, workflowID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	for _, d := range all {
		if d.ID == r.ID {
			return answerTo(ctx, r, d)
		}
	}
	return nil, nil //nolint:nilnil // nothing was decided under this key
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && x.String() == y.String()
}

// ResolutionPrefix is that of the key of a resolution to which its client gave none.
const ResolutionPrefix = id.Prefix("res")
