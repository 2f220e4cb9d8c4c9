package payload

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commandpb "go.temporal.io/api/command/v1"
	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	querypb "go.temporal.io/api/query/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/skaldhq/skald/internal/seal"
)

// nameOn is the name of the key on a payload; empty: it is not sealed.
func nameOn(p *commonpb.Payload) string { return string(p.GetMetadata()[metadataKey]) }

// TestSaga follows a saga of a user from its start, over a task of its workflow and
// one of an activity, to its end: all is sealed with the user's key, what shows the
// steps with the platform's, and search attributes with none. Here all is plain.
func TestSaga(t *testing.T) {
	t.Parallel()
	clock, v := &clock{}, newVault("usr_1")
	c := newCodec(NewKeys(ring(t, newKey, oldKey), v, clock.now))
	s, client := cluster(t, c)

	s.answers["StartWorkflowExecution"] = &workflowservice.StartWorkflowExecutionResponse{}
	begin := start(t, "usr_1", "input")
	begin.UserMetadata = &sdkpb.UserMetadata{Summary: plain(t, "summary")}
	_, err := client.StartWorkflowExecution(t.Context(), begin)
	require.NoError(t, err)
	require.Empty(t, nameOn(begin.Input.Payloads[0]), "the SDK may send it again")
	sent := last[*workflowservice.StartWorkflowExecutionRequest](s)
	mine := v.users["usr_1"].ID
	require.Equal(t, mine, nameOn(sent.Input.Payloads[0]))
	require.Equal(t, "new", nameOn(sent.UserMetadata.Summary))
	require.True(t, proto.Equal(begin.SearchAttributes, sent.SearchAttributes))

	s.answers["PollWorkflowTaskQueue"] = &workflowservice.PollWorkflowTaskQueueResponse{
		TaskToken: []byte("w1"), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: "order/1", RunId: "run"},
		History: began1(sent.Input),
	}
	task, err := client.PollWorkflowTaskQueue(t.Context(), &workflowservice.PollWorkflowTaskQueueRequest{Namespace: "default"})
	require.NoError(t, err)
	require.True(t, proto.Equal(plain(t, "input"), task.History.Events[0].GetWorkflowExecutionStartedEventAttributes().Input.Payloads[0]))

	s.answers["RespondWorkflowTaskCompleted"] = &workflowservice.RespondWorkflowTaskCompletedResponse{}
	_, err = client.RespondWorkflowTaskCompleted(t.Context(), &workflowservice.RespondWorkflowTaskCompletedRequest{
		Namespace: "default", TaskToken: []byte("w1"), Commands: []*commandpb.Command{
			{Attributes: &commandpb.Command_ScheduleActivityTaskCommandAttributes{ScheduleActivityTaskCommandAttributes: &commandpb.ScheduleActivityTaskCommandAttributes{
				Input: payloads(t, "activity"),
			}}},
			{Attributes: &commandpb.Command_RecordMarkerCommandAttributes{RecordMarkerCommandAttributes: &commandpb.RecordMarkerCommandAttributes{
				MarkerName: "LocalActivity", Details: map[string]*commonpb.Payloads{"data": payloads(t, "which"), "result": payloads(t, "what")},
			}}},
			{Attributes: &commandpb.Command_RecordMarkerCommandAttributes{RecordMarkerCommandAttributes: &commandpb.RecordMarkerCommandAttributes{
				MarkerName: "SideEffect", Details: map[string]*commonpb.Payloads{"data": payloads(t, "whose")},
			}}},
		},
	})
	require.NoError(t, err)
	commands := last[*workflowservice.RespondWorkflowTaskCompletedRequest](s).Commands
	scheduled := commands[0].GetScheduleActivityTaskCommandAttributes().Input
	require.Equal(t, mine, nameOn(scheduled.Payloads[0]))
	details := commands[1].GetRecordMarkerCommandAttributes().Details
	require.Equal(t, "new", nameOn(details["data"].Payloads[0]))
	require.Equal(t, mine, nameOn(details["result"].Payloads[0]))
	require.Equal(t, mine, nameOn(commands[2].GetRecordMarkerCommandAttributes().Details["data"].Payloads[0]), "of a local activity only")

	s.answers["PollActivityTaskQueue"] = &workflowservice.PollActivityTaskQueueResponse{TaskToken: []byte("a1"), Input: scheduled}
	activity, err := client.PollActivityTaskQueue(t.Context(), &workflowservice.PollActivityTaskQueueRequest{Namespace: "default"})
	require.NoError(t, err)
	require.True(t, proto.Equal(plain(t, "activity"), activity.Input.Payloads[0]))
	s.answers["RespondActivityTaskFailed"] = &workflowservice.RespondActivityTaskFailedResponse{}
	_, err = client.RespondActivityTaskFailed(t.Context(), &workflowservice.RespondActivityTaskFailedRequest{
		Namespace: "default", TaskToken: []byte("a1"), Failure: &failurepb.Failure{EncodedAttributes: plain(t, "text")},
	})
	require.NoError(t, err)
	require.Equal(t, mine, nameOn(last[*workflowservice.RespondActivityTaskFailedRequest](s).Failure.EncodedAttributes))

	// A task that was answered is no task any more.
	_, err = client.RespondActivityTaskFailed(t.Context(), &workflowservice.RespondActivityTaskFailedRequest{
		Namespace: "default", TaskToken: []byte("a1"), Failure: &failurepb.Failure{EncodedAttributes: plain(t, "text")},
	})
	require.Equal(t, codes.Aborted, status.Code(err))
}

// began1 is the history of a run that began with an input.
func began1(input *commonpb.Payloads) *historypb.History {
	return &historypb.History{Events: []*historypb.HistoryEvent{{
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input},
		},
	}}}
}

// TestLaterTask: a task that tells only what is new is of the key that its run began
// with, of which Temporal is asked where nobody here knows it.
func TestLaterTask(t *testing.T) {
	t.Parallel()
	v := newVault("usr_1")
	c := newCodec(NewKeys(ring(t, newKey), v, (&clock{}).now))
	s, client := cluster(t, c)
	s.answers["StartWorkflowExecution"] = &workflowservice.StartWorkflowExecutionResponse{}
	_, err := client.StartWorkflowExecution(t.Context(), start(t, "usr_1", "input"))
	require.NoError(t, err)
	s.answers["GetWorkflowExecutionHistory"] = &workflowservice.GetWorkflowExecutionHistoryResponse{
		History: began1(last[*workflowservice.StartWorkflowExecutionRequest](s).Input),
	}
	s.answers["PollWorkflowTaskQueue"] = &workflowservice.PollWorkflowTaskQueueResponse{
		TaskToken: []byte("w2"), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: "order/1", RunId: "run"},
		History: &historypb.History{Events: []*historypb.HistoryEvent{{EventId: 9}}},
	}
	_, err = client.PollWorkflowTaskQueue(t.Context(), &workflowservice.PollWorkflowTaskQueueRequest{Namespace: "default"})
	require.NoError(t, err)
	s.answers["RespondQueryTaskCompleted"] = &workflowservice.RespondQueryTaskCompletedResponse{}
	_, err = client.RespondQueryTaskCompleted(t.Context(), &workflowservice.RespondQueryTaskCompletedRequest{TaskToken: []byte("w2"), QueryResult: payloads(t, "state")})
	require.NoError(t, err)
	require.Equal(t, v.users["usr_1"].ID, nameOn(last[*workflowservice.RespondQueryTaskCompletedRequest](s).QueryResult.Payloads[0]))

	s.answers["SignalWorkflowExecution"] = &workflowservice.SignalWorkflowExecutionResponse{}
	_, err = client.SignalWorkflowExecution(t.Context(), &workflowservice.SignalWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: "order/1"}, Input: payloads(t, "signal"),
	})
	require.NoError(t, err)
	require.Equal(t, v.users["usr_1"].ID, nameOn(last[*workflowservice.SignalWorkflowExecutionRequest](s).Input.Payloads[0]))
}

// TestErasedTask: a task of a run whose user was erased is ended here, wherever in
// its history the run is, and a question to it answered; the SDK gets neither.
func TestErasedTask(t *testing.T) {
	t.Parallel()
	clock, v := &clock{at: time.Unix(0, 0)}, newVault("usr_1")
	c := newCodec(NewKeys(ring(t, newKey), v, clock.now))
	s, client := cluster(t, c)
	input := &commonpb.Payloads{Payloads: []*commonpb.Payload{sealedFor(t, c, "usr_1")}}
	v.erase("usr_1")
	clock.at = clock.at.Add(freshFor + time.Second)
	s.answers["RespondWorkflowTaskCompleted"] = &workflowservice.RespondWorkflowTaskCompletedResponse{}
	s.answers["RespondQueryTaskCompleted"] = &workflowservice.RespondQueryTaskCompletedResponse{}
	poll := func(query *querypb.WorkflowQuery) {
		s.answers["PollWorkflowTaskQueue"] = &workflowservice.PollWorkflowTaskQueueResponse{TaskToken: []byte("w"), History: began1(input), Query: query}
		task, err := client.PollWorkflowTaskQueue(t.Context(), &workflowservice.PollWorkflowTaskQueueRequest{Namespace: "default", Identity: "me"})
		require.NoError(t, err)
		require.Empty(t, task.TaskToken)
	}
	poll(nil)
	ended := last[*workflowservice.RespondWorkflowTaskCompletedRequest](s)
	require.Equal(t, "w me default", string(ended.TaskToken)+" "+ended.Identity+" "+ended.Namespace)
	failure := ended.Commands[0].GetFailWorkflowExecutionCommandAttributes().Failure
	require.Equal(t, "payload_erased", failure.GetApplicationFailureInfo().Type)
	require.Equal(t, ErrErased.Error(), failure.Message)
	poll(&querypb.WorkflowQuery{QueryType: "status"})
	require.Equal(t, ErrErased.Error(), last[*workflowservice.RespondQueryTaskCompletedRequest](s).ErrorMessage)
}

// TestAway: while the user service does not answer, nothing of a user's begins, and
// nobody is told that it never will.
func TestAway(t *testing.T) {
	t.Parallel()
	v := newVault("usr_1")
	v.away = errAway
	s, client := cluster(t, newCodec(NewKeys(ring(t, newKey), v, (&clock{}).now)))
	_, err := client.StartWorkflowExecution(t.Context(), start(t, "usr_1", "input"))
	require.Equal(t, codes.Aborted, status.Code(err))
	require.Empty(t, s.asked)
	require.NotContains(t, err.Error(), "usr_1")
}

// TestDefinite: what cannot be sealed here is not tried again, and says which saga
// does not begin; a task that cannot be answered here is another's.
func TestDefinite(t *testing.T) {
	t.Parallel()
	v := newVault("usr_1", "usr_2")
	for who, texts := range map[string]string{"usr_1": oldKey, "usr_2": strings.Replace(oldKey, "old", "new", 1)} {
		sealedFor(t, newCodec(NewKeys(ring(t, texts), v, time.Now)), who)
	}
	s, client := cluster(t, newCodec(NewKeys(ring(t, newKey), v, time.Now)))
	for who, why := range map[string]string{"usr_1": errUnknownKey.Error(), "usr_2": seal.ErrBroken.Error()} {
		_, err := client.StartWorkflowExecution(t.Context(), start(t, who, "input"))
		require.Equal(t, codes.FailedPrecondition, status.Code(err))
		require.ErrorContains(t, err, why)
		require.ErrorContains(t, err, "order/1")
		require.Empty(t, s.asked)
	}
}

// TestWithoutKeys: what is plain stays so, and a task that is sealed is left to who
// has the keys.
func TestWithoutKeys(t *testing.T) {
	t.Parallel()
	sealing := newCodec(NewKeys(ring(t, newKey), nil, (&clock{}).now))
	sealed, err := sealing.seal(t.Context(), platform, plain(t, "input"))
	require.NoError(t, err)
	s, client := cluster(t, newCodec(NewKeys(ring(t), nil, (&clock{}).now)))
	s.answers["StartWorkflowExecution"] = &workflowservice.StartWorkflowExecutionResponse{}
	_, err = client.StartWorkflowExecution(t.Context(), start(t, "usr_1", "input"))
	require.NoError(t, err)
	require.Empty(t, nameOn(last[*workflowservice.StartWorkflowExecutionRequest](s).Input.Payloads[0]))

	for _, p := range []*commonpb.Payload{sealed, {Metadata: map[string][]byte{"encoding": []byte(encodingSealed), metadataKey: []byte("upk_1")}}} {
		s.answers["PollActivityTaskQueue"] = &workflowservice.PollActivityTaskQueueResponse{
			TaskToken: []byte("a"), Input: &commonpb.Payloads{Payloads: []*commonpb.Payload{p}}, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: "order/1"},
		}
		_, err = client.PollActivityTaskQueue(t.Context(), &workflowservice.PollActivityTaskQueueRequest{})
		require.Equal(t, codes.Aborted, status.Code(err))
		require.ErrorContains(t, err, "SKALD_PAYLOAD_KEYS")
		require.ErrorContains(t, err, "order/1")
	}
}
