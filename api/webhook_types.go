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

// mayBeTold refuses types of events that tell what who asks may not read. What is told
// already, to where it is told, may stay.
func mayBeTold(ctx context.Context, types, already []string) error {
	for i, t := range types {
		if slices.Contains(already, t) {
			continue
		}
		if needs := lackedFor(ctx, t); needs != "" {
			return notToBeTold(ctx, fmt.Sprintf("event_types[%d]", i), needs)
		}
	}
	return nil
}

// lackedFor is what who asks lacks to be told of a type of events; empty: nothing. Of
// what has no scope here a credential with scopes is never told.
func lackedFor(ctx context.Context, eventType string) string {
	about, _, _ := strings.Cut(eventType, ".")
	scope, known := scopesOfEvents()[about]
	switch {
	case principalOf(ctx).Holds(scope):
		return ""
	case known:
		return "needs the scope " + scope
	}
	return "needs a credential without scopes"
}

// notToBeTold is the problem of who asks to be told what they may not read.
func notToBeTold(ctx context.Context, field, needs string) error {
	p := errForbidden.problem(ctx)
	p.Errors = []ProblemField{{Field: field, Message: needs}}
	return p
}
