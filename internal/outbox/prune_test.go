package outbox_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/outbox"
)

// TestPrune: what was published long ago goes; what is young or was never published
// stays, and where versions are counted from the outbox the last event of each aggregate.
func TestPrune(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, poison, young := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	for v := range 3 {
		write(t, w.pool, a, v+1, event.OrderCreated)
	}
	write(t, w.pool, poison, 1, "order.teleported")
	write(t, w.pool, b, 1, event.OrderCreated)
	kept := func() []string {
		rows, err := w.pool.Query(t.Context(), `SELECT aggregate_id::text || '/' || version FROM outbox ORDER BY id`)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return found
	}
	_, err := w.pool.Exec(t.Context(), `UPDATE outbox SET created_at = now() - interval '3 hours',
		published_at = CASE WHEN aggregate_id <> $1 THEN now() - interval '2 hours' END`, poison)
	require.NoError(t, err)
	write(t, w.pool, young, 1, event.OrderCreated)
	all := kept()

	counted := outbox.New("user", w.pool, &accepting{}, w.vecs, slog.New(slog.DiscardHandler))
	n, err := counted.Prune(150 * time.Minute)(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = counted.Prune(time.Hour)(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, all[2:], kept())
	n, err = w.relay(&accepting{}).Prune(time.Hour)(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, []string{all[3], all[5]}, kept())
}
