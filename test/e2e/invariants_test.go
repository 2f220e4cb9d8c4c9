package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/checker"
	"github.com/skaldhq/skald/test/stack"
)

// restTimeout is how long the work that was begun may take to come to rest.
const restTimeout = 2 * time.Minute

// check judges a platform once its work has come to rest.
func check(ctx context.Context, s *stack.Stack) error {
	return checkAs(ctx, inspected(s))
}

func checkAs(ctx context.Context, p checker.Platform) error {
	ctx, cancel := context.WithTimeout(ctx, restTimeout)
	defer cancel()
	return p.Check(ctx)
}

// inspected is a platform as the checker sees it.
func inspected(s *stack.Stack) checker.Platform {
	return checker.Platform{Databases: s.Databases, PSP: s.PSP, Temporal: s.Temporal, Kafka: s.Kafka}
}

// requireInvariants waits until a platform is at rest, and judges it.
func requireInvariants(t *testing.T, s *stack.Stack) {
	t.Helper()
	require.NoError(t, check(context.Background(), s))
}

// attributes are the text search attributes of a run.
func attributes(d *client.WorkflowExecutionDescription) map[string]string {
	found := map[string]string{}
	for key, value := range d.TypedSearchAttributes.GetUntypedValues() {
		if text, ok := value.(string); ok {
			found[key.GetName()] = text
		}
	}
	return found
}
