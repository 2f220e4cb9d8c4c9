package mended_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// reason is what operators in these tests decide for.
const reason = "Agreed with the provider by phone."

// resolutionShown is a decision as the front door shows it.
type resolutionShown struct {
	WorkflowID string          `json:"workflow_id"`
	ID         string          `json:"id"`
	Step       string          `json:"step"`
	Action     string          `json:"action"`
	Reason     string          `json:"reason"`
	Input      json.RawMessage `json:"input"`
	By         string          `json:"by"`
	Before     string          `json:"before"`
	After      string          `json:"after"`
	At         time.Time       `json:"at"`
}

// ops runs an operator's command of the production binary.
func (b *bench) ops(skald string, args ...string) string {
	b.Helper()
	cmd := exec.Command(skald, append([]string{"ops", "sagas"}, args...)...)
	cmd.Env = append(os.Environ(), "SKALD_URL="+b.Stack.FrontDoor, "SKALD_API_KEY="+b.Stack.APIKeys["operator"])
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, "%s", out)
	return string(out)
}

// requireDecided sends the decision, twice under the same key.
func (p *parkedSaga) requireDecided() {
	p.Helper()
	path := "/v1/sagas/" + url.PathEscape(p.workflowID) + "/resolutions"
	body := map[string]any{"action": p.action, "reason": reason, "step": p.step}
	if p.input != nil {
		body["input"] = p.input
	}
	first := p.Want(http.MethodPost, path, body, http.StatusCreated, "Idempotency-Key", "decide")
	var done resolutionShown
	require.NoError(p, json.Unmarshal(first.Body, &done))
	require.Equal(p, []string{p.workflowID, "decide", p.step, p.action, reason, "operator", p.before, p.after},
		[]string{done.WorkflowID, done.ID, done.Step, done.Action, done.Reason, done.By, done.Before, done.After})

	again := p.Want(http.MethodPost, path, body, http.StatusCreated, "Idempotency-Key", "decide")
	require.JSONEq(p, string(first.Body), string(again.Body))
	body["reason"] = "Another one."
	refused := p.Want(http.MethodPost, path, body, http.StatusUnprocessableEntity, "Idempotency-Key", "decide")
	require.Equal(p, "idempotency_mismatch", refused.Problem.Code)
}

// requireEnded: the saga came to the end that the decision leads to, did what it
// says on the way, and the order's database tells who decided and why.
func (p *parkedSaga) requireEnded(c client.Client, skald string) {
	p.Helper()
	h := stacktest.ClosedHistory(p.T, c, p.workflowID)
	o := p.Await(p.placed.ID, p.status)
	require.Equal(p, p.money, p.Effects(o.ID), p.name)
	require.Equal(p, p.stock, p.StockOf(p.product), p.name)
	d, err := c.DescribeWorkflow(context.Background(), p.workflowID, "")
	require.NoError(p, err)
	require.Equal(p, p.ended, stacktest.Attributes(d)["SagaState"], p.name)
	if !p.refund {
		require.Equal(p, p.ended, o.Saga.State, p.name)
		p.RequireLegible(c, o.ID, o)
	}
	p.requireDone(h)

	audit, err := stacktest.Query(context.Background(), p.Stack, "order", `
		SELECT workflow_id, id, step, action, reason, coalesce(input, 'null'), decided_by, state_before, state_after, decided_at
		FROM saga_resolutions WHERE workflow_id = $1`, pgx.RowToStructByPos[resolutionShown], p.workflowID)
	require.NoError(p, err)
	require.Len(p, audit, 1, p.name)
	require.WithinRange(p, audit[0].At, p.begun, time.Now())
	input, err := json.Marshal(p.input)
	require.NoError(p, err)
	require.JSONEq(p, string(input), string(audit[0].Input))
	audit[0].At, audit[0].Input = time.Time{}, nil
	require.Equal(p, resolutionShown{
		WorkflowID: p.workflowID, ID: "decide", Step: p.step, Action: p.action, Reason: reason, By: "operator", Before: p.before, After: p.after,
	}, audit[0])
	shown := p.saga(p.workflowID)
	require.Empty(p, shown.Parked)
	require.Len(p, shown.Resolutions, 1)
	require.Contains(p, p.ops(skald, "show", p.workflowID), reason)
	p.Recorded(p.kind, p.name, h)
}

// since gives the activities that a saga scheduled once it had taken the decision.
func since(h *history.History) (scheduled []*history.ActivityTaskScheduledEventAttributes) {
	decided := false
	for _, e := range h.Events {
		accepted := e.GetWorkflowExecutionUpdateAcceptedEventAttributes()
		decided = decided || accepted.GetAcceptedRequest().GetMeta().GetUpdateId() == "decide"
		if activity := e.GetActivityTaskScheduledEventAttributes(); activity != nil && decided {
			scheduled = append(scheduled, activity)
		}
	}
	return scheduled
}

// requireTriedAgain: what was decided to be retried is, with the patience that
// was given, while the provider still refuses. Then it parks again, and says so.
func (p *parkedSaga) requireTriedAgain(c client.Client) {
	p.Helper()
	if p.action != "retry" && p.action != "retry_with" {
		return
	}
	var scheduled []*history.ActivityTaskScheduledEventAttributes
	require.Eventually(p, func() bool { // a round of attempts that runs already comes to its end first
		scheduled = since(stacktest.History(p.T, c, p.workflowID))
		return len(scheduled) > 0
	}, time.Minute, 100*time.Millisecond, p.name)
	require.Equal(p, p.step, scheduled[0].ActivityType.Name)
	if p.input != nil {
		require.Equal(p, 2*time.Minute, scheduled[0].StartToCloseTimeout.AsDuration())
		return
	}
	require.Eventually(p, func() bool { return p.saga(p.workflowID).Parked[0].Attempts > 1 }, time.Minute, 500*time.Millisecond, p.name)
}

// requireDone: by its history, what was skipped is not done, and what was turned
// back is given back.
func (p *parkedSaga) requireDone(h *history.History) {
	p.Helper()
	var names []string
	for _, a := range since(h) {
		names = append(names, a.ActivityType.Name)
	}
	switch p.action {
	case "skip":
		require.NotContains(p, names, p.step)
	case "compensate":
		require.Equal(p, "VoidPayment", names[0])
		require.Contains(p, names, "ReleaseStock")
	}
}
