// Package notificationtest is what any implementation of notification.Service must
// pass.
package notificationtest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/notification"
)

// Run runs the suite; each test gets a service that has told nobody anything.
func Run(t *testing.T, open func(*testing.T) notification.Service) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, notification.Service){
		"take":                   take,
		"take what is malformed": malformed,
		"outdated":               outdated,
		"overtaken":              overtaken,
		"forget":                 forget,
		"takes race":             takesRace,
		"erase":                  erase,
		"erase while sending":    eraseWhileSending,
		"list":                   list,
		"deliver":                deliver,
		"claims race":            claimsRace,
		"a lost attempt":         lostAttempt,
		"bury":                   bury,
		"replay":                 replay,
		"a replay ends twice":    replayEndsTwice,
		"replays race":           replaysRace,
		"forget dead letters":    forgetDeadLetters,
		"dismiss":                dismiss,
		"ready":                  ready,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// lease is longer than any test.
const lease = time.Hour

// Event is an event of a type about a new order, and a payment, of a user.
func Event(kind notification.Type, userID string) notification.Event {
	orderID := notification.OrderIDPrefix.New()
	data := map[string]any{"user_id": userID, "order_id": orderID, "status": "x", "version": 2, "reason": "payment_declined"}
	if kind == notification.PaymentActionRequired {
		data["payment_id"], data["amount"] = notification.PaymentIDPrefix.New(), money.New(2900, "EUR")
	} else {
		data["total"] = money.New(2900, "EUR")
	}
	return notification.Event{ID: orderID + "/2", Type: string(kind), Time: time.Now(), Data: raw(data)}
}

// Deleted is the event that a user was deleted.
func Deleted(userID string) notification.Event {
	return notification.Event{ID: userID + "/3", Type: "user.deleted", Time: time.Now(), Data: raw(map[string]any{"user_id": userID, "version": 3})}
}

func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a test's data: %v", err))
	}
	return b
}

func must(t *testing.T, s notification.Service, e notification.Event) {
	t.Helper()
	fresh, err := s.Take(t.Context(), e)
	require.NoError(t, err)
	require.True(t, fresh)
}

// all lists what a user was told, newest first.
func all(t *testing.T, s notification.Service, userID string) []notification.Notification {
	t.Helper()
	page, err := s.ListNotifications(t.Context(), notification.Filter{UserID: userID, Limit: notification.MaxPage})
	require.NoError(t, err)
	require.Empty(t, page.NextCursor)
	return page.Items
}

func ready(t *testing.T, s notification.Service) { require.NoError(t, s.Ready(t.Context())) }
