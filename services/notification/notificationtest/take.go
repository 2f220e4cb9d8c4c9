package notificationtest

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
	own := notification.Event{ID: "pay_own/2", Time: time.Now(), Type: string(notification.PaymentActionRequired), Data: raw(map[string]any{"user_id": userID, "payment_id": notification.PaymentIDPrefix.New()})}
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
		require.Equal(t, orderOf(e), n.OrderID)
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
		"no time":          func(e *notification.Event, _ map[string]any) { e.Time = time.Time{} },
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

// outdated: what is no news any more is kept, and told to nobody; a user who was deleted
// is erased, however long ago.
func outdated(t *testing.T, s notification.Service) {
	userID := notification.UserIDPrefix.New()
	old, recent, gone := Event(notification.OrderConfirmed, userID), Event(notification.OrderConfirmed, userID), Deleted(userID)
	old.Time, recent.Time = time.Now().Add(-notification.StaleAfter-time.Minute), time.Now().Add(-notification.StaleAfter+time.Minute)
	must(t, s, old)
	must(t, s, recent)
	told := all(t, s, userID)
	require.Equal(t, notification.Skipped, told[1].Status)
	require.Equal(t, notification.ReasonOutdated, told[1].Reason)
	require.Equal(t, notification.Pending, told[0].Status)
	due, ok := claim(t, s)
	require.True(t, ok)
	require.Equal(t, recent.ID, due.EventID)
	require.WithinDuration(t, recent.Time, due.HappenedAt, time.Millisecond)
	_, ok = claim(t, s)
	require.False(t, ok)
	require.NoError(t, s.Settle(t.Context(), notification.Outcome{ID: due.ID, Attempt: due.Attempts, Status: notification.Sent, Locale: "en", Subject: "x"}))
	gone.Time = time.Time{}
	must(t, s, gone)
	require.Empty(t, all(t, s, userID)[0].Subject)
}

// overtaken: what an order was before what else is told of it is known as that when it
// is claimed, in whatever order it was heard of; another order's, and what is not about
// how one stands, is not.
func overtaken(t *testing.T, s notification.Service) {
	userID := notification.UserIDPrefix.New()
	confirmed, other := Event(notification.OrderConfirmed, userID), Event(notification.OrderConfirmed, userID)
	after := func(kind notification.Type, id string, later time.Duration) notification.Event {
		e := confirmed
		e.ID, e.Type, e.Time = id, string(kind), confirmed.Time.Add(later)
		return e
	}
	refunded := after(notification.OrderRefunded, "ord_x/3", time.Second)
	same := after(notification.OrderCancelled, "ord_x/4", time.Second)
	act := Event(notification.PaymentActionRequired, userID)
	act.Data, act.Time = raw(map[string]any{"user_id": userID, "order_id": orderOf(confirmed), "payment_id": notification.PaymentIDPrefix.New()}), confirmed.Time.Add(-time.Second)
	for _, e := range []notification.Event{refunded, confirmed, other, act, same} {
		must(t, s, e)
	}
	was := map[string]bool{}
	for range 5 {
		due, ok := claim(t, s)
		require.True(t, ok)
		was[due.EventID] = due.Overtaken
	}
	require.Equal(t, map[string]bool{refunded.ID: false, confirmed.ID: true, other.ID: false, act.ID: false, same.ID: false}, was)
}

// orderOf is the order that an event is about.
func orderOf(e notification.Event) string { return strings.TrimSuffix(e.ID, "/2") }

// forget: what is kept no longer comes to nothing but news that is old; what has not
// ended stays.
func forget(t *testing.T, s notification.Service) {
	userID := notification.UserIDPrefix.New()
	old, recent := Event(notification.OrderConfirmed, userID), Event(notification.OrderConfirmed, userID)
	old.Time = time.Now().Add(-notification.StaleAfter - time.Hour)
	must(t, s, old)
	must(t, s, recent)
	n, err := s.Forget(t.Context(), notification.Retention{Inbox: time.Hour, Ended: time.Hour}, 10)
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = s.Forget(t.Context(), notification.Retention{Ended: time.Hour}, 1)
	require.NoError(t, err)
	require.Equal(t, 1, n, "no more than was asked for")
	n, err = s.Forget(t.Context(), notification.Retention{}, 10)
	require.NoError(t, err)
	require.Equal(t, 2, n, "the other event, and the one that had ended")
	require.Len(t, all(t, s, userID), 1)
	fresh, err := s.Take(t.Context(), recent)
	require.NoError(t, err)
	require.False(t, fresh, "there is a notification of it")
	must(t, s, old)
	require.Equal(t, notification.Skipped, all(t, s, userID)[0].Status)
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
	due, ok, err = s.Claim(t.Context(), 0)
	require.NoError(t, err)
	require.True(t, ok)
	require.False(t, due.Erased)
	require.NoError(t, s.Settle(t.Context(), notification.Outcome{ID: due.ID, Attempt: due.Attempts, Status: notification.Skipped, Reason: notification.ReasonUserDeleted}))
	require.Equal(t, notification.Skipped, all(t, s, gone)[0].Status)
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
		must(t, s, Deleted(userID))
		require.NoError(t, s.Settle(t.Context(), notification.Outcome{
			ID: due.ID, Attempt: due.Attempts, Status: status, Reason: "mail_server_unavailable", Locale: "en", Subject: "Something",
		}))
		n := all(t, s, userID)[0]
		require.Equal(t, want, n.Status)
		require.Empty(t, n.Subject+n.Locale)
	}
}
