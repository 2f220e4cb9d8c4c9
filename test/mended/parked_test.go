package mended_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// parkedSaga is a saga in trouble on a running platform.
type parkedSaga struct {
	trouble
	*bench
	product    string
	placed     stack.Order
	workflowID string
	begun      time.Time
}

// noticed is how soon whoever runs the platform has to see what is parked.
const noticed = time.Minute

// TestTroubled: sagas that an operator has to decide on, and refunds, on a
// platform of their own: what was skipped is left as it is, against the rules.
func TestTroubled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	skald, err := stack.BuildSkald(t.Context(), filepath.Join(dir, "skald"))
	require.NoError(t, err)
	s := own(t).Stack
	for name, test := range map[string]func(b *bench){
		"parked":  func(b *bench) { b.testParked(skald) },
		"refunds": func(b *bench) { b.testRefunds() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&bench{stacktest.On(t, s)})
		})
	}
}

// testParked: what keeps failing is seen wherever an operator may look, within a
// minute; each decision does what it says, and is kept with who made it and why.
func (b *bench) testParked(skald string) {
	c := b.Temporal()
	var all []*parkedSaga
	for _, tr := range troubles() {
		p := &parkedSaga{trouble: tr, bench: &bench{b.Customer()}, product: b.Product(1500, 10), begun: time.Now()}
		p.placed = tr.begin(p.bench, p.product)
		p.workflowID = "order/" + p.placed.ID
		if tr.refund {
			p.workflowID = "refund/" + p.refundsOf(p.placed.ID)[0].ID
		}
		all = append(all, p)
	}
	for _, p := range all {
		p.requireSeen(c, skald)
	}
	b.requireCounted(all)

	for _, p := range all {
		p.requireDecided()
	}
	for _, p := range all {
		p.requireTriedAgain(c)
	}
	b.heal()
	for _, p := range all {
		p.requireEnded(c, skald)
	}
	require.Eventually(b, func() bool { return b.Metric("skald_sagas_parked") == 0 }, 30*time.Second, 100*time.Millisecond)
}

// sagaShown is a saga as the front door shows it to operators.
type sagaShown struct {
	WorkflowID string                         `json:"workflow_id"`
	Saga       string                         `json:"saga"`
	State      string                         `json:"state"`
	Step       string                         `json:"step"`
	Steps      []struct{ Name, State string } `json:"steps"`
	Parked     []struct {
		Step      string   `json:"step"`
		Reason    string   `json:"reason"`
		Attempts  int      `json:"attempts"`
		Decisions []string `json:"decisions"`
	} `json:"parked"`
	Resolutions []resolutionShown `json:"resolutions"`
}

func (b *bench) saga(workflowID string) (shown sagaShown) {
	b.Helper()
	a := b.Want(http.MethodGet, "/v1/sagas/"+url.PathEscape(workflowID), nil, http.StatusOK)
	require.NoError(b, json.Unmarshal(a.Body, &shown))
	return shown
}

// requireSeen: in the front door, at the command line, in the Temporal Web UI, by
// search attributes, in the log.
func (p *parkedSaga) requireSeen(c client.Client, skald string) {
	p.Helper()
	require.Eventually(p, func() bool { return p.listed() }, time.Until(p.begun.Add(noticed)), 500*time.Millisecond, "%s is not seen", p.name)
	p.Logf("%s: parked after %.1f s", p.name, time.Since(p.begun).Seconds())
	shown := p.saga(p.workflowID)
	require.Equal(p, []string{p.kind, "parked", p.step}, []string{shown.Saga, shown.State, shown.Step})
	require.Len(p, shown.Parked, 1)
	require.Equal(p, p.step, shown.Parked[0].Step)
	require.Contains(p, shown.Parked[0].Decisions, p.action)
	require.Positive(p, shown.Parked[0].Attempts)
	require.Empty(p, shown.Resolutions)

	require.Regexp(p, fmt.Sprintf(`(?m)^%s +%s +parked +%s `, p.workflowID, p.kind, p.step), p.ops(skald, "list"))
	require.Regexp(p, fmt.Sprintf(`(?m)^%s +%s .*%s`, p.step, shown.Parked[0].Reason, p.action), p.ops(skald, "show", p.workflowID))

	query := fmt.Sprintf("SagaState = 'parked' AND SagaStep = '%s' AND WorkflowId = '%s'", p.step, p.workflowID)
	found, err := c.CountWorkflow(context.Background(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: "default", Query: query})
	require.NoError(p, err)
	require.EqualValues(p, 1, found.Count)
	ui := stack.Shop{URL: p.Stack.TemporalUI, HTTP: http.DefaultClient}
	a, err := ui.Do(context.Background(), http.MethodGet, "/api/v1/namespaces/default/workflows?query="+url.QueryEscape(query), nil)
	require.NoError(p, err)
	require.Equal(p, http.StatusOK, a.Status)
	require.Contains(p, string(a.Body), p.workflowID)

	if !p.refund {
		require.Equal(p, "parked", p.Get(p.placed.ID).Saga.State)
	}
	log, err := os.ReadFile(filepath.Join(p.Stack.Data, "skald.log"))
	require.NoError(p, err)
	require.Regexp(p, fmt.Sprintf(`(?m)^.*"level":"ERROR","msg":"saga parked",.*"saga_id":"%s",.*"step":"%s"`, p.workflowID, p.step), string(log))
}

// listed: among those that wait for an operator.
func (p *parkedSaga) listed() bool {
	p.Helper()
	a := p.Want(http.MethodGet, "/v1/sagas?state=parked&limit=100", nil, http.StatusOK)
	return strings.Contains(string(a.Body), `"`+p.workflowID+`"`)
}

// requireCounted: in the metrics, by saga and step and all together.
func (b *bench) requireCounted(all []*parkedSaga) {
	b.Helper()
	at := map[string]float64{}
	for _, p := range all {
		at[fmt.Sprintf(`saga="%s",step="%s"`, p.kind, p.step)]++
	}
	for labels, n := range at {
		require.Equal(b, n, b.Metric(`skald_saga_parked_total\{[^}]*`+labels+`[^}]*\}`), labels)
	}
	require.Eventually(b, func() bool { return b.Metric("skald_sagas_parked") == float64(len(all)) }, 30*time.Second, 100*time.Millisecond)
}
