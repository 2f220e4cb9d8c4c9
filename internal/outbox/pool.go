package outbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// connections are for publishing, and for measuring meanwhile.
	connections = 2
	// longestHold is twice what a round may take to publish. A relay that is gone without
	// its connection being closed, or frozen, would keep its events from others for hours.
	longestHold = 2 * publishTimeout
)

// Pool connects a relay to the database of its service. A round holds a connection
// while it publishes, which nobody else should wait for; Postgres itself ends what
// is held for too long.
func Pool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c.MaxConns = connections
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, fmt.Sprintf("SET idle_in_transaction_session_timeout = %d", longestHold.Milliseconds()))
		return err
	}
	return pgxpool.NewWithConfig(ctx, c)
}
