package payload

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// dialed is a client of the SDK's that seals and opens.
func dialed(t *testing.T, c *Codec) (*server, client.Client) {
	t.Helper()
	s, dialer := serve(t)
	s.answers["GetSystemInfo"] = &workflowservice.GetSystemInfoResponse{}
	o := client.Options{HostPort: "passthrough:///temporal", ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{dialer}}}
	require.NoError(t, c.Protect(&o, attribute))
	dialed, err := client.DialContext(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(dialed.Close)
	return s, dialed
}

// TestNobodyThere: who calls a run that is not there learns of it from Temporal, and
// at once: each question is asked once.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	s, temporal := dialed(t, newCodec(NewKeys(ring(t, newKey), newVault("usr_1"), time.Now)))
	s.asked = nil
	err := temporal.SignalWorkflow(t.Context(), "order/1", "", "wake", "signal")
	var missing *serviceerror.NotFound
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "no such run", missing.Message)
	require.Len(t, s.asked, 2, "%v", s.asked)
	require.Equal(t, "new", nameOn(last[*workflowservice.SignalWorkflowExecutionRequest](s).Input.Payloads[0]))
}

// TestLists: a memo that nobody here can open is in a list as it is, and holds none of
// the others back.
func TestLists(t *testing.T) {
	t.Parallel()
	c := newCodec(NewKeys(ring(t, newKey), newVault("usr_1"), time.Now))
	s, temporal := dialed(t, c)
	foreign := sealedFor(t, newCodec(NewKeys(ring(t, oldKey), nil, time.Now)), "")
	broken := sealedFor(t, c, "")
	broken.Data[20] ^= 1
	s.answers["ListWorkflowExecutions"] = &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
		{Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"a": foreign, "b": broken}}},
		{Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"c": sealedFor(t, c, "usr_1")}}},
	}}
	found, err := temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default"})
	require.NoError(t, err)
	require.True(t, proto.Equal(foreign, found.Executions[0].Memo.Fields["a"]))
	require.True(t, proto.Equal(broken, found.Executions[0].Memo.Fields["b"]))
	require.True(t, proto.Equal(plain(t, "hello"), found.Executions[1].Memo.Fields["c"]))
}

// TestListsUnanswered: while the user service does not answer, lists have what is of
// users as it is, after a moment and not one for each.
func TestListsUnanswered(t *testing.T) {
	t.Parallel()
	v := newVault("usr_1", "usr_2")
	sealing, c := newCodec(NewKeys(ring(t, newKey), v, time.Now)), newCodec(NewKeys(ring(t, newKey), v, time.Now))
	s, temporal := dialed(t, c)
	one, other := sealedFor(t, sealing, "usr_1"), sealedFor(t, sealing, "usr_2")
	s.answers["ListWorkflowExecutions"] = &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
		{Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"a": one}}}, {Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"b": other}}},
	}}
	v.hangs = make(chan error)
	found, err := temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default"})
	require.NoError(t, err)
	require.True(t, proto.Equal(one, found.Executions[0].Memo.Fields["a"]))
	require.True(t, proto.Equal(other, found.Executions[1].Memo.Fields["b"]))
}

// TestCounted: what cannot be opened is counted where a saga waits for it, and not
// where somebody looks at a history, or the worker has ended.
func TestCounted(t *testing.T) {
	t.Parallel()
	v := newVault("usr_1")
	c := newCodec(NewKeys(ring(t, newKey), v, time.Now))
	s, temporal := cluster(t, c)
	foreign := payloadsOf(sealedFor(t, newCodec(NewKeys(ring(t, oldKey), nil, time.Now)), ""))
	s.answers["GetWorkflowExecutionHistory"] = &workflowservice.GetWorkflowExecutionHistoryResponse{History: began1(foreign)}
	_, err := temporal.GetWorkflowExecutionHistory(t.Context(), &workflowservice.GetWorkflowExecutionHistoryRequest{})
	require.Error(t, err)
	poll := func(ctx context.Context, input *commonpb.Payloads) {
		s.answers["PollActivityTaskQueue"] = &workflowservice.PollActivityTaskQueueResponse{TaskToken: []byte("a"), Input: input}
		_, err := temporal.PollActivityTaskQueue(ctx, &workflowservice.PollActivityTaskQueueRequest{})
		require.Error(t, err)
	}
	poll(t.Context(), foreign)

	mine := payloadsOf(sealedFor(t, newCodec(NewKeys(ring(t, newKey), v, time.Now)), "usr_1"))
	v.hangs = make(chan error)
	ending, stop := context.WithCancel(t.Context())
	go func() {
		assert.Eventually(t, v.asked, time.Minute, time.Millisecond)
		stop()
	}()
	poll(ending, mine)
	require.InDelta(t, 1, testutil.ToFloat64(c.notOpened.WithLabelValues(reasonUnknownKey)), 0)
	require.Zero(t, testutil.ToFloat64(c.notOpened.WithLabelValues(reasonUnanswered)))
}

func payloadsOf(p *commonpb.Payload) *commonpb.Payloads {
	return &commonpb.Payloads{Payloads: []*commonpb.Payload{p}}
}
