package timeline

import (
	"cmp"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/skaldhq/skald/internal/payload"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows"
	"github.com/skaldhq/skald/workflows/saga"
)

// read makes an entry of an event; not ok: it tells nothing.
func (r *Run) read(e *historypb.HistoryEvent) (Entry, bool) {
	switch e.GetEventType() {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		a := e.GetWorkflowExecutionStartedEventAttributes()
		r.parts = r.reader.parts[a.GetWorkflowType().GetName()]
		r.erased = payload.Erased(first(a.GetInput()))
		return r.become(a.GetSearchAttributes())
	case enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		return r.become(e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes())
	case enums.EVENT_TYPE_MARKER_RECORDED:
		return r.local(e)
	case enums.EVENT_TYPE_TIMER_STARTED:
		if a := e.GetTimerStartedEventAttributes(); summary(e) == saga.DeadlineSummary {
			r.timer = deadline{event: e.GetEventId(), at: e.GetEventTime().AsTime().Add(a.GetStartToFireTimeout().AsDuration())}
		}
		return Entry{}, false
	case enums.EVENT_TYPE_TIMER_FIRED:
		return r.expired(e.GetTimerFiredEventAttributes().GetStartedEventId())
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		if e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() != workflows.SignalPaymentUpdated {
			return Entry{}, false
		}
		return Entry{Event: Notified}, true
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
		r.turned = workflows.CodeCancelled
		return Entry{Event: CancelRequested}, true
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		if e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetName() == saga.UpdateResolve {
			r.asked[e.GetEventId()] = struct{}{}
		}
		return Entry{}, false
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
		return r.resolved(e.GetWorkflowExecutionUpdateCompletedEventAttributes())
	case enums.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		return Entry{Event: Reset}, e.GetWorkflowTaskFailedEventAttributes().GetCause() == enums.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		r.closed = true
		return Entry{Event: Ended, State: r.state, Outcome: outcome(e.GetWorkflowExecutionCompletedEventAttributes().GetResult())}, true
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		return r.cut("terminated")
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		return r.cut("failed")
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		return r.cut("timed_out")
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		return r.cut("cancelled")
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		return r.cut("continued")
	default:
		return r.activity(e)
	}
}

// become is told by the search attributes.
func (r *Run) become(attributes *commonpb.SearchAttributes) (Entry, bool) {
	state := saga.State(keyword(attributes, saga.AttrState.GetName()))
	if state == "" {
		return Entry{}, false
	}
	r.state, r.at = state, keyword(attributes, saga.AttrStep.GetName())
	entry := Entry{Event: StateChanged, State: state, Status: order.Status(keyword(attributes, workflows.AttrOrderStatus.GetName())), Step: r.at}
	switch state {
	case saga.Waiting:
		if at := r.timer.at; !at.IsZero() {
			entry.Deadline = &at
		}
	case saga.Parked, saga.Compensating:
		entry.Code = cmp.Or(r.codes[entry.Step], r.turned)
	case saga.Running:
	default: // it has ended, at no step
		entry.Step = ""
	}
	if entry.Step == "start" {
		entry.Step = ""
	}
	return entry, true
}

// expired tells of the deadline, where the saga waited for the customer.
func (r *Run) expired(timer int64) (Entry, bool) {
	if timer != r.timer.event || r.state != saga.Waiting {
		return Entry{}, false
	}
	r.codes[r.at] = workflows.CodeActionTimeout
	return Entry{Event: TimedOut, Step: r.at, Code: workflows.CodeActionTimeout}, true
}

// resolved tells of an operator's decision, once it is on record: neither who made
// it nor the reason, which are for operators.
func (r *Run) resolved(a *historypb.WorkflowExecutionUpdateCompletedEventAttributes) (Entry, bool) {
	_, asked := r.asked[a.GetAcceptedEventId()]
	done, ok := decode[saga.Resolved](first(a.GetOutcome().GetSuccess()))
	if !asked || !ok {
		return Entry{}, false
	}
	return Entry{Event: Resolved, Step: done.Step, Decision: done.Action}, true
}

// cut ends a run that did not come to its end.
func (r *Run) cut(code string) (Entry, bool) {
	r.closed = true
	clear(r.open)
	return Entry{Event: Interrupted, State: r.state, Code: code}, true
}
