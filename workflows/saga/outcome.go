package saga

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
)

// Class is what an action's error tells. Only Refused is an answer.
type Class string

const (
	// Refused is a definite no of the other side: a non-retryable application
	// error. The step left nothing behind and never will.
	Refused Class = "refused"
	// Unknown is all else: retries ran out of time, or an attempt timed out. The step may
	// have happened, or may still happen.
	Unknown Class = "unknown"
	// Cancelled is that somebody cancelled the saga while the step ran.
	Cancelled Class = "cancelled"
	// Reversed is that an operator turned the saga back after its pivot began.
	Reversed Class = "reversed"
	// Expired is that the saga's deadline came while the step ran.
	Expired Class = "expired"
)

// ReasonReversed is the reason of a saga that an operator turned back.
const ReasonReversed = "reversed_by_operator"

// Classify tells what an error means.
func Classify(err error) Class {
	var app *temporal.ApplicationError
	switch {
	case temporal.IsCanceledError(err):
		return Cancelled
	case errors.As(err, &app) && app.NonRetryable():
		return Refused
	default:
		return Unknown
	}
}

// Failure is why a saga turned back.
type Failure struct {
	Step  string
	Class Class
	Err   error
}

// Error tells the step and the cause.
func (f *Failure) Error() string { return fmt.Sprintf("%s %s: %v", f.Step, f.Class, f.Err) }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Reason is the stable code of the failure: the type of the application error,
// or the class where there is none.
func (f *Failure) Reason() string {
	var app *temporal.ApplicationError
	if errors.As(f.Err, &app) && app.Type() != "" {
		return app.Type()
	}
	return string(f.Class)
}

// worse picks the failure that tells more: a definite no before anything else,
// and of two alike the one whose step is declared first.
func worse(a, b *Failure) *Failure {
	if a == nil || (b != nil && a.Class != Refused && b.Class == Refused) {
		return b
	}
	return a
}
