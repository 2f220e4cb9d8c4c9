package stacktest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
)

// Temporal is a client of the platform's Temporal server.
func (b *Bench) Temporal() client.Client {
	b.Helper()
	c, err := b.Stack.Dial()
	require.NoError(b, err)
	b.Cleanup(c.Close)
	return c
}

// History gives the history of a run as it is.
func History(t *testing.T, c client.Client, workflowID string) *history.History {
	t.Helper()
	h, err := stack.History(context.Background(), c, workflowID)
	require.NoError(t, err)
	return h
}

// ClosedHistory gives the history of a run that has ended, or soon will have.
func ClosedHistory(t *testing.T, c client.Client, workflowID string) *history.History {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	h, err := stack.ClosedHistory(ctx, c, workflowID)
	require.NoError(t, err)
	return h
}
