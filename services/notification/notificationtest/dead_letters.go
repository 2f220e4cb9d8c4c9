package notificationtest

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
)

// consumer is who cannot deal with something.
const consumer = "somebody"

// burial is a record at an offset.
func burial(offset int64) notification.Burial {
	return notification.Burial{
		Consumer: consumer, Topic: "t", Partition: 2, Offset: offset, Key: []byte("k"), Value: []byte("\x00 anything \xff"),
		EventID: "ord_1/2", Type: "order.confirmed", Code: "event_malformed", Detail: "It is malformed.",
	}
}

func letters(t *testing.T, s notification.Service, f notification.DeadLetterFilter) []notification.DeadLetter {
	t.Helper()
	f.Limit = notification.MaxPage
	page, err := s.ListDeadLetters(t.Context(), f)
	require.NoError(t, err)
	return page.Items
}

func lay(t *testing.T, s notification.Service, b notification.Burial) notification.DeadLetter {
	t.Helper()
	fresh, err := s.Bury(t.Context(), b)
	require.NoError(t, err)
	require.True(t, fresh)
	return letters(t, s, notification.DeadLetterFilter{})[0]
}

// bury: a record is kept once for its consumer and place, whatever it is.
func bury(t *testing.T, s notification.Service) {
	d := lay(t, s, burial(7))
	require.Equal(t, notification.DeadLetter{
		ID: d.ID, Consumer: consumer, Topic: "t", Partition: 2, Offset: 7, EventID: "ord_1/2", Type: "order.confirmed",
		Code: "event_malformed", Detail: "It is malformed.", State: notification.Dead, Replays: []notification.Replay{},
		CreatedAt: d.CreatedAt, UpdatedAt: d.CreatedAt,
	}, d)
	fresh, err := s.Bury(t.Context(), burial(7))
	require.NoError(t, err)
	require.False(t, fresh)
	other := burial(7)
	other.Consumer = "another"
	lay(t, s, other)
	strange := burial(8)
	strange.Key, strange.Value, strange.EventID, strange.Type = nil, nil, "a\x00b\xff", strings.Repeat("x", 1000)
	require.Contains(t, lay(t, s, strange).EventID, "a")
	require.Len(t, letters(t, s, notification.DeadLetterFilter{State: notification.Dead}), 3)
	require.Empty(t, letters(t, s, notification.DeadLetterFilter{State: notification.Replayed}))
	n, err := s.DeadCount(t.Context(), consumer)
	require.NoError(t, err)
	require.Equal(t, 2, n)

	got, err := s.GetDeadLetter(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, d, got)
	for _, id := range []string{"", "dlt_none", notification.DeadLetterIDPrefix.New()} {
		_, err := s.GetDeadLetter(t.Context(), id)
		require.ErrorIs(t, err, notification.ErrDeadLetterNotFound)
	}
	page, err := s.ListDeadLetters(t.Context(), notification.DeadLetterFilter{Limit: 2})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	page, err = s.ListDeadLetters(t.Context(), notification.DeadLetterFilter{Limit: 2, Cursor: page.NextCursor})
	require.NoError(t, err)
	require.Equal(t, []notification.DeadLetter{d}, page.Items)
	require.Empty(t, page.NextCursor)
	_, err = s.ListDeadLetters(t.Context(), notification.DeadLetterFilter{Cursor: "nonsense"})
	require.Equal(t, "cursor", fault.From(err).Field)
}

func wish(d notification.DeadLetter) notification.NewReplay {
	return notification.NewReplay{DeadLetterID: d.ID, ReplayID: notification.ReplayIDPrefix.New(), Reason: "It is mended.", By: "operator"}
}

// replay: who wants it and why is kept, it is raised as it was, and how it ended is
// kept.
func replay(t *testing.T, s notification.Service) {
	d := lay(t, s, burial(1))
	for field, spoil := range map[string]func(*notification.NewReplay){
		"replay_id": func(r *notification.NewReplay) { r.ReplayID = "rpl_none" },
		"reason":    func(r *notification.NewReplay) { r.Reason = "" },
		"by":        func(r *notification.NewReplay) { r.By = "" },
	} {
		r := wish(d)
		spoil(&r)
		_, err := s.RequestReplay(t.Context(), r)
		require.Equal(t, field, fault.From(err).Field)
	}
	missing := wish(d)
	missing.DeadLetterID = notification.DeadLetterIDPrefix.New()
	_, err := s.RequestReplay(t.Context(), missing)
	require.ErrorIs(t, err, notification.ErrDeadLetterNotFound)
	none, err := s.Raise(t.Context(), consumer, 10)
	require.NoError(t, err)
	require.Empty(t, none)

	r := wish(d)
	for range 2 { // the second changes nothing
		asked, err := s.RequestReplay(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, notification.Replaying, asked.State)
		require.Len(t, asked.Replays, 1)
		require.Equal(t, notification.Replay{ID: r.ReplayID, Reason: r.Reason, By: r.By, At: asked.Replays[0].At}, asked.Replays[0])
	}
	reused := r
	reused.Reason = "other"
	_, err = s.RequestReplay(t.Context(), reused)
	require.ErrorIs(t, err, notification.ErrOperationReused)
	_, err = s.RequestReplay(t.Context(), wish(d))
	require.ErrorIs(t, err, notification.ErrReplaying)

	b := burial(1)
	raised, err := s.Raise(t.Context(), consumer, 10)
	require.NoError(t, err)
	require.Equal(t, []notification.Raised{{ReplayID: r.ReplayID, Topic: b.Topic, Partition: b.Partition, Offset: b.Offset, Key: b.Key, Value: b.Value}}, raised)
	none, err = s.Raise(t.Context(), "another", 10)
	require.NoError(t, err)
	require.Empty(t, none)

	require.NoError(t, s.EndReplay(t.Context(), r.ReplayID, notification.ReplayFailed, "event_malformed"))
	failed, err := s.GetDeadLetter(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, notification.Dead, failed.State)
	require.Equal(t, notification.ReplayFailed, failed.Replays[0].Outcome)
	require.Equal(t, "event_malformed", failed.Replays[0].Code)
	require.NotNil(t, failed.Replays[0].EndedAt)

	second := wish(d)
	_, err = s.RequestReplay(t.Context(), second)
	require.NoError(t, err)
	require.NoError(t, s.EndReplay(t.Context(), second.ReplayID, notification.ReplayDone, ""))
	done, err := s.GetDeadLetter(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, notification.Replayed, done.State)
	require.Len(t, done.Replays, 2)
	_, err = s.RequestReplay(t.Context(), wish(d))
	require.ErrorIs(t, err, notification.ErrReplayed)
	n, err := s.DeadCount(t.Context(), consumer)
	require.NoError(t, err)
	require.Zero(t, n)
}

// replaysRace: of many operators one has it done.
func replaysRace(t *testing.T, s notification.Service) {
	d := lay(t, s, burial(1))
	var won atomic.Int64
	var asking errgroup.Group
	for range 8 {
		asking.Go(func() error {
			_, err := s.RequestReplay(t.Context(), wish(d))
			if err == nil {
				won.Add(1)
			}
			if errors.Is(err, notification.ErrReplaying) {
				return nil
			}
			return err
		})
	}
	require.NoError(t, asking.Wait())
	require.EqualValues(t, 1, won.Load())
}

// dismiss: who wants no effect of a dead letter and why is kept, once; it counts no
// more, and one whose replay nobody ends can be dismissed too.
func dismiss(t *testing.T, s notification.Service) {
	d, waits := lay(t, s, burial(1)), lay(t, s, burial(2))
	asked := wish(waits)
	_, err := s.RequestReplay(t.Context(), asked)
	require.NoError(t, err)
	unwanted := func(d notification.DeadLetter) notification.NewDismissal {
		return notification.NewDismissal{DeadLetterID: d.ID, DismissalID: notification.DismissalIDPrefix.New(), Reason: "Nobody needs it.", By: "operator"}
	}
	for field, spoil := range map[string]func(*notification.NewDismissal){
		"dismissal_id": func(n *notification.NewDismissal) { n.DismissalID = "dsm_none" },
		"reason":       func(n *notification.NewDismissal) { n.Reason = "" },
		"by":           func(n *notification.NewDismissal) { n.By = "" },
	} {
		n := unwanted(d)
		spoil(&n)
		_, err := s.DismissDeadLetter(t.Context(), n)
		require.Equal(t, field, fault.From(err).Field)
	}
	missing := unwanted(d)
	missing.DeadLetterID = notification.DeadLetterIDPrefix.New()
	_, err = s.DismissDeadLetter(t.Context(), missing)
	require.ErrorIs(t, err, notification.ErrDeadLetterNotFound)

	n := unwanted(d)
	for range 2 { // the second changes nothing
		gone, err := s.DismissDeadLetter(t.Context(), n)
		require.NoError(t, err)
		require.Equal(t, notification.Dismissed, gone.State)
		require.Equal(t, &notification.Dismissal{ID: n.DismissalID, Reason: n.Reason, By: n.By, At: gone.Dismissal.At}, gone.Dismissal)
		require.Empty(t, gone.Replays)
	}
	reused, elsewhere := n, n
	reused.Reason, elsewhere.DeadLetterID = "other", waits.ID
	for _, again := range []notification.NewDismissal{reused, elsewhere} {
		_, err = s.DismissDeadLetter(t.Context(), again)
		require.ErrorIs(t, err, notification.ErrOperationReused)
	}
	_, err = s.DismissDeadLetter(t.Context(), unwanted(d))
	require.ErrorIs(t, err, notification.ErrDismissed)
	_, err = s.RequestReplay(t.Context(), wish(d))
	require.ErrorIs(t, err, notification.ErrDismissed)

	gone, err := s.DismissDeadLetter(t.Context(), unwanted(waits))
	require.NoError(t, err)
	require.Equal(t, notification.Dismissed, gone.State)
	require.Equal(t, notification.ReplayFailed, gone.Replays[0].Outcome)
	require.Equal(t, notification.CodeDismissed, gone.Replays[0].Code)
	require.NoError(t, s.EndReplay(t.Context(), asked.ReplayID, notification.ReplayDone, ""), "it has ended")
	raised, err := s.Raise(t.Context(), consumer, 10)
	require.NoError(t, err)
	require.Empty(t, raised)
	require.Len(t, letters(t, s, notification.DeadLetterFilter{State: notification.Dismissed}), 2)
	left, err := s.DeadCount(t.Context(), consumer)
	require.NoError(t, err)
	require.Zero(t, left)

	done := lay(t, s, burial(3))
	asked = wish(done)
	_, err = s.RequestReplay(t.Context(), asked)
	require.NoError(t, err)
	require.NoError(t, s.EndReplay(t.Context(), asked.ReplayID, notification.ReplayDone, ""))
	_, err = s.DismissDeadLetter(t.Context(), unwanted(done))
	require.ErrorIs(t, err, notification.ErrReplayed)
}
