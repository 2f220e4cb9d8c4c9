package saga

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// QueryStatus is the query that tells how a saga stands: it gives a Status.
const QueryStatus = "status"

// Status is how a saga stands.
type Status struct {
	Saga  string `json:"saga"`
	State State  `json:"state"`
	// Failure is why it turned back; nil while it goes forward.
	Failure *FailureStatus `json:"failure,omitempty"`
	// Steps are those of the definition, and the reversals once they began.
	Steps  []StepStatus   `json:"steps"`
	Parked []ParkedStatus `json:"parked"`
	// Resolutions are what operators decided, oldest first.
	Resolutions []Resolved `json:"resolutions"`
}

// StepStatus is one step.
type StepStatus struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// State is waiting, running, done, failed, undone or skipped.
	State string `json:"state"`
}

// FailureStatus is why a saga turned back.
type FailureStatus struct {
	Step   string `json:"step"`
	Class  Class  `json:"class"`
	Reason string `json:"reason"`
}

// ParkedStatus is an action that keeps failing.
type ParkedStatus struct {
	Step string `json:"step"`
	// Class and Reason tell the last failure, Attempts how many rounds failed, each
	// with the retries of its policy.
	Class    Class     `json:"class"`
	Reason   string    `json:"reason"`
	Attempts int       `json:"attempts" doc:"How many rounds of retries have failed; not the single attempts in them"`
	Since    time.Time `json:"since"`
	// Decisions are what can be done with it; nothing once it is decided.
	Decisions []Decision `json:"decisions"`
	// Decided is what an operator decided, and is done as soon as the attempts that
	// are under way have ended.
	Decided Decision `json:"decided,omitempty" doc:"What was decided, and is done as soon as the attempts that are under way have ended"`
}

// parked is an action that keeps failing.
type parked struct {
	step     string
	how      insistence
	failure  Failure
	attempts int
	since    time.Time
	decided  Decision // empty: nobody decided
	due      bool     // the decision is recorded, and to be done
	patience time.Duration
}

func (r *Run[S]) status() (Status, error) { //nolint:unparam // as query handlers are
	s := Status{Saga: r.def.Name, State: r.view.state, Steps: []StepStatus{}, Parked: []ParkedStatus{}, Resolutions: append([]Resolved{}, r.resolved...)}
	if f := r.failure; f != nil {
		s.Failure = &FailureStatus{Step: f.Step, Class: f.Class, Reason: f.Reason()}
	}
	for _, name := range r.view.order {
		s.Steps = append(s.Steps, StepStatus{Name: name, Kind: r.view.kinds[name], State: r.view.marks[name].String()})
	}
	for _, name := range r.parkedSteps() {
		p := r.parked[name]
		s.Parked = append(s.Parked, ParkedStatus{
			Step: name, Class: p.failure.Class, Reason: p.failure.Reason(), Attempts: p.attempts, Since: p.since, Decisions: r.open(p), Decided: p.decided,
		})
	}
	return s, nil
}

// parkedSteps names what is parked, sorted.
func (r *Run[S]) parkedSteps() []string { return workflow.DeterministicKeys(r.parked) }

// park says that an action keeps failing.
func (r *Run[S]) park(ctx workflow.Context, name string, how insistence, err error) *parked {
	p := r.parked[name]
	fresh := p == nil
	if fresh {
		p = &parked{step: name, how: how, since: workflow.Now(ctx).UTC()}
		r.parked[name] = p
	}
	p.attempts++
	p.failure = Failure{Step: name, Class: Classify(err), Err: err}
	workflow.GetLogger(ctx).Error("saga parked", "saga", r.def.Name, "step", name, "reason", p.failure.Reason(), "attempts", p.attempts)
	switch {
	case fresh:
		r.count(ctx, MetricParked, name)
		r.become(ctx, Parked, name)
	case r.def.OnState != nil && tellsParkedAgain(ctx): // who was away the first time learns it
		r.def.OnState(ctx, r.state, Parked)
	}
	return p
}

// changeParked is the change by which a saga tells again, while it is parked, that
// it is, and where. A run that was parked before that change goes on without.
const changeParked = "parked-told-again"

// tellsParkedAgain tells whether the run is to give the commands of changeParked.
// The marker costs two events, of runs that are parked for long alone.
func tellsParkedAgain(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, changeParked, workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// unpark says that an action is done with.
func (r *Run[S]) unpark(ctx workflow.Context, name string) {
	if r.parked[name] == nil {
		return
	}
	delete(r.parked, name)
	switch {
	case len(r.parked) > 0: // another step of the stage keeps it parked
		if r.view.step == name && tellsParkedAgain(ctx) {
			r.become(ctx, Parked, r.parkedSteps()[0])
		}
	case r.failure != nil:
		r.become(ctx, Compensating, name)
	default:
		r.become(ctx, Running, name)
	}
}
