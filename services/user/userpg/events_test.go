package userpg_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/event/eventtest"
	"github.com/skaldhq/skald/services/user/userpg"
	"github.com/skaldhq/skald/services/user/usertest"
)

// TestEvents: every change of a user is told once, those of one who was deleted and
// made again in one sequence, and nothing tells who it is.
func TestEvents(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "user")
	s, r := userpg.New(pool), usertest.Request()
	for range 2 {
		u, _, err := s.Create(t.Context(), r)
		require.NoError(t, err)
		_, _, err = s.Create(t.Context(), r)
		require.NoError(t, err, "changes nothing")
		r.Name = "Somebody Else"
		_, err = s.Update(t.Context(), r, u.Version)
		require.NoError(t, err)
		require.NoError(t, s.Delete(t.Context(), u.ID, 0))
	}
	life := []event.Type{event.UserCreated, event.UserChanged, event.UserDeleted}
	require.Equal(t, map[string][]event.Type{r.ID: append(life, life...)}, eventtest.Read(t, "../../..").Told(t, pool))

	var personal int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE strpos(payload::text, $1) > 0 OR strpos(payload::text, $2) > 0`,
		r.Email, r.Name).Scan(&personal))
	require.Zero(t, personal)
}
