package tracing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"go.opentelemetry.io/otel/trace"
)

type keyed struct{}

// withKey lets the span that is begun in the context have the same id wherever
// and how often it is: a run of a workflow goes from one process to another, and
// its steps name it as their parent from both.
func withKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, keyed{}, key)
}

// ids are the ids of spans: random, or made of a key.
type ids struct{}

// NewIDs gives the ids of a trace's first span.
func (ids) NewIDs(ctx context.Context) (t trace.TraceID, s trace.SpanID) {
	var from [sha256.Size]byte
	if key, ok := ctx.Value(keyed{}).(string); ok {
		from = sha256.Sum256([]byte(key))
	} else {
		_, _ = rand.Read(from[:]) // never fails, see crypto/rand
	}
	copy(s[:], from[copy(t[:], from[:]):])
	return t, s
}

// NewSpanID gives the id of another span of a trace.
func (i ids) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	_, s := i.NewIDs(ctx)
	return s
}
