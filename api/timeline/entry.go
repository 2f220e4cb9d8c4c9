// Package timeline reads the histories of an order's sagas: which step was tried
// when, by which attempt, and what came of it. It is pure: events in, entries out.
//
// An entry holds names and codes only. What a step was given, what it gave and the
// text of its failures stay in the history.
package timeline

import (
	"fmt"
	"time"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// Event is what happened.
type Event string

// What happens to a step. A step of the order service itself runs inside the
// saga's worker: of that only its end is on record.
const (
	Started   Event = "started"
	Retried   Event = "retried" // its last attempt began, after others that failed
	Succeeded Event = "succeeded"
	Refused   Event = "refused" // a definite no
	Failed    Event = "failed"  // retries ran out; it may have happened
	TimedOut  Event = "timed_out"
	Cancelled Event = "cancelled" // the saga waits for it no longer
)

// What happens to the saga.
const (
	StateChanged    Event = "state_changed"
	CancelRequested Event = "cancel_requested"
	Notified        Event = "notified"    // the payment provider has news
	Resolved        Event = "resolved"    // an operator decided on a parked step
	Reset           Event = "reset"       // an operator had it go on from an earlier point
	Interrupted     Event = "interrupted" // the run was cut off; another one goes on
	Ended           Event = "ended"
)

// Entry is one thing that happened. Fields that do not apply are left out.
type Entry struct {
	ID         string        `json:"id" doc:"Unique, and the same in each answer" example:"01a1fee4-2137-70eb-90ba-dbd45ad27fc4:26"`
	At         time.Time     `json:"at" doc:"When it happened. Entries come in the sequence in which they were recorded, in which the time may step back a little"`
	WorkflowID string        `json:"workflow_id" doc:"The saga: the order's, or that of one of its refunds" example:"order/ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Event      Event         `json:"event" enum:"started,retried,succeeded,refused,failed,timed_out,cancelled,state_changed,cancel_requested,notified,resolved,reset,interrupted,ended" doc:"What happened: to the step where one is named, else to the saga"`
	Step       string        `json:"step,omitempty" doc:"As the saga's definition names it" example:"AuthorizePayment"`
	Kind       saga.Kind     `json:"kind,omitempty" enum:"compensatable,pivot,retriable,compensation,reversal,closing,resumption" doc:"What the step is to its saga"`
	Undoes     string        `json:"undoes,omitempty" doc:"The step that a compensation undoes" example:"ReserveStock"`
	Service    string        `json:"service,omitempty" doc:"Who does the step" example:"payment"`
	Activity   string        `json:"activity,omitempty" doc:"The operation, where it is not called as the step is" example:"TransitionOrder"`
	Attempt    int32         `json:"attempt,omitempty" doc:"Which attempt it was; 1 is the first" example:"1"`
	Outcome    string        `json:"outcome,omitempty" doc:"What a step, or the saga, came to" example:"authorized"`
	Code       string        `json:"code,omitempty" doc:"Why it was refused, failed, is parked or turned back; stable" example:"payment_declined"`
	State      saga.State    `json:"state,omitempty" enum:"running,waiting,compensating,parked,completed,compensated" doc:"The saga's from then on"`
	Status     order.Status  `json:"status,omitempty" enum:"pending,awaiting_payment,confirmed,rejected,cancelled,failed,refunded" doc:"The order's from then on"`
	Deadline   *time.Time    `json:"deadline,omitempty" doc:"Until when the customer can act, of a saga that waits"`
	Decision   saga.Decision `json:"decision,omitempty" enum:"retry,retry_with,skip,compensate" doc:"What an operator decided"`
}

// Running is a step that is being tried: nothing of that is on record before it
// ends.
type Running struct {
	WorkflowID string     `json:"workflow_id" example:"order/ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Step       string     `json:"step" example:"AuthorizePayment"`
	Service    string     `json:"service,omitempty" example:"payment"`
	Attempt    int32      `json:"attempt" doc:"The attempt that runs, or comes next" example:"3"`
	Code       string     `json:"code,omitempty" doc:"Why the attempt before it failed" example:"provider_unavailable"`
	NextAt     *time.Time `json:"next_at,omitempty" doc:"When the next attempt begins; left out while one runs"`
}

// entryID names an event of a run.
func entryID(run string, event int64) string { return fmt.Sprintf("%s:%d", run, event) }
