package notificationtest

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/notification"
)

func claim(t *testing.T, s notification.Service) (notification.Due, bool) {
	t.Helper()
	due, ok, err := s.Claim(t.Context(), lease)
	require.NoError(t, err)
	return due, ok
}

// deliver: what is due is claimed once, and stays as it ended.
func deliver(t *testing.T, s notification.Service) {
	userID := notification.UserIDPrefix.New()
	_, ok := claim(t, s)
	require.False(t, ok, "nothing is due")
	e := Event(notification.OrderRejected, userID)
	must(t, s, e)
	waiting, err := s.Waiting(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, waiting.Count)
	require.GreaterOrEqual(t, waiting.Oldest, notification.Waiting{}.Oldest)

	due, ok := claim(t, s)
	require.True(t, ok)
	require.Equal(t, notification.Sending, due.Status)
	require.Equal(t, 1, due.Attempts)
	require.Equal(t, money.New(2900, "EUR"), due.Amount)
	require.Equal(t, "payment_declined", due.Cause)
	require.False(t, due.Erased)
	require.Equal(t, all(t, s, userID)[0], due.Notification)
	_, ok = claim(t, s)
	require.False(t, ok, "it is somebody's")

	again := notification.Outcome{ID: due.ID, Attempt: 1, Status: notification.Pending, Reason: "mail_server_unavailable"}
	require.NoError(t, s.Settle(t.Context(), again))
	require.ErrorIs(t, s.Settle(t.Context(), again), notification.ErrLost, "it is nobody's any more")
	require.Equal(t, "mail_server_unavailable", all(t, s, userID)[0].Reason)

	due, ok = claim(t, s)
	require.True(t, ok)
	require.Equal(t, 2, due.Attempts)
	later := notification.Outcome{ID: due.ID, Attempt: 2, Status: notification.Pending, Reason: "mail_server_unavailable", Again: lease}
	require.NoError(t, s.Settle(t.Context(), later))
	_, ok = claim(t, s)
	require.False(t, ok, "it rests")

	ends := map[notification.Status]string{notification.Sent: "", notification.Failed: "recipient_refused", notification.Skipped: notification.ReasonNotAwaited}
	for status, reason := range ends {
		userID := notification.UserIDPrefix.New()
		must(t, s, Event(notification.OrderConfirmed, userID))
		due, ok := claim(t, s)
		require.True(t, ok)
		require.NoError(t, s.Settle(t.Context(), notification.Outcome{ID: due.ID, Attempt: 1, Status: status, Reason: reason, Locale: "ko", Subject: "제목"}))
		n := all(t, s, userID)[0]
		require.Equal(t, status, n.Status)
		require.Equal(t, reason, n.Reason)
		require.Equal(t, "ko", n.Locale)
		require.Equal(t, "제목", n.Subject)
		require.Equal(t, status == notification.Sent, n.SentAt != nil)
		_, ok = claim(t, s)
		require.False(t, ok, "it has ended")
	}
	waiting, err = s.Waiting(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, waiting.Count, "the one that rests")
	require.ErrorIs(t, s.Settle(t.Context(), notification.Outcome{ID: "ntf_none", Status: notification.Sent}), notification.ErrLost)
}

// claimsRace: many who send get each notification once.
func claimsRace(t *testing.T, s notification.Service) {
	for range 40 {
		must(t, s, Event(notification.OrderConfirmed, notification.UserIDPrefix.New()))
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var claiming errgroup.Group
	for range 8 {
		claiming.Go(func() error {
			for {
				due, ok, err := s.Claim(t.Context(), lease)
				if err != nil || !ok {
					return err
				}
				mu.Lock()
				seen[due.ID]++
				mu.Unlock()
			}
		})
	}
	require.NoError(t, claiming.Wait())
	require.Len(t, seen, 40)
	for id, n := range seen {
		require.Equal(t, 1, n, id)
	}
}

// lostAttempt: one whose sender died is claimed by another once its lease is over, and
// whatever the first says then counts no more.
func lostAttempt(t *testing.T, s notification.Service) {
	userID := notification.UserIDPrefix.New()
	must(t, s, Event(notification.OrderConfirmed, userID))
	first, ok, err := s.Claim(t.Context(), 0)
	require.NoError(t, err)
	require.True(t, ok)
	second, ok := claim(t, s)
	require.True(t, ok)
	require.Equal(t, first.ID, second.ID)
	require.Equal(t, first.MailID(), second.MailID(), "mail servers know it again")
	late := notification.Outcome{ID: first.ID, Attempt: first.Attempts, Status: notification.Failed, Reason: "recipient_refused"}
	require.ErrorIs(t, s.Settle(t.Context(), late), notification.ErrLost)
	require.NoError(t, s.Settle(t.Context(), notification.Outcome{ID: second.ID, Attempt: second.Attempts, Status: notification.Sent, Locale: "en", Subject: "x"}))
	require.Equal(t, notification.Sent, all(t, s, userID)[0].Status)
}

// list: pages are newest first, of one user or of all.
func list(t *testing.T, s notification.Service) {
	one, other := notification.UserIDPrefix.New(), notification.UserIDPrefix.New()
	var want []string
	for i := range 7 {
		e := Event(notification.OrderConfirmed, one)
		must(t, s, e)
		want = append([]string{e.ID}, want...)
		if i%2 == 0 {
			must(t, s, Event(notification.OrderConfirmed, other))
		}
	}
	for _, limit := range []int{1, 3, 7, 100} {
		var got []string
		for cursor := ""; ; {
			page, err := s.ListNotifications(t.Context(), notification.Filter{UserID: one, Limit: limit, Cursor: cursor})
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Items), limit)
			for _, n := range page.Items {
				got = append(got, n.EventID)
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		require.Equal(t, want, got)
	}
	require.Len(t, all(t, s, ""), 11)
	require.Empty(t, all(t, s, notification.UserIDPrefix.New()))
	require.Empty(t, all(t, s, "usr_nobody"))
	_, err := s.ListNotifications(t.Context(), notification.Filter{Limit: 1, Cursor: "nonsense"})
	require.Equal(t, "cursor", fault.From(err).Field)
}
