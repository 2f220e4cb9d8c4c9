package outbox

import (
	"context"
	"fmt"
	"time"

	outboxdb "github.com/skaldhq/skald/db/outbox"
)

const (
	// pruneBatch is how many rows are looked at in one statement.
	pruneBatch = 1000
	// pruneAnew is after how long what had to stay is looked at again.
	pruneAnew = 24 * time.Hour
)

// Prune returns the piece of housekeeping that takes away what was published longer
// ago than is kept, and tells how many it took. Where versions are counted from the
// outbox the last event of each aggregate stays. It walks on from where it was, and
// from the beginning once a day.
func (r *Relay) Prune(keep time.Duration) func(context.Context) (int, error) {
	var seen int64
	begun := time.Now()
	counted := r.service != "order" // whose versions are those of its rows
	return func(ctx context.Context) (pruned int, err error) {
		if time.Since(begun) > pruneAnew {
			seen, begun = 0, time.Now()
		}
		for {
			row, err := outboxdb.New(r.pool).Prune(ctx, outboxdb.PruneParams{
				After: seen, Before: time.Now().Add(-keep), KeepLast: counted, Batch: pruneBatch,
			})
			if err != nil {
				return pruned, fmt.Errorf("prune outbox: %w", err)
			}
			seen, pruned = row.Seen, pruned+int(row.Pruned)
			if row.Looked < pruneBatch {
				return pruned, nil
			}
		}
	}
}
