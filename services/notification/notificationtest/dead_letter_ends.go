package notificationtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/notification"
)

func ask(t *testing.T, s notification.Service, d notification.DeadLetter) notification.NewReplay {
	t.Helper()
	r := wish(d)
	_, err := s.RequestReplay(t.Context(), r)
	require.NoError(t, err)
	return r
}

func drop(t *testing.T, s notification.Service, d notification.DeadLetter) {
	t.Helper()
	_, err := s.DismissDeadLetter(t.Context(), notification.NewDismissal{
		DeadLetterID: d.ID, DismissalID: notification.DismissalIDPrefix.New(), Reason: "Nobody needs it.", By: "operator",
	})
	require.NoError(t, err)
}

// replayEndsTwice: of two who dealt with the same letter one had its effect.
func replayEndsTwice(t *testing.T, s notification.Service) {
	end := func(r notification.NewReplay, outcome notification.ReplayOutcome, code string) notification.DeadLetter {
		require.NoError(t, s.EndReplay(t.Context(), r.ReplayID, outcome, code))
		d, err := s.GetDeadLetter(t.Context(), r.DeadLetterID)
		require.NoError(t, err)
		return d
	}
	first := ask(t, s, lay(t, s, burial(1)))
	require.Equal(t, notification.Dead, end(first, notification.ReplayFailed, "internal").State)
	done := end(first, notification.ReplayDone, "")
	require.Equal(t, notification.Replayed, done.State)
	require.Equal(t, []any{notification.ReplayDone, ""}, []any{done.Replays[0].Outcome, done.Replays[0].Code})
	require.Equal(t, done, end(first, notification.ReplayFailed, "internal"), "it had its effect")

	d := lay(t, s, burial(2))
	first = ask(t, s, d)
	end(first, notification.ReplayFailed, "internal")
	second := ask(t, s, d)
	waits := end(first, notification.ReplayDone, "")
	require.Equal(t, notification.Replaying, waits.State, "another waits, and finds that it had its effect")
	require.Equal(t, notification.ReplayDone, waits.Replays[0].Outcome)
	require.Equal(t, notification.Replayed, end(second, notification.ReplayDone, "").State)

	d = lay(t, s, burial(3))
	first = ask(t, s, d)
	end(first, notification.ReplayFailed, "internal")
	drop(t, s, d)
	require.Equal(t, notification.Dismissed, end(first, notification.ReplayDone, "").State)
}

// forgetDeadLetters: those that ended go after their time, with their replays; what
// nobody has dealt with stays, as it was.
func forgetDeadLetters(t *testing.T, s notification.Service) {
	dead, waits, done, dismissed := lay(t, s, burial(1)), lay(t, s, burial(2)), lay(t, s, burial(3)), lay(t, s, burial(4))
	ask(t, s, waits)
	require.NoError(t, s.EndReplay(t.Context(), ask(t, s, done).ReplayID, notification.ReplayDone, ""))
	drop(t, s, dismissed)
	keep := notification.Retention{Inbox: time.Hour, Ended: time.Hour}
	for _, want := range []struct {
		ended     time.Duration
		forgotten int
	}{{time.Hour, 0}, {0, 1}, {0, 1}, {0, 0}} {
		keep.Ended = want.ended
		n, err := s.Forget(t.Context(), keep, 1)
		require.NoError(t, err)
		require.Equal(t, want.forgotten, n)
	}
	left := letters(t, s, notification.DeadLetterFilter{})
	require.Equal(t, []string{waits.ID, dead.ID}, []string{left[0].ID, left[1].ID})
	raised, err := s.Raise(t.Context(), consumer, 10)
	require.NoError(t, err)
	require.Equal(t, burial(2).Value, raised[0].Value)
}
