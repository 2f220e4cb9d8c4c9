package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is the front door's no: a problem (RFC 9457).
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is stable: branch on it. The document lists the codes of each
	// operation. Empty where it was not the front door who answered.
	Code string
	// Detail is one sentence for a person.
	Detail string
	// TraceID finds the request in logs and traces.
	TraceID string
	// OrderID is the order that ended so, PaymentID the payment of its own; empty
	// where there is none.
	OrderID, PaymentID string
	// Fields are those of the request that are wrong.
	Fields []ProblemField
	// Header and Body are the answer's.
	Header http.Header
	Body   []byte
}

// Error gives the detail, and what is wrong with which field.
func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("the front door answered %d %s", e.Status, http.StatusText(e.Status))
	}
	said := []string{e.Detail}
	for _, field := range e.Fields {
		said = append(said, field.Field+": "+field.Message)
	}
	return strings.Join(said, " ")
}

// Code is that of an [Error] in the chain of err; empty where there is none.
func Code(err error) string {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused.Code
	}
	return ""
}
