package notificationpg_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/pgtest"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/notificationpg"
	"github.com/skaldhq/skald/services/notification/notificationtest"
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
func suite(t *testing.T, reach func(*testing.T, notification.Service) notification.Service) {
	t.Helper()
	notificationtest.Run(t, func(t *testing.T) notification.Service {
		return reach(t, notificationpg.New(cluster.Database(t, "notification")))
	})
}

// TestGuard: the database itself refuses what the service never does.
func TestGuard(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "notification")
	s := notificationpg.New(pool)
	_, err := s.Take(t.Context(), notificationtest.Event(notification.OrderConfirmed, "usr_01k9m2v6y7e4p8s0t2w4x6z8ab"))
	require.NoError(t, err)
	_, err = s.Bury(t.Context(), notification.Burial{Consumer: "c", Topic: "t", Value: []byte("anything"), Code: "x"})
	require.NoError(t, err)
	for constraint, change := range map[string]string{
		"notifications_once":          "INSERT INTO notifications (id, event_id, type, channel, user_id, cause, happened_at) SELECT gen_random_uuid(), event_id, type, channel, user_id, cause, happened_at FROM notifications",
		"inbox_once":                  "INSERT INTO inbox SELECT * FROM inbox",
		"notifications_status_known":  "UPDATE notifications SET status = 'lost'",
		"notifications_sent_at_given": "UPDATE notifications SET status = 'sent'",
		"notifications_reason_given":  "UPDATE notifications SET status = 'failed'",
		"dead_letters_ended_empty":    "UPDATE dead_letters SET state = 'replayed'",
		"notifications_erased":        "UPDATE notifications SET erased_at = now()",
	} {
		_, err := pool.Exec(t.Context(), change)
		require.ErrorContains(t, err, constraint)
	}
	var columns []string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT array_agg(column_name::text) FROM information_schema.columns WHERE table_name = 'notifications'`).Scan(&columns))
	for _, personal := range []string{"email", "address", "name", "recipient", "body"} {
		require.NotContains(t, columns, personal, "who is told is asked for, and not kept")
	}
}
