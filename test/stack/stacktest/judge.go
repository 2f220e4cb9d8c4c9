package stacktest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/checker"
	"github.com/skaldhq/skald/test/stack"
)

// restTimeout is how long the work that was begun may take to come to rest.
const restTimeout = 2 * time.Minute

// Inspected is a platform as the checker sees it.
func Inspected(s *stack.Stack) checker.Platform {
	return checker.Platform{Databases: s.Databases, PSP: s.PSP, Temporal: s.Temporal, Kafka: s.Kafka}
}

// Check judges a platform once its work has come to rest.
func Check(ctx context.Context, p checker.Platform) error {
	ctx, cancel := context.WithTimeout(ctx, restTimeout)
	defer cancel()
	return p.Check(ctx)
}

// RequireInvariants waits until the platform is at rest, and judges it.
func (b *Bench) RequireInvariants() {
	b.Helper()
	require.NoError(b, Check(context.Background(), Inspected(b.Stack)))
}
