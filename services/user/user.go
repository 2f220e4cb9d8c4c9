// Package user is the domain of the user service: who may order.
package user

import (
	"context"
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
)

// IDPrefix is the prefix of user ids.
const IDPrefix id.Prefix = "usr"

// Status says whether a user may order.
type Status string

// The statuses of a user.
const (
	Active    Status = "active"
	Suspended Status = "suspended"
)

// User is a person who may order.
type User struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"`
	Name      string    `json:"name"`
	Locale    string    `json:"locale"`
	Status    Status    `json:"status"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// PutRequest is the whole state of a user as a client sets it.
type PutRequest struct {
	ID     string
	Email  string
	Name   string
	Locale string // BCP 47
	Status Status
}

// CheckRequest asks whether a user may order.
type CheckRequest struct {
	UserID string `json:"user_id"`
}

// Customer is a user who may order. It carries no personal data, because the
// saga's history keeps it.
type Customer struct {
	UserID string `json:"user_id"`
	Locale string `json:"locale"`
}

// Page is a page of users, newest first.
type Page struct {
	Items      []User
	NextCursor string // empty on the last page
}

// The definite answers of the service.
var (
	ErrNotFound = fault.New(fault.NotFound, "user_not_found", "No such user.")
	// ErrChanged: the user no longer has the version that was to be replaced.
	ErrChanged  = fault.New(fault.Conflict, "user_changed", "The user was changed meanwhile.")
	ErrInactive = fault.New(fault.Refused, "user_inactive", "The user is suspended and cannot order.")
	// ErrEmailTaken names the field email.
	ErrEmailTaken = &fault.Error{Kind: fault.Conflict, Code: "email_taken", Message: "Another user has this e-mail address.", Field: "email"}
)

// Service keeps users.
type Service interface {
	FrontDoor
	PayloadKeyChores
	// CheckCustomer is the saga's first question: may this user order?
	// ErrNotFound, ErrInactive.
	CheckCustomer(ctx context.Context, r CheckRequest) (Customer, error)
}
