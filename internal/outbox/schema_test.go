package outbox_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/event"
)

// shape is all that the relay and the events rely on.
const shape = `
	SELECT 'column ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') FROM information_schema.columns WHERE table_name = 'outbox'
	UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'outbox'::regclass
	UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE tablename = 'outbox'
	UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'public_id'
	ORDER BY 1`

// emit is what counts the versions, where triggers write the events.
const emit = `SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'emit'`

// TestEveryOutbox: the services' outboxes are alike, and as the relay's queries were
// generated for.
func TestEveryOutbox(t *testing.T) {
	t.Parallel()
	read := func(service, sql string) []string {
		rows, err := cluster.Database(t, service).Query(t.Context(), sql)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return found
	}
	want, counting := read("order", shape), read("user", emit)
	require.NotEmpty(t, want)
	require.Len(t, counting, 1)
	for _, service := range db.Services() {
		if len(event.Types(service)) == 0 { // tells nothing
			continue
		}
		require.Equal(t, want, read(service, shape), service)
		if service != "order" { // counts its own versions
			require.Equal(t, counting, read(service, emit), service)
		}
	}

	pool := cluster.Database(t, "order")
	_, err := pool.Exec(t.Context(), "ALTER TABLE outbox RENAME TO the_services")
	require.NoError(t, err)
	generatedFor, err := os.ReadFile("../../db/outbox/schema.sql")
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "ALTER TABLE the_services RENAME CONSTRAINT outbox_once TO theirs; "+string(generatedFor))
	require.NoError(t, err)
	const columns = `SELECT array_agg(column_name || ' ' || data_type || ' ' || is_nullable ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = $1`
	var theirs, ours []string
	require.NoError(t, pool.QueryRow(t.Context(), columns, "the_services").Scan(&theirs))
	require.NoError(t, pool.QueryRow(t.Context(), columns, "outbox").Scan(&ours))
	require.Equal(t, theirs, ours)
}
