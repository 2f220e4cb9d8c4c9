package payload

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/worker"

	"github.com/skaldhq/skald/workers"
)

// TestReplaySealed: a run that was sealed replays on what a client of Temporal that
// has the keys reads of it.
func TestReplaySealed(t *testing.T) {
	t.Parallel()
	c := newCodec(NewKeys(ring(t, newKey), newVault("usr_1"), time.Now))
	name, err := c.keys.of(t.Context(), "usr_1")
	require.NoError(t, err)
	raw, err := os.ReadFile("../../workflows/testdata/histories/place_order/r3/confirmed.json")
	require.NoError(t, err)
	recorded := &historypb.History{}
	require.NoError(t, temporalproto.CustomJSONUnmarshalOptions{}.Unmarshal(raw, recorded))
	require.NoError(t, proxy.VisitPayloads(t.Context(), recorded, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(ctx *proxy.VisitPayloadsContext, all []*commonpb.Payload) ([]*commonpb.Payload, error) {
			return (&wire{Codec: c}).sealEach(ctx, name, all)
		},
	}))
	s, client := cluster(t, c)
	s.answers["GetWorkflowExecutionHistory"] = &workflowservice.GetWorkflowExecutionHistoryResponse{History: recorded}
	read, err := client.GetWorkflowExecutionHistory(t.Context(), &workflowservice.GetWorkflowExecutionHistoryRequest{})
	require.NoError(t, err)
	replayer := worker.NewWorkflowReplayer()
	require.NoError(t, workers.RegisterSagas(replayer))
	require.NoError(t, replayer.ReplayWorkflowHistory(nil, read.History))
}
