package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// scopesOfEvents are the scopes that read what events are about, by the first part of
// their types.
func scopesOfEvents() map[string]string {
	return map[string]string{
		"order": readOrders, "refund": readOrders,
		"payment": readPayments, "payment_refund": readPayments,
		"reservation": readStock, "return": readStock, "stock": readStock,
		"product": readProducts, "price": readPrices, "user": readUsers,
	}
}

// mayBeTold refuses types of events that tell what who asks may not read: of what has no
// scope here a credential with scopes is never told. What the endpoint is told of already
// it may stay.
func mayBeTold(ctx context.Context, types, already []string) error {
	scopes, by := scopesOfEvents(), principalOf(ctx)
	for i, t := range types {
		about, _, _ := strings.Cut(t, ".")
		if by.Holds(scopes[about]) || slices.Contains(already, t) {
			continue
		}
		message := "needs a credential without scopes"
		if scope, known := scopes[about]; known {
			message = "needs the scope " + scope
		}
		p := errForbidden.problem(ctx)
		p.Errors = []ProblemField{{Field: fmt.Sprintf("event_types[%d]", i), Message: message}}
		return p
	}
	return nil
}
