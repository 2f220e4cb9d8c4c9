package stacktest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.jetify.com/typeid"

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

// Number reads one number of a service's own database.
func (b *Bench) Number(service, sql string, args ...any) int64 {
	b.Helper()
	found, err := Query(context.Background(), b.Stack, service, sql, pgx.RowTo[int64], args...)
	require.NoError(b, err)
	require.Len(b, found, 1)
	return found[0]
}

// Change writes past the service.
func (b *Bench) Change(service, sql string, args ...any) {
	b.Helper()
	conn, err := pgx.Connect(context.Background(), b.Stack.Databases[service])
	require.NoError(b, err)
	defer func() { _ = conn.Close(context.Background()) }()
	tag, err := conn.Exec(context.Background(), sql, args...)
	require.NoError(b, err)
	if len(args) > 0 {
		require.Positive(b, tag.RowsAffected())
	}
}

// PublicID is the id that clients see of one in a database.
func PublicID(prefix, id string) (string, error) {
	public, err := typeid.FromUUIDWithPrefix(prefix, id)
	return public.String(), err
}

// PrivateID is the id in the databases of one that clients see.
func (b *Bench) PrivateID(id string) string {
	b.Helper()
	private, err := typeid.FromString(id)
	require.NoError(b, err)
	return private.UUID()
}
