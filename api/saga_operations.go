package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// Saga is how a saga stands.
type Saga struct {
	SagaSummary
	Failure     Maybe[saga.FailureStatus] `json:"failure" doc:"Why it turned back"`
	Steps       []saga.StepStatus         `json:"steps" nullable:"false" doc:"Empty while no worker answers that runs it"`
	Parked      []saga.ParkedStatus       `json:"parked" nullable:"false" doc:"The steps that keep failing: since when, why, and what can be done"`
	Resolutions []order.Resolution        `json:"resolutions" nullable:"false" doc:"What operators decided, oldest first"`
}

type listSagasInput struct {
	State string `query:"state" enum:"running,waiting,compensating,parked,completed,compensated" doc:"Sagas of this state only"`
	PageQuery
}

type listSagasOutput struct{ Body page[SagaSummary] }

// SagaPath is a saga's workflow id, in which the slash is escaped.
type SagaPath struct {
	WorkflowID string `path:"workflow_id" maxLength:"200" doc:"The workflow id; its slash is written %2F" example:"order%2Ford_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

type sagaOutput struct{ Body Saga }

// NewResolution is a decision on a parked saga.
type NewResolution struct {
	Action saga.Decision  `json:"action" enum:"retry,retry_with,skip,compensate" doc:"retry: try again now. retry_with: with more time for an attempt, as input says. skip: take the step for done. compensate: turn the saga back"`
	Reason string         `json:"reason" minLength:"1" maxLength:"500" doc:"Why; it is kept. No personal data" example:"The provider confirmed by phone that nothing is held."`
	Step   string         `json:"step,omitempty" maxLength:"100" doc:"Which step; needed where several are parked" example:"VoidPayment"`
	Input  *saga.Patience `json:"input,omitempty" doc:"For retry_with only"`
}

type resolveInput struct {
	SagaPath
	KeyHeader
	Body NewResolution
}

type resolveOutput struct {
	Location string `header:"Location" doc:"The saga"`
	Body     order.Resolution
}

func (c Config) registerSagas(a huma.API) {
	huma.Register(a, operation("list-sagas", http.MethodGet, "/v1/sagas", "sagas", "List sagas",
		"Newest first. `state=parked` are those that wait for an operator.", http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusServiceUnavailable), c.listSagas)
	huma.Register(a, operation("get-saga", http.MethodGet, "/v1/sagas/{workflow_id}", "sagas", "Get a saga",
		"Its steps, what is parked and why, and what was decided.", http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable), c.getSaga)
	resolve := operation("resolve-saga", http.MethodPost, "/v1/sagas/{workflow_id}/resolutions", "sagas", "Decide on a parked saga",
		"The saga checks the decision, records who made it and why, and then does it.",
		http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	resolve.DefaultStatus = http.StatusCreated
	huma.Register(a, resolve, c.resolveSaga)
}

// plainSagaPath lets a workflow id stand in a path as it is, its slash too.
func plainSagaPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.EscapedPath(), "/") // "", v1, sagas, kind, id and perhaps resolutions
		if len(parts) >= 5 && parts[1] == "v1" && parts[2] == "sagas" && parts[4] != "resolutions" {
			parts[3] += "%2F" + parts[4]
			r.URL.RawPath = strings.Join(append(parts[:4:4], parts[5:]...), "/")
		}
		next.ServeHTTP(w, r)
	})
}

// operatorOnly refuses everybody else, where keys tell who is who.
func (c Config) operatorOnly(ctx context.Context) error {
	if len(c.APIKeys) > 0 && callerOf(ctx) != operator {
		return newProblem(ctx, http.StatusForbidden, "forbidden", "This is for operators: send the operator's API key.")
	}
	return nil
}

func (c Config) listSagas(ctx context.Context, in *listSagasInput) (*listSagasOutput, error) {
	if err := c.operatorOnly(ctx); err != nil {
		return nil, err
	}
	items, next, err := c.Operators.List(ctx, saga.State(in.State), in.Limit, in.Cursor)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listSagasOutput{Body: newPage(items, func(s SagaSummary) SagaSummary { return s }, next)}, nil
}

func (c Config) getSaga(ctx context.Context, in *SagaPath) (*sagaOutput, error) {
	if err := c.operatorOnly(ctx); err != nil {
		return nil, err
	}
	found, status, err := c.Operators.Get(ctx, in.WorkflowID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	decided, err := c.Orders.ListResolutions(ctx, in.WorkflowID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &sagaOutput{Body: Saga{
		SagaSummary: found, Failure: Maybe[saga.FailureStatus]{status.Failure}, Steps: status.Steps, Parked: status.Parked, Resolutions: decided,
	}}, nil
}

func (c Config) resolveSaga(ctx context.Context, in *resolveInput) (*resolveOutput, error) {
	if err := c.operatorOnly(ctx); err != nil {
		return nil, err
	}
	r := saga.Resolution{ID: in.IdempotencyKey, Step: in.Body.Step, Action: in.Body.Action, Reason: in.Body.Reason, By: callerOf(ctx)}
	if r.ID == "" {
		r.ID = resolutionPrefix.New()
	}
	if in.Body.Input != nil {
		r.Input, _ = json.Marshal(in.Body.Input) // a struct of text
	}
	if known, err := c.decided(ctx, in.WorkflowID, r); known != nil || err != nil {
		return known, err
	}
	if r.Step == "" {
		_, status, err := c.Operators.Get(ctx, in.WorkflowID)
		if err != nil {
			return nil, problem(ctx, err)
		}
		switch len(status.Parked) {
		case 0:
			return nil, newProblem(ctx, http.StatusConflict, saga.NotParked, "The saga is not parked.")
		case 1:
		default:
			return nil, newProblem(ctx, http.StatusConflict, saga.NotParked, "The saga is parked at several steps: name the step.")
		}
		r.Step = status.Parked[0].Step
	}
	done, err := c.Operators.Resolve(ctx, in.WorkflowID, r)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &resolveOutput{Location: "/v1/sagas/" + in.WorkflowID, Body: order.Resolution{
		WorkflowID: in.WorkflowID, ID: done.ID, Step: done.Step, Action: string(done.Action), Reason: done.Reason, Input: done.Input, By: done.By,
		Before: order.SagaState(done.Before), After: order.SagaState(done.After), At: done.At.Truncate(time.Microsecond), // as it is kept
	}}, nil
}

// decided is the answer to a key that decided before, also on a saga that has
// ended since.
func (c Config) decided(ctx context.Context, workflowID string, r saga.Resolution) (*resolveOutput, error) {
	all, err := c.Orders.ListResolutions(ctx, workflowID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	for _, d := range all {
		if d.ID != r.ID {
			continue
		}
		same := d.Action == string(r.Action) && d.Reason == r.Reason && d.By == r.By && (r.Step == "" || r.Step == d.Step) && sameJSON(d.Input, r.Input)
		if !same {
			return nil, keyReused(ctx)
		}
		return &resolveOutput{Location: "/v1/sagas/" + workflowID, Body: d}, nil
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

// resolutionPrefix is that of a resolution whose client gave it no key.
const resolutionPrefix = id.Prefix("res")
