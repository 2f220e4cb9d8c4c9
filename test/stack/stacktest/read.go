package stacktest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
)

// Query reads rows of a service's own database.
func Query[T any](ctx context.Context, s *stack.Stack, service, sql string, scan pgx.RowToFunc[T], args ...any) ([]T, error) {
	conn, err := pgx.Connect(ctx, s.Databases[service])
	if err != nil {
		return nil, fmt.Errorf("connect to database %s: %w", service, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("query database %s: %w", service, err)
	}
	found, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("read database %s: %w", service, err)
	}
	return found, nil
}

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
