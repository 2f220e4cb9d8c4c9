package outbox

import (
	"context"
	"fmt"
	"time"

	outboxdb "github.com/skaldhq/skald/db/outbox"
)

// pruneBatch is how many rows are looked at in one statement.
const pruneBatch = 1000

// Prune returns the piece of housekeeping that takes away what was published longer
// ago than is kept, but for the last event of each aggregate, and tells how many it
// took. Where it has looked it looks again in another process's life only: it walks
// once through what has come of age since.
func (r *Relay) Prune(keep time.Duration) func(context.Context) (int, error) {
	var seen int64
	return func(ctx context.Context) (pruned int, err error) {
		for {
			row, err := outboxdb.New(r.pool).Prune(ctx, outboxdb.PruneParams{After: seen, Before: time.Now().Add(-keep), Batch: pruneBatch})
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
