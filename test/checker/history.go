package checker

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// History is what a run's history tells.
type History struct {
	WorkflowID string
	Events     int
	Steps      []Step
	From, To   time.Time

	result     string // as JSON
	attributes map[string]string
	leaks      []string
	failures   []string // of workflow tasks, for reasons that are the workflow's own
}

// Step is one activity, from its scheduling to its end. A local activity is
// known at its end only: From is the start of the workflow task that ran it.
type Step struct {
	Activity string
	From, To time.Time
	Attempts int
	Done     bool // it succeeded
	TimedOut bool

	begun, ended int64 // event ids
}

// says tells whether a run's result is this. One that was erased with its user says
// nothing else.
func (h History) says(result string) bool {
	return h.result == result || strings.HasPrefix(h.result, `{"erased":`)
}

// own are the causes of failed workflow tasks that are the workflow's own, beside
// commands that are bad.
var own = []string{
	enums.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR.String(), enums.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE.String(),
}

func readHistory(ctx context.Context, c client.Client, workflowID string, leak leaks) (History, error) {
	h := History{WorkflowID: workflowID, attributes: map[string]string{}}
	open := map[int64]*Step{} // by the event that scheduled it
	var task time.Time
	for iter := c.GetWorkflowHistory(ctx, workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); iter.HasNext(); {
		e, err := iter.Next()
		if err != nil {
			return h, fmt.Errorf("read history of %s: %w", workflowID, err)
		}
		h.Events++
		if h.From.IsZero() {
			h.From = e.EventTime.AsTime()
		}
		h.To = e.EventTime.AsTime()
		h.leaks = append(h.leaks, leak.in(e)...)
		if e.EventType == enums.EVENT_TYPE_WORKFLOW_TASK_STARTED {
			task = e.EventTime.AsTime()
		}
		h.take(e, task, open)
	}
	for _, s := range open { // nobody waited for it: it may still come
		s.To = h.To
		h.Steps = append(h.Steps, *s)
	}
	return h, nil
}

// take reads one event.
func (h *History) take(e *history.HistoryEvent, task time.Time, open map[int64]*Step) {
	end := func(scheduled int64, done, timedOut bool) {
		if s := open[scheduled]; s != nil {
			s.To, s.ended, s.Done, s.TimedOut = e.EventTime.AsTime(), e.EventId, done, timedOut
			h.Steps = append(h.Steps, *s)
			delete(open, scheduled)
		}
	}
	switch e.EventType {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		h.learn(e.GetWorkflowExecutionStartedEventAttributes().SearchAttributes)
	case enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		h.learn(e.GetUpsertWorkflowSearchAttributesEventAttributes().SearchAttributes)
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		for _, p := range e.GetWorkflowExecutionCompletedEventAttributes().GetResult().GetPayloads() {
			h.result += string(p.Data)
		}
	case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		open[e.EventId] = &Step{
			Activity: e.GetActivityTaskScheduledEventAttributes().ActivityType.Name, From: e.EventTime.AsTime(), begun: e.EventId,
		}
	case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		a := e.GetActivityTaskStartedEventAttributes()
		if s := open[a.ScheduledEventId]; s != nil {
			s.Attempts = int(a.Attempt)
		}
	case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		end(e.GetActivityTaskCompletedEventAttributes().ScheduledEventId, true, false)
	case enums.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		end(e.GetActivityTaskFailedEventAttributes().ScheduledEventId, false, false)
	case enums.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		end(e.GetActivityTaskTimedOutEventAttributes().ScheduledEventId, false, true)
	case enums.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
		end(e.GetActivityTaskCanceledEventAttributes().ScheduledEventId, false, false)
	case enums.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		a := e.GetWorkflowTaskFailedEventAttributes()
		// That a slow local activity could not ask for more time is the server's failure.
		if strings.HasPrefix(a.Failure.GetMessage(), "error sending workflow task heartbeat") {
			return
		}
		if cause := a.Cause.String(); strings.HasPrefix(cause, "Bad") || slices.Contains(own, cause) {
			h.failures = append(h.failures, cause+": "+a.Failure.GetMessage())
		}
	case enums.EVENT_TYPE_MARKER_RECORDED:
		h.takeLocal(e, task)
	default: // tells nothing of a step
	}
}

// takeLocal reads the marker that a local activity leaves.
func (h *History) takeLocal(e *history.HistoryEvent, task time.Time) {
	m := e.GetMarkerRecordedEventAttributes()
	if m.MarkerName != "LocalActivity" {
		return
	}
	var data struct {
		ActivityType string
		Attempt      int
	}
	for _, p := range m.Details["data"].GetPayloads() {
		_ = json.Unmarshal(p.Data, &data) // what is none has no type
	}
	if data.ActivityType != "" {
		h.Steps = append(h.Steps, Step{
			Activity: data.ActivityType, From: task, To: e.EventTime.AsTime(), Attempts: data.Attempt, Done: m.Failure == nil, begun: e.EventId, ended: e.EventId,
		})
	}
}

func (h *History) learn(a *common.SearchAttributes) {
	for name, p := range a.GetIndexedFields() {
		var value string
		if json.Unmarshal(p.Data, &value) == nil {
			h.attributes[name] = value
		}
	}
}

// leaks finds in histories what they must not hold: C2.
type leaks []*regexp.Regexp

func newLeaks(secrets []string) leaks {
	found := leaks{
		regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}`),   // an e-mail address
		regexp.MustCompile(`\b(sk|rk)_(test|live)_\w+|whsec_\w+|_secret_\w+`), // the provider's secrets
		regexp.MustCompile(`postgres(ql)?://`),                                // how a database is reached
		regexp.MustCompile(`\b(?:\d[ -]?){13,19}\b.{0,8}\b(cvc|cvv|exp)`),     // a card
		regexp.MustCompile(`(?i)bearer\s+\w+|/3ds/`),                          // a key; the customer's page at the bank
	}
	for _, s := range secrets {
		found = append(found, regexp.MustCompile(regexp.QuoteMeta(s)))
	}
	return found
}

// in gives what of it an event holds. A worker's identity is a process's number
// and host, which looks like an address.
func (l leaks) in(e *history.HistoryEvent) (found []string) {
	e = proto.CloneOf(e)
	e.ProtoReflect().Range(func(_ protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if attributes, ok := value.Interface().(protoreflect.Message); ok {
			if identity := attributes.Descriptor().Fields().ByName("identity"); identity != nil {
				attributes.Clear(identity)
			}
		}
		return true
	})
	raw, err := proto.Marshal(e)
	if err != nil {
		return []string{"an event that cannot be read"}
	}
	for _, hit := range l.find(raw) {
		found = append(found, fmt.Sprintf("%s in event %d (%s)", hit, e.EventId, e.EventType))
	}
	return found
}

func (l leaks) find(raw []byte) (found []string) {
	for _, pattern := range l {
		if hit := pattern.Find(raw); hit != nil {
			found = append(found, fmt.Sprintf("%q", hit))
		}
	}
	return found
}
