package payload

import (
	"context"
	"errors"
	"fmt"

	commandpb "go.temporal.io/api/command/v1"
	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// learn remembers with which keys the answers of the tasks are sealed that
// Temporal gave, and forgets those of the tasks that were answered.
func (w *wire) learn(ctx context.Context, cc *grpc.ClientConn, req, answer any) error {
	request, ok := req.(proto.Message)
	if !ok {
		return nil
	}
	switch r := answer.(type) {
	case *workflowservice.PollWorkflowTaskQueueResponse:
		return w.learnWorkflow(ctx, cc, request, r)
	case *workflowservice.PollActivityTaskQueueResponse:
		w.learnActivity(r)
	case *workflowservice.StartWorkflowExecutionResponse:
		return w.learnWorkflow(ctx, cc, request, r.GetEagerWorkflowTask())
	case *workflowservice.RespondWorkflowTaskCompletedResponse:
		for _, task := range r.GetActivityTasks() {
			w.learnActivity(task)
		}
		if err := w.learnWorkflow(ctx, cc, request, r.GetWorkflowTask()); err != nil {
			return err
		}
		if len(r.GetWorkflowTask().GetTaskToken()) == 0 {
			r.WorkflowTask = nil // it was ended
		}
		w.forget(request)
	case *workflowservice.RespondWorkflowTaskFailedResponse, *workflowservice.RespondQueryTaskCompletedResponse,
		*workflowservice.RespondActivityTaskCompletedResponse, *workflowservice.RespondActivityTaskFailedResponse,
		*workflowservice.RespondActivityTaskCanceledResponse:
		w.forget(request)
	}
	return nil
}

// learnWorkflow: a task of a run that this process has in its cache tells only what
// is new.
func (w *wire) learnWorkflow(ctx context.Context, cc *grpc.ClientConn, asked proto.Message, task *workflowservice.PollWorkflowTaskQueueResponse) error {
	if len(task.GetTaskToken()) == 0 {
		return nil
	}
	name, ok := began(task.GetHistory())
	if !ok {
		var err error
		if name, err = w.keyOfRun(ctx, cc, asked, task.GetWorkflowExecution()); err != nil {
			return call{answer: task}.failed(err)
		}
	}
	if _, err := w.keys.find(ctx, name); errors.Is(err, ErrErased) {
		return w.end(ctx, cc, asked, task)
	}
	w.runs.Add(task.GetWorkflowExecution().GetRunId(), name)
	w.tasks.Add(string(task.GetTaskToken()), name)
	return nil
}

// learnActivity: an activity's input is sealed with the key of its run.
func (w *wire) learnActivity(task *workflowservice.PollActivityTaskQueueResponse) {
	if len(task.GetTaskToken()) > 0 {
		w.tasks.Add(string(task.GetTaskToken()), sealedWith(task.GetInput()))
	}
}

func (w *wire) forget(request proto.Message) {
	if task, ok := request.(interface{ GetTaskToken() []byte }); ok {
		w.tasks.Remove(string(task.GetTaskToken()))
	}
}

// codeErased is the type of the failure of a run that was erased.
const codeErased = "payload_erased"

// end ends the run of a task that nobody can work on: its user was erased, and
// somebody has reset it since. What the SDK would make of a history that it cannot
// read is none of the commands which that has, and it would try for ever. To the
// SDK there was no task.
func (w *wire) end(ctx context.Context, cc *grpc.ClientConn, asked proto.Message, task *workflowservice.PollWorkflowTaskQueueResponse) error {
	defer proto.Reset(task)
	temporal, bare := workflowservice.NewWorkflowServiceClient(cc), context.WithValue(ctx, bareKey{}, true)
	in, _ := asked.(interface {
		GetNamespace() string
		GetIdentity() string
		GetDeploymentOptions() *deploymentpb.WorkerDeploymentOptions
	})
	if in == nil {
		return call{answer: task}.failed(ErrErased)
	}
	var err error
	if task.GetQuery() != nil {
		_, err = temporal.RespondQueryTaskCompleted(bare, &workflowservice.RespondQueryTaskCompletedRequest{
			Namespace: in.GetNamespace(), TaskToken: task.GetTaskToken(), CompletedType: enums.QUERY_RESULT_TYPE_FAILED, ErrorMessage: ErrErased.Error(),
		})
	} else {
		_, err = temporal.RespondWorkflowTaskCompleted(bare, &workflowservice.RespondWorkflowTaskCompletedRequest{
			Namespace: in.GetNamespace(), TaskToken: task.GetTaskToken(), Identity: in.GetIdentity(), DeploymentOptions: in.GetDeploymentOptions(),
			Commands: []*commandpb.Command{{
				CommandType: enums.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
				Attributes: &commandpb.Command_FailWorkflowExecutionCommandAttributes{FailWorkflowExecutionCommandAttributes: &commandpb.FailWorkflowExecutionCommandAttributes{
					Failure: &failurepb.Failure{Message: ErrErased.Error(), FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
						ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: codeErased, NonRetryable: true},
					}},
				}},
			}},
		})
	}
	if err != nil {
		return fmt.Errorf("end a run that was erased: %w", err)
	}
	return nil
}
