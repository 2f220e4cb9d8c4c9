// Package fault is the one vocabulary for what can go wrong between the
// services, the saga and the front door. A service returns a fault; the
// activities turn its kind into Temporal's, the front door into an HTTP status.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error.
type Kind string

// The kinds of error. Only Invalid, NotFound, Conflict and Refused are a
// definite answer of the other side; everything else leaves open what happened.
const (
	// Invalid: the request itself is wrong; Field names the culprit. Never retry.
	Invalid Kind = "invalid"
	// NotFound: what the request names does not exist. Never retry.
	NotFound Kind = "not_found"
	// Conflict: the request contradicts what is recorded, such as the same key
	// with another body, or a state that forbids the transition. Never retry.
	Conflict Kind = "conflict"
	// Refused: a business no, such as a declined payment. Final: a retry never
	// changes it.
	Refused Kind = "refused"
	// Unavailable: nothing happened; a later try may succeed.
	Unavailable Kind = "unavailable"
	// Unknown: it may have happened. Ask before acting again.
	Unknown Kind = "unknown"
	// Internal: a defect on our side.
	Internal Kind = "internal"
)

// Definite reports whether the kind is an answer of the other side that a
// retry cannot change.
func (k Kind) Definite() bool {
	switch k {
	case Invalid, NotFound, Conflict, Refused:
		return true
	default:
		return false
	}
}

// Error is an error with a kind, a stable code and a message that is safe to
// show: it never carries personal data, secrets or a value the client sent.
type Error struct {
	Kind Kind
	// Code is stable and snake_case: clients and the saga branch on it.
	Code string
	// Message is one sentence for a person.
	Message string
	// Field is the path of the offending input in the request, such as
	// "items[0].quantity"; empty where none is to blame.
	Field string

	cause error
}

// New returns an error of a kind. Code is stable, message is safe to show.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// InvalidField is an Invalid error for one field of the request.
func InvalidField(field, message string) *Error {
	return &Error{Kind: Invalid, Code: "invalid", Message: message, Field: field}
}

// Because returns a copy of e with a cause, which is for logs only.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Error gives code and message, and the cause where there is one.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports equality of kind and code, so that errors.Is works with the
// sentinel errors that the services declare.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Code == e.Code
}

// From finds the fault in err's chain. An error without one is Internal.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return New(Internal, "internal", "an internal error occurred").Because(err)
}

// KindOf is the kind of the fault in err's chain; Internal where there is none.
func KindOf(err error) Kind { return From(err).Kind }
