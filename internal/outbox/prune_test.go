package outbox_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/event"
)

// TestPrune: what was published long ago goes, but for the last event of each
// aggregate; what is young or was never published stays, with all that came after it.
func TestPrune(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, poison, late := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	for v := range 3 {
		write(t, w.pool, a, v+1, event.OrderCreated)
	}
	write(t, w.pool, b, 1, event.OrderCreated)
	relay := w.relay(w.producer(t))
	for _, want := range []int{2, 1, 1, 0} {
		n, err := relay.Round(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	kept := func() []string {
		rows, err := w.pool.Query(t.Context(), `SELECT aggregate_id::text || '/' || version FROM outbox ORDER BY id`)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return found
	}
	all := kept()
	prune := relay.Prune(time.Hour)
	n, err := prune(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "all of it is young")
	require.Equal(t, all, kept())

	write(t, w.pool, poison, 1, "order.teleported")
	write(t, w.pool, late, 1, event.OrderCreated)
	write(t, w.pool, late, 2, event.OrderConfirmed)
	_, err = w.pool.Exec(t.Context(), `UPDATE outbox SET published_at = now() - interval '2 hours' WHERE aggregate_id <> $1`, poison)
	require.NoError(t, err)
	n, err = prune(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
	want := []string{a.String() + "/3", b.String() + "/1", poison.String() + "/1", late.String() + "/1", late.String() + "/2"}
	require.Equal(t, want, kept(), "the walk ends before what was never published")

	_, err = w.pool.Exec(t.Context(), `UPDATE outbox SET published_at = now() - interval '2 hours' WHERE aggregate_id = $1`, poison)
	require.NoError(t, err)
	n, err = prune(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, append(want[:3:3], want[4]), kept())
}
