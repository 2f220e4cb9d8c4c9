package saga

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// UpdateResolve is the update by which an operator decides on a parked action:
// it takes a Resolution and gives a Resolved.
const UpdateResolve = "resolve"

// Decision is what an operator may do with a parked action.
type Decision string

// The decisions.
const (
	// Retry tries again now.
	Retry Decision = "retry"
	// RetryWith tries again now, with the timeouts of the input: a Patience.
	RetryWith Decision = "retry_with"
	// Skip takes the action for done.
	Skip Decision = "skip"
	// Compensate turns a saga back that is at its pivot or after it.
	Compensate Decision = "compensate"
)

// Patience is the input of RetryWith: how long an attempt may take from now on,
// such as "2m". It is at most MostPatience.
type Patience struct {
	StartToClose string `json:"start_to_close"`
}

// Duration is how long an attempt may take; not ok: it says nothing of the kind,
// or more than MostPatience.
func (p Patience) Duration() (d time.Duration, ok bool) {
	d, err := time.ParseDuration(p.StartToClose)
	return d, err == nil && d > 0 && d <= MostPatience
}

// MostPatience bounds what an operator may give an attempt.
const MostPatience = time.Hour

// Resolution is an operator's decision on one parked action.
type Resolution struct {
	ID     string          `json:"id"`
	Step   string          `json:"step"` // the name of the parked action
	Action Decision        `json:"action"`
	Reason string          `json:"reason"`
	By     string          `json:"by"`
	Input  json.RawMessage `json:"input,omitempty"`
}

// Resolved is a resolution that was taken, with the state before and after it.
type Resolved struct {
	Resolution
	Before State     `json:"before"`
	After  State     `json:"after"`
	At     time.Time `json:"at"`
}

// The types of the errors that a resolution is refused with.
const (
	// NotParked: the saga is not parked at the step.
	NotParked = "saga_not_parked"
	// NotAllowed: the decision makes no sense there.
	NotAllowed = "resolution_not_allowed"
	// BadResolution: a field is missing or cannot be read.
	BadResolution = "resolution_invalid"
)

func refuse(code, format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), code, nil)
}

// answerOperators lets operators ask how the saga stands, and decide on what is
// parked.
func (r *Run[S]) answerOperators(sure workflow.Context) {
	failed := errors.Join(
		workflow.SetQueryHandlerWithOptions(sure, QueryStatus, r.status, workflow.QueryHandlerOptions{Description: "how the saga stands"}),
		workflow.SetUpdateHandlerWithOptions(sure, UpdateResolve, r.resolve, workflow.UpdateHandlerOptions{
			Description: "decides on a parked step", Validator: r.admit,
		}),
	)
	if failed != nil { // a name that is taken: a defect that the first run shows
		panic(failed)
	}
}

// admit refuses a resolution that cannot be taken, and changes nothing.
func (r *Run[S]) admit(in Resolution) error {
	if in.ID == "" || in.Reason == "" || in.By == "" {
		return refuse(BadResolution, "A resolution needs an id, a reason and who decided.")
	}
	if !storable(in.ID) || !storable(in.Reason) || !storable(in.By) { // else it could be recorded nowhere, and would never be taken
		return refuse(BadResolution, "The id, the reason and who decided must be text.")
	}
	p := r.parked[in.Step]
	if p == nil {
		return refuse(NotParked, "The saga is not parked at %q. It is parked at: %s.", in.Step, strings.Join(r.parkedSteps(), ", "))
	}
	if p.decided != "" {
		return refuse(NotAllowed, "It was decided to %s %s, which is being done.", p.decided, in.Step)
	}
	if !slices.Contains(r.decisions(p), in.Action) {
		return refuse(NotAllowed, "%s cannot be resolved by %q. What can be done: %v.", in.Step, in.Action, r.decisions(p))
	}
	_, err := in.patience()
	return err
}

// storable tells text that any database keeps.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// open are the decisions that can be made now.
func (r *Run[S]) open(p *parked) []Decision {
	if p.decided != "" {
		return []Decision{}
	}
	return r.decisions(p)
}

// decisions are what can be done with a parked action.
func (r *Run[S]) decisions(p *parked) []Decision {
	all := []Decision{Retry}
	if !p.how.fixed {
		all = append(all, RetryWith)
	}
	if !p.how.must {
		all = append(all, Skip)
	}
	if r.failure == nil && len(r.def.Reverse) > 0 {
		all = append(all, Compensate)
	}
	return all
}

// patience reads the input, which only RetryWith takes.
func (in Resolution) patience() (time.Duration, error) {
	if in.Action != RetryWith {
		if len(in.Input) > 0 {
			return 0, refuse(BadResolution, "%s takes no input.", in.Action)
		}
		return 0, nil
	}
	var p Patience
	if err := json.Unmarshal(in.Input, &p); err != nil {
		return 0, refuse(BadResolution, `The input of retry_with is an object such as {"start_to_close":"2m"}.`)
	}
	d, ok := p.Duration()
	if !ok {
		return 0, refuse(BadResolution, "input.start_to_close must be a duration of at most %s, such as 2m.", MostPatience)
	}
	return d, nil
}

// resolve takes a resolution: told to whoever audits, and only then done.
func (r *Run[S]) resolve(ctx workflow.Context, in Resolution) (Resolved, error) {
	sure, _ := workflow.NewDisconnectedContext(ctx)
	p := r.parked[in.Step]
	p.decided = in.Action
	r.deciding++
	defer func() { r.deciding-- }()
	done := Resolved{Resolution: in, Before: r.view.state, After: Parked, At: workflow.Now(sure).UTC()}
	switch {
	case in.Action == Compensate:
		done.After = Compensating
	case in.Action == Skip && len(r.parked) == 1 && r.failure != nil:
		done.After = Compensating
	case in.Action == Skip && len(r.parked) == 1:
		done.After = Running
	}
	if r.def.OnResolve != nil {
		r.def.OnResolve(sure, r.state, done)
	}
	r.resolved = append(r.resolved, done)
	p.patience, _ = in.patience() // admitted
	if in.Action == Compensate {
		r.reversed = &Failure{Step: in.Step, Class: Reversed, Err: refuse(ReasonReversed, "An operator decided to turn back.")}
	}
	p.due = true
	return done, nil
}

// awaitDecisions waits until no resolution is being recorded: whoever sent it is
// to have its answer, also where the action was done meanwhile.
func (r *Run[S]) awaitDecisions() {
	_ = workflow.Await(r.sure, func() bool { return r.deciding == 0 })
}
