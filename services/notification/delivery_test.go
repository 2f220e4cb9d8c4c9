package notification_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
)

// desk is all that a sender asks, with one notification on it.
type desk struct {
	due       *notification.Due
	recipient error
	action    error
	writes    error
	sends     error
	mails     []notification.Mail
	settled   []notification.Outcome
	settles   func(context.Context) error // nil: it is kept
	told      []notification.Status
	log       bytes.Buffer
}

func (d *desk) Claim(context.Context, time.Duration) (notification.Due, bool, error) {
	if d.due == nil {
		return notification.Due{}, false, nil
	}
	return *d.due, true, nil
}

func (d *desk) Settle(ctx context.Context, o notification.Outcome) error {
	d.settled = append(d.settled, o)
	if d.settles != nil {
		return d.settles(ctx)
	}
	return ctx.Err()
}

func (d *desk) Waiting(context.Context) (w notification.Waiting, err error) { return w, nil }

func (d *desk) Recipient(context.Context, string) (notification.Recipient, error) {
	return notification.Recipient{Email: "ada@example.com"}, d.recipient
}

func (d *desk) ActionURL(context.Context, string) (string, error) {
	return "https://psp.test/1", d.action
}

func (d *desk) Write(due notification.Due, _ notification.Recipient, url string) (notification.Letter, error) {
	return notification.Letter{Locale: "en", Subject: string(due.Type), Text: url}, d.writes
}

func (d *desk) Send(ctx context.Context, m notification.Mail) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.mails = append(d.mails, m)
	return d.sends
}

func (d *desk) sender() notification.Sender {
	return notification.Sender{Deliveries: d, Recipients: d, Actions: d, Writer: d, Mailer: d, Tell: func(_ notification.Type, s notification.Status) { d.told = append(d.told, s) }, Log: slog.New(slog.NewJSONHandler(&d.log, nil))}
}

func at(kind notification.Type, attempts int, age time.Duration) *notification.Due {
	now := time.Now()
	return &notification.Due{HappenedAt: now.Add(-age), Notification: notification.Notification{
		ID: "ntf_1", EventID: "ord_1/2", Channel: notification.Email, Type: kind, Attempts: attempts, CreatedAt: now, UpdatedAt: now,
	}}
}

// TestSendNext: what becomes of an attempt, by what those say who are asked.
func TestSendNext(t *testing.T) {
	t.Parallel()
	away := fault.New(fault.Unknown, "service_unavailable", "Away.")
	erased := at(notification.OrderConfirmed, 1, 0)
	erased.Erased = true
	overtaken, late := at(notification.OrderConfirmed, 1, time.Minute), at(notification.OrderConfirmed, 1, time.Hour)
	overtaken.Overtaken, late.Overtaken = true, true
	for name, tc := range map[string]struct {
		desk   desk
		want   notification.Status
		reason string
		mails  int
		again  time.Duration
	}{
		"sent":                  {desk{due: at(notification.OrderConfirmed, 1, 0)}, notification.Sent, "", 1, 0},
		"an action":             {desk{due: at(notification.PaymentActionRequired, 1, 0)}, notification.Sent, "", 1, 0},
		"nobody is there":       {desk{due: at(notification.OrderConfirmed, 1, 0), recipient: notification.ErrNobody}, notification.Skipped, "user_deleted", 0, 0},
		"erased meanwhile":      {desk{due: erased}, notification.Skipped, "user_deleted", 0, 0},
		"overtaken":             {desk{due: overtaken}, notification.Sent, "", 1, 0},
		"overtaken, and late":   {desk{due: late}, notification.Skipped, "outdated", 0, 0},
		"nothing to do":         {desk{due: at(notification.PaymentActionRequired, 1, 0), action: notification.ErrNotAwaited}, notification.Skipped, "not_awaited", 0, 0},
		"no action to ask for":  {desk{due: at(notification.OrderConfirmed, 1, 0), action: notification.ErrNotAwaited}, notification.Sent, "", 1, 0},
		"the user service away": {desk{due: at(notification.OrderConfirmed, 1, 0), recipient: away}, notification.Pending, "service_unavailable", 0, time.Second},
		"payments away":         {desk{due: at(notification.PaymentActionRequired, 3, 0), action: away}, notification.Pending, "service_unavailable", 0, 4 * time.Second},
		"no such mailbox":       {desk{due: at(notification.OrderConfirmed, 1, 0), sends: notification.ErrRecipient}, notification.Failed, "recipient_refused", 1, 0},
		"mail server away":      {desk{due: at(notification.OrderConfirmed, 100, 0), sends: away}, notification.Pending, "service_unavailable", 1, 5 * time.Minute},
		"a defect":              {desk{due: at(notification.OrderConfirmed, 2, 0), sends: errors.New("nil")}, notification.Pending, "internal", 1, 2 * time.Second},
		"no letter":             {desk{due: at(notification.OrderConfirmed, 1, 0), writes: errors.New("no template")}, notification.Failed, "not_renderable", 0, 0},
		"old news":              {desk{due: at(notification.OrderConfirmed, 9, 49*time.Hour)}, notification.Failed, "undeliverable", 0, 0},
	} {
		d := tc.desk
		ctx, stop := context.WithCancel(t.Context())
		stop() // whoever is told to stop finishes what was claimed
		n, err := d.sender().SendNext(ctx)
		require.NoError(t, err, name)
		require.Equal(t, 1, n, name)
		require.Len(t, d.settled, 1, name)
		o := d.settled[0]
		require.Equal(t, tc.want, o.Status, name)
		require.Equal(t, tc.reason, o.Reason, name)
		require.Equal(t, tc.again, o.Again, name)
		require.Equal(t, d.due.Attempts, o.Attempt, name)
		require.Equal(t, []notification.Status{tc.want}, d.told, name)
		require.Len(t, d.mails, tc.mails, name)
		require.Equal(t, tc.want == notification.Sent, d.log.Len() == 0, name)
		if d.log.Len() > 0 {
			require.Contains(t, d.log.String(), `"notification_id":"ntf_1","status":"`+string(tc.want), name)
			require.Contains(t, d.log.String(), `"code":"`+tc.reason, name)
			require.NotContains(t, d.log.String(), "@", name)
		}
		for _, m := range d.mails {
			require.Equal(t, "ord_1.2.email", m.ID)
			require.Equal(t, d.due.Type == notification.PaymentActionRequired, m.Text != "", name)
		}
	}
	require.Greater(t, notification.Lease, 30*time.Second+notification.MailSteps*notification.MailTimeout, "an attempt ends before its lease")
	n, err := (&desk{}).sender().SendNext(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

// TestSettleAgain: what was sent is settled though the database is cut off meanwhile,
// by trying again until it is, or until somebody else may have it.
func TestSettleAgain(t *testing.T) {
	t.Parallel()
	cut := fault.New(fault.Unknown, "database_unavailable", "Cut off.")
	for name, tc := range map[string]struct {
		fails int   // as many tries
		then  error // what the one after them says
	}{
		"cut off once":           {1, nil},
		"kept, the answer lost":  {1, notification.ErrLost},
		"away for half a minute": {15, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := desk{due: at(notification.OrderConfirmed, 1, 0)}
			d.settles = func(context.Context) error {
				if len(d.settled) <= tc.fails {
					return cut
				}
				return tc.then
			}
			n, err := d.sender().SendNext(t.Context())
			require.NoError(t, err, name)
			require.Equal(t, 1, n, name)
			require.Len(t, d.mails, 1, name)
			require.Len(t, d.settled, tc.fails+1, name)
			require.Equal(t, []notification.Status{notification.Sent}, d.told, name)
		})
	}
	synctest.Test(t, func(t *testing.T) { // a database that is mute
		d, begun := desk{due: at(notification.OrderConfirmed, 1, 0)}, time.Now()
		d.settles = func(ctx context.Context) error { <-ctx.Done(); return cut }
		_, err := d.sender().SendNext(t.Context())
		require.ErrorIs(t, err, cut)
		require.Less(t, time.Since(begun), notification.Lease)
		require.Greater(t, time.Since(begun), notification.Lease*3/4)
		require.Empty(t, d.told)
	})
}
