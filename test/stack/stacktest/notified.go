package stacktest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
)

// Notified is a notification as the front door shows it.
type Notified struct {
	ID, Type, Status, Reason, Locale, Subject string
	EventID                                   string `json:"event_id"`
	OrderID                                   string `json:"order_id"`
}

// Notifications lists what a user was told, newest first.
func (b *Bench) Notifications(userID string) []Notified {
	b.Helper()
	a := b.Want(http.MethodGet, "/v1/notifications?limit=100&user_id="+userID, nil, http.StatusOK)
	require.NotContains(b, string(a.Body), "@", "no address is shown")
	var page struct{ Items []Notified }
	require.NoError(b, json.Unmarshal(a.Body, &page))
	return page.Items
}

// AwaitNotified waits until a user was told something of an order, and gives how.
func (b *Bench) AwaitNotified(userID, orderID, kind, status string) (found Notified) {
	b.Helper()
	require.Eventually(b, func() bool {
		for _, n := range b.Notifications(userID) {
			if n.OrderID == orderID && n.Type == kind && n.Status == status {
				found = n
				return true
			}
		}
		return false
	}, 2*time.Minute, 100*time.Millisecond, "%s of %s is not %s: %v", kind, orderID, status, b.Notifications(userID))
	return found
}
