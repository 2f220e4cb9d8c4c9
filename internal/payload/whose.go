package payload

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// errNoTask is that a process answers a task which it was not given, or so long
// ago that it forgot: Temporal gives it again.
var errNoTask = errors.New("the task is not known here")

// keyOf tells which key seals a request: that of the user whom the saga is of that
// begins, that of the run which it is about, the platform's for anything else.
func (w *wire) keyOf(ctx context.Context, cc *grpc.ClientConn, request proto.Message) (keyName, error) {
	switch r := request.(type) {
	case interface{ GetTaskToken() []byte }:
		name, ok := w.tasks.Get(string(r.GetTaskToken()))
		if !ok {
			return "", errNoTask
		}
		return name, nil
	case *workflowservice.ExecuteMultiOperationRequest:
		for _, op := range r.GetOperations() {
			if start := op.GetStartWorkflow(); start != nil {
				return w.keys.of(ctx, w.userOf(start.GetSearchAttributes()))
			}
		}
		return platform, nil
	case interface {
		GetSearchAttributes() *commonpb.SearchAttributes
	}:
		return w.keys.of(ctx, w.userOf(r.GetSearchAttributes()))
	case interface {
		GetWorkflowExecution() *commonpb.WorkflowExecution
	}:
		return w.keyOfRun(ctx, cc, request, r.GetWorkflowExecution())
	case interface {
		GetExecution() *commonpb.WorkflowExecution
	}:
		return w.keyOfRun(ctx, cc, request, r.GetExecution())
	default:
		return platform, nil
	}
}

// userOf is the user whom search attributes name; empty where they name none.
func (w *wire) userOf(attributes *commonpb.SearchAttributes) (userID string) {
	if p := attributes.GetIndexedFields()[w.userAttribute]; p != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(p, &userID) // what is no text names nobody
	}
	return userID
}

// temporalSaid is an error of Temporal's, which the SDK knows how to take.
type temporalSaid struct{ error }

// keyOfRun tells which key a run's input is sealed with, which is that of all of
// the run. asked is the request that it is asked for: of the same namespace.
func (w *wire) keyOfRun(ctx context.Context, cc *grpc.ClientConn, asked proto.Message, run *commonpb.WorkflowExecution) (keyName, error) {
	if name, ok := w.runs.Get(run.GetRunId()); ok {
		return name, nil
	}
	in, ok := asked.(interface{ GetNamespace() string })
	if !ok {
		return platform, nil
	}
	page, err := workflowservice.NewWorkflowServiceClient(cc).GetWorkflowExecutionHistory(context.WithValue(ctx, bareKey{}, true),
		&workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: in.GetNamespace(), Execution: run, MaximumPageSize: 1})
	switch said := serviceerror.ToStatus(err); said.Code() {
	case codes.OK:
	case codes.NotFound: // as the call itself is about to be told
		return platform, nil
	default:
		return "", temporalSaid{said.Err()}
	}
	name, _ := began(page.GetHistory())
	if run.GetRunId() != "" {
		w.runs.Add(run.GetRunId(), name)
	}
	return name, nil
}

// began tells which key a run's input is sealed with; not ok: the events are not
// the run's first ones.
func began(h *historypb.History) (name keyName, ok bool) {
	if len(h.GetEvents()) == 0 {
		return platform, false
	}
	first := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
	return sealedWith(first.GetInput()), first != nil
}

// sealedWith is the user's key that one of the payloads is sealed with, if any is.
func sealedWith(payloads *commonpb.Payloads) keyName {
	for _, p := range payloads.GetPayloads() {
		if name := keyName(p.GetMetadata()[metadataKey]); sealed(p) && name.ofUser() {
			return name
		}
	}
	return platform
}
