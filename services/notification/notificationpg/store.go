// Package notificationpg is the notification service on Postgres.
package notificationpg

import (
	"context"

	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/notification"
)

// Store is a notification.FrontDoor.
type Store struct {
	pool        pg.Pool
	constraints pg.Constraints
}

var _ notification.FrontDoor = (*Store)(nil)

// New returns a store on a database with the schema of db/notification.
func New(pool pg.Pool) *Store { return &Store{pool: pool} }

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.constraints.Translate(s.pool.Ping(ctx))
}
