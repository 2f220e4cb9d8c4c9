package userpg_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/pgtest"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/services/user/userpg"
	"github.com/skaldhq/skald/services/user/usertest"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

func TestStore(t *testing.T) {
	t.Parallel()
	suite(t, inProcess)
}

// TestAcrossTheNetwork: nobody can tell a service from its client.
func TestAcrossTheNetwork(t *testing.T) {
	t.Parallel()
	suite(t, acrossNetwork)
}

// suite holds the service to its contract, however it is reached.
func suite(t *testing.T, reach func(*testing.T, user.Service) user.Service) {
	t.Helper()
	usertest.Run(t, func(t *testing.T) user.Service { return reach(t, userpg.New(cluster.Database(t, "user"))) })
}

// TestGuard: the database itself refuses what the service never does.
func TestGuard(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "user")
	_, _, err := userpg.New(pool).Create(t.Context(), usertest.Request())
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "UPDATE users SET status = 'lost'")
	require.ErrorContains(t, err, "users_status_known")
	_, err = pool.Exec(t.Context(), "INSERT INTO users SELECT (jsonb_populate_record(u, jsonb_build_object('id', gen_random_uuid(), 'email', upper(email)))).* FROM users u")
	require.ErrorContains(t, err, "users_email_once")
}
