// Package activities is the bridge from the sagas to the services: an activity
// calls one method of one service and turns its error kind into Temporal's.
//
// Activities are registered by their bare method names, so a name is used once
// over all services. Each takes the key of its effect from its request, never
// from the attempt or the run, because those change on retry and on reset.
package activities

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/internal/fault"
)

// Detail travels with an activity's error. Message is safe to show.
type Detail struct {
	Kind    fault.Kind `json:"kind"`
	Message string     `json:"message"`
}

// call runs one method of a service.
func call[Req, Res any](ctx context.Context, method func(context.Context, Req) (Res, error), r Req) (Res, error) {
	res, err := method(ctx, r)
	return res, toTemporal(ctx, err)
}

// toTemporal turns a fault into an application error whose type is the fault's
// code. A definite answer is not retried. Only the safe message crosses, because
// histories are kept and shown: the cause goes to the service's log.
func toTemporal(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	f := fault.From(err)
	if !f.Kind.Definite() {
		attrs := []any{}
		for _, attr := range fault.Attrs(err) {
			attrs = append(attrs, attr.Key, attr.Value.String())
		}
		activity.GetLogger(ctx).Warn("no definite answer", attrs...)
	}
	return temporal.NewApplicationErrorWithOptions(f.Message, f.Code, temporal.ApplicationErrorOptions{
		NonRetryable: f.Kind.Definite(),
		Details:      []any{Detail{Kind: f.Kind, Message: f.Message}},
	})
}
