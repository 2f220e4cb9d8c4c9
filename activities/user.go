package activities

import (
	"context"

	"github.com/skaldhq/skald/services/user"
)

// User is the activities of the user service.
type User struct{ service user.Service }

// NewUser returns the activities of a user service.
func NewUser(s user.Service) *User { return &User{service: s} }

// CheckCustomer asks whether a user may order. It has no effect.
func (a *User) CheckCustomer(ctx context.Context, r user.CheckRequest) (user.Customer, error) {
	return call(ctx, a.service.CheckCustomer, r)
}
