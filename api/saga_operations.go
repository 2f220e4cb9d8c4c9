package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// Saga is how a saga stands.
type Saga struct {
	SagaSummary
	Failure     Maybe[saga.FailureStatus] `json:"failure" doc:"Why it turned back"`
	Answered    bool                      `json:"answered" doc:"False while no worker answers that runs it: its steps, and what is parked, are not known then"`
	Steps       []saga.StepStatus         `json:"steps" nullable:"false"`
	Parked      []saga.ParkedStatus       `json:"parked" nullable:"false" doc:"The steps that keep failing: since when, why, and what can be done. Empty once it has ended"`
	Resolutions []order.Resolution        `json:"resolutions" nullable:"false" doc:"What operators decided, oldest first"`
}

// TransformSchema tells that it is a SagaSummary, and more.
func (Saga) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return extending[Saga, SagaSummary](r, s)
}

type listSagasInput struct {
	State string `query:"state" enum:"running,waiting,compensating,parked,completed,compensated" doc:"Sagas of this state only"`
	PageQuery
}

type listSagasOutput struct{ Body page[SagaSummary] }

// SagaPath is a saga's workflow id, in which the slash is escaped.
type SagaPath struct {
	WorkflowID string `path:"workflow_id" maxLength:"200" pattern:"^[!-~]+$" doc:"The workflow id; its slash is written %2F" example:"order%2Ford_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

type sagaOutput struct{ Body Saga }

func (c Config) registerSagas(a huma.API) {
	huma.Register(a, operation("list-sagas", http.MethodGet, "/v1/sagas", "sagas", operatorsOnly(readSagas), "List sagas",
		"Newest first. `state=parked` are those that wait for an operator.", unavailable(nil)), c.listSagas)
	huma.Register(a, operation("get-saga", http.MethodGet, "/v1/sagas/{workflow_id}", "sagas", operatorsOnly(readSagas), "Get a saga",
		"Its steps, what is parked and why, and what was decided.", errNoSaga, unavailable(nil)), c.getSaga)
	c.registerResolutions(a)
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

func (c Config) listSagas(ctx context.Context, in *listSagasInput) (*listSagasOutput, error) {
	items, next, err := c.Operators.List(ctx, saga.State(in.State), in.Limit, in.Cursor)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listSagasOutput{Body: newPage(items, func(s SagaSummary) SagaSummary { return s }, next)}, nil
}

func (c Config) getSaga(ctx context.Context, in *SagaPath) (*sagaOutput, error) {
	found, status, err := c.Operators.Get(ctx, in.WorkflowID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	decided, err := c.Orders.ListResolutions(ctx, in.WorkflowID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	shown := Saga{SagaSummary: found, Steps: []saga.StepStatus{}, Parked: []saga.ParkedStatus{}, Resolutions: decided}
	if status != nil {
		shown.Answered, shown.Failure.Value, shown.Steps, shown.Parked = true, status.Failure, status.Steps, status.Parked
	}
	return &sagaOutput{Body: shown}, nil
}
