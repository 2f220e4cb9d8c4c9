package timeline

import (
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/skaldhq/skald/workflows"
	"github.com/skaldhq/skald/workflows/saga"
)

// action is an activity that was scheduled.
type action struct {
	id      string // the activity's
	entry   Entry  // what each of its entries says
	attempt int32
}

// step names the step that an activity belongs to: its summary is that of the
// step. One that has another is a question of the resumption's.
func (r *Run) step(activity, summary string) string {
	name := activity
	for _, p := range r.parts {
		if p.Summary == summary {
			return p.Name
		}
		if p.Kind == saga.Resumption {
			name = p.Name
		}
	}
	return name
}

// about is what each entry of an activity says.
func about(step, activity, service string) Entry {
	e := Entry{Step: step, Service: service}
	if activity != step {
		e.Activity = activity
	}
	return e
}

func (r *Run) scheduled(e *historypb.HistoryEvent) (Entry, bool) {
	a := e.GetActivityTaskScheduledEventAttributes()
	name := a.GetActivityType().GetName()
	act := &action{id: a.GetActivityId(), entry: about(r.step(name, summary(e)), name, a.GetTaskQueue().GetName()), attempt: 1}
	r.open[e.GetEventId()] = act
	return act.as(Started), true
}

// as is an entry of the activity.
func (a *action) as(event Event) Entry {
	e := a.entry
	e.Event, e.Attempt = event, a.attempt
	return e
}

// begun is told along with the end of an activity, of its last attempt.
func (r *Run) begun(a *historypb.ActivityTaskStartedEventAttributes) (Entry, bool) {
	act := r.open[a.GetScheduledEventId()]
	if act == nil || a.GetAttempt() < 2 {
		return Entry{}, false
	}
	act.attempt = a.GetAttempt()
	e := act.as(Retried)
	if f := a.GetLastFailure(); f != nil {
		_, e.Code = failure(f)
	}
	return e, true
}

// over ends an activity. One that the saga gave up on has ended before.
func (r *Run) over(scheduled int64, event Event, code string) (Entry, bool) {
	act := r.open[scheduled]
	if act == nil {
		return Entry{}, false
	}
	delete(r.open, scheduled)
	r.codes[act.entry.Step] = code
	e := act.as(event)
	e.Code = code
	return e, true
}

// activity reads the events of the activities.
func (r *Run) activity(e *historypb.HistoryEvent) (entry Entry, ok bool) {
	switch e.GetEventType() {
	case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		return r.scheduled(e)
	case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		return r.begun(e.GetActivityTaskStartedEventAttributes())
	case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		a := e.GetActivityTaskCompletedEventAttributes()
		entry, ok = r.over(a.GetScheduledEventId(), Succeeded, "")
		entry.Outcome = outcome(a.GetResult())
		return entry, ok
	case enums.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		a := e.GetActivityTaskFailedEventAttributes()
		event, code := failure(a.GetFailure())
		return r.over(a.GetScheduledEventId(), event, code)
	case enums.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		a := e.GetActivityTaskTimedOutEventAttributes()
		_, code := failure(a.GetFailure())
		return r.over(a.GetScheduledEventId(), TimedOut, code)
	case enums.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
		return r.over(e.GetActivityTaskCancelRequestedEventAttributes().GetScheduledEventId(), Cancelled, "")
	case enums.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
		return r.over(e.GetActivityTaskCanceledEventAttributes().GetScheduledEventId(), Cancelled, "")
	default:
		return Entry{}, false
	}
}

// question is the local activity that only asks how an order stands.
const question = "ReadOrders"

// local reads what the order service did inside the saga's worker: a marker at its
// end. Notes of how the saga stands are no steps: it says so itself.
func (r *Run) local(e *historypb.HistoryEvent) (Entry, bool) {
	a := e.GetMarkerRecordedEventAttributes()
	data, ok := decode[struct {
		ActivityType string
		Attempt      int32
	}](first(a.GetDetails()["data"]))
	if a.GetMarkerName() != "LocalActivity" || !ok {
		return Entry{}, false
	}
	said := summary(e)
	for _, p := range r.parts {
		if p.Summary != said || data.ActivityType == question {
			continue
		}
		entry := about(p.Name, data.ActivityType, workflows.QueueOrder)
		entry.Event, entry.Attempt, entry.Outcome = Succeeded, data.Attempt, outcome(a.GetDetails()["result"])
		if f := a.GetFailure(); f != nil {
			entry.Event, entry.Code = failure(f)
		}
		r.codes[p.Name] = entry.Code
		return entry, true
	}
	return Entry{}, false
}
