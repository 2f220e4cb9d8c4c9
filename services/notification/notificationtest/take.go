package notificationtest

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/notification"
)

// take: each event that concerns somebody is one notification, however often and in
// whatever order it comes.
func take(t *testing.T, s notification.Service) {
	userID := notification.UserIDPrefix.New()
	var events []notification.Event
	for _, kind := range notification.Types() {
		events = append(events, Event(kind, userID))
	}
	own := notification.Event{ID: "pay_own/2", Type: string(notification.PaymentActionRequired), Data: raw(map[string]any{"user_id": userID, "payment_id": notification.PaymentIDPrefix.New()})}
	for _, e := range append(events, own) {
		must(t, s, e)
	}
	for _, e := range append([]notification.Event{events[3], events[0], own}, events...) {
		fresh, err := s.Take(t.Context(), e)
		require.NoError(t, err)
		require.False(t, fresh, "it has had its effect")
	}
	for _, unheard := range []string{"order.created", "refund.done", "user.created", "order.invented"} {
		fresh, err := s.Take(t.Context(), notification.Event{ID: "x/1", Type: unheard, Data: []byte(`{}`)})
		require.NoError(t, err)
		require.False(t, fresh, "nobody is told of it")
	}
	told := all(t, s, userID)
	require.Len(t, told, len(events)+1)
	for i, e := range events {
		n := told[len(told)-1-i]
		require.Equal(t, e.ID, n.EventID)
		require.Equal(t, e.Type, string(n.Type))
		require.Equal(t, strings.TrimSuffix(e.ID, "/2"), n.OrderID)
		require.Equal(t, n.Type == notification.PaymentActionRequired, n.PaymentID != "")
		require.Equal(t, notification.Email, n.Channel)
		require.Equal(t, notification.Pending, n.Status)
		require.Equal(t, userID, n.UserID)
		require.Nil(t, n.SentAt)
	}
	require.Empty(t, told[0].OrderID, "a payment of its own")
}

// malformed: what cannot have been told so has no effect, and is refused for good.
func malformed(t *testing.T, s notification.Service) {
	userID := notification.UserIDPrefix.New()
	for name, spoil := range map[string]func(e *notification.Event, data map[string]any){
		"no data":          func(e *notification.Event, _ map[string]any) { e.Data = nil },
		"no object":        func(e *notification.Event, _ map[string]any) { e.Data = []byte(`"text"`) },
		"no id":            func(e *notification.Event, _ map[string]any) { e.ID = "" },
		"an endless id":    func(e *notification.Event, _ map[string]any) { e.ID = strings.Repeat("x", 201) },
		"a header's id":    func(e *notification.Event, _ map[string]any) { e.ID = "x\r\nBcc: all@example.com" },
		"no user":          func(_ *notification.Event, data map[string]any) { delete(data, "user_id") },
		"another's user":   func(_ *notification.Event, data map[string]any) { data["user_id"] = data["order_id"] },
		"no order":         func(_ *notification.Event, data map[string]any) { delete(data, "order_id") },
		"an order of none": func(_ *notification.Event, data map[string]any) { data["order_id"] = "ord_none" },
		"a cause with NUL": func(_ *notification.Event, data map[string]any) { data["reason"] = "\x00" },
		"less than nothing": func(_ *notification.Event, data map[string]any) {
			data["total"] = money.New(-1, "EUR")
		},
		"no currency": func(_ *notification.Event, data map[string]any) { data["total"] = money.New(1, "euro") },
		"no number":   func(_ *notification.Event, data map[string]any) { data["total"] = "1 EUR" },
	} {
		e := Event(notification.OrderRejected, userID)
		var data map[string]any
		require.NoError(t, json.Unmarshal(e.Data, &data))
		spoil(&e, data)
		if len(e.Data) > 0 && e.Data[0] == '{' {
			e.Data = raw(data)
		}
		fresh, err := s.Take(t.Context(), e)
		require.ErrorIs(t, err, notification.ErrMalformed, name)
		require.True(t, fault.KindOf(err).Definite(), name)
		require.False(t, fresh, name)
	}
	act := Event(notification.PaymentActionRequired, userID)
	act.Data = raw(map[string]any{"user_id": userID, "order_id": notification.OrderIDPrefix.New()})
	_, err := s.Take(t.Context(), act)
	require.ErrorIs(t, err, notification.ErrMalformed, "no payment")
	require.Empty(t, all(t, s, userID))
}

// takesRace: of many who take the same event one gives it its effect.
func takesRace(t *testing.T, s notification.Service) {
	userID := notification.UserIDPrefix.New()
	for range 10 {
		e := Event(notification.OrderConfirmed, userID)
		var effects atomic.Int64
		var taking errgroup.Group
		for range 8 {
			taking.Go(func() error {
				fresh, err := s.Take(t.Context(), e)
				if fresh {
					effects.Add(1)
				}
				return err
			})
		}
		require.NoError(t, taking.Wait())
		require.EqualValues(t, 1, effects.Load())
	}
	require.Len(t, all(t, s, userID), 10)
}

// erase: of a user who was deleted nothing is kept but that they were told something.
func erase(t *testing.T, s notification.Service) {
	gone, kept := notification.UserIDPrefix.New(), notification.UserIDPrefix.New()
	must(t, s, Event(notification.OrderConfirmed, gone))
	due, ok, err := s.Claim(t.Context(), lease)
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, s.Settle(t.Context(), notification.Outcome{
		ID: due.ID, Attempt: due.Attempts, Status: notification.Sent, Locale: "ko", Subject: "Something about them",
	}))
	must(t, s, Event(notification.OrderRefunded, gone))
	must(t, s, Event(notification.OrderConfirmed, kept))

	must(t, s, Deleted(gone))
	fresh, err := s.Take(t.Context(), Deleted(gone))
	require.NoError(t, err)
	require.False(t, fresh)
	require.NoError(t, s.Erase(t.Context(), gone), "done again it changes nothing")
	require.NoError(t, s.Erase(t.Context(), "usr_nobody"))

	told := all(t, s, gone)
	require.Len(t, told, 2)
	require.Equal(t, notification.Skipped, told[0].Status)
	require.Equal(t, notification.ReasonUserDeleted, told[0].Reason)
	require.Equal(t, notification.Sent, told[1].Status)
	for _, n := range told {
		require.Empty(t, n.Subject+n.Locale)
	}
	due, ok, err = s.Claim(t.Context(), lease)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, kept, due.UserID, "others are told as ever")

	must(t, s, Event(notification.OrderCancelled, gone))
	require.Equal(t, notification.Pending, all(t, s, gone)[0].Status, "whoever sends it learns that there is nobody")
}

// eraseWhileSending: what is being sent at that moment keeps nothing either, and is
// not tried again.
func eraseWhileSending(t *testing.T, s notification.Service) {
	for status, want := range map[notification.Status]notification.Status{notification.Pending: notification.Skipped, notification.Sent: notification.Sent} {
		userID := notification.UserIDPrefix.New()
		must(t, s, Event(notification.OrderConfirmed, userID))
		due, ok, err := s.Claim(t.Context(), lease)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, money.New(2900, "EUR"), due.Amount)
		require.NoError(t, s.Erase(t.Context(), userID))
		require.NoError(t, s.Settle(t.Context(), notification.Outcome{
			ID: due.ID, Attempt: due.Attempts, Status: status, Reason: "mail_server_unavailable", Locale: "en", Subject: "Something",
		}))
		n := all(t, s, userID)[0]
		require.Equal(t, want, n.Status)
		require.Empty(t, n.Subject+n.Locale)
	}
}
