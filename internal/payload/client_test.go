package payload

import (
	"testing"
	"time"

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
