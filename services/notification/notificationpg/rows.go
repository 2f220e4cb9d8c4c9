package notificationpg

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/notification"
)

func toParams(e notification.Event, told notification.Told) notificationdb.AddNotificationParams {
	p := notificationdb.AddNotificationParams{
		ID: uuid.Must(uuid.NewV7()), EventID: e.ID, Type: string(told.Type), Channel: string(notification.Email),
		UserID: told.User, OrderID: told.Order, PaymentID: told.Payment, Cause: told.Cause,
		HappenedAt: e.Time, StaleAfter: pg.Interval(notification.StaleAfter), OldReason: notification.ReasonOutdated,
	}
	if told.Amount != nil {
		p.Amount, p.Currency = &told.Amount.Amount, &told.Amount.Currency
	}
	return p
}

func toNotification(row notificationdb.Notification) notification.Notification {
	return notification.Notification{
		ID: notification.IDPrefix.Format(row.ID), EventID: row.EventID, Type: notification.Type(row.Type), UserID: notification.UserIDPrefix.Format(row.UserID),
		OrderID: optional(notification.OrderIDPrefix, row.OrderID), PaymentID: optional(notification.PaymentIDPrefix, row.PaymentID), Channel: notification.Channel(row.Channel),
		Status: notification.Status(row.Status), Reason: row.Reason, Attempts: int(row.Attempts), Locale: row.Locale, Subject: row.Subject,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), SentAt: pg.UTC(row.SentAt),
	}
}

func optional(prefix id.Prefix, u *uuid.UUID) string {
	if u == nil {
		return ""
	}
	return prefix.Format(*u)
}

func toDue(row notificationdb.Notification, overtaken bool) notification.Due {
	due := notification.Due{
		Notification: toNotification(row), HappenedAt: row.HappenedAt.UTC(), Cause: row.Cause, Erased: row.ErasedAt != nil, Overtaken: overtaken,
	}
	if row.Amount != nil && row.Currency != nil {
		due.Amount = money.New(*row.Amount, *row.Currency)
	}
	return due
}

// replayRow is a replay as the queries give it.
type replayRow struct {
	ID      uuid.UUID  `json:"id"`
	Reason  string     `json:"reason"`
	By      string     `json:"by"`
	At      time.Time  `json:"at"`
	Outcome string     `json:"outcome"`
	Code    string     `json:"code"`
	EndedAt *time.Time `json:"ended_at"`
}

func toDeadLetter(row notificationdb.DeadLetter, rawReplays []byte) (notification.DeadLetter, error) {
	d := notification.DeadLetter{
		ID: notification.DeadLetterIDPrefix.Format(row.ID), Consumer: row.Consumer, Topic: row.Topic, Partition: row.Partition, Offset: row.RecordOffset,
		EventID: row.EventID, Type: row.Type, Code: row.Code, Detail: row.Detail, State: notification.DeadLetterState(row.State),
		Replays: []notification.Replay{}, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	if row.Dismissal != nil {
		d.Dismissal = &notification.Dismissal{
			ID: notification.DismissalIDPrefix.Format(*row.Dismissal), Reason: row.DismissedFor, By: row.DismissedBy, At: *pg.UTC(row.DismissedAt),
		}
	}
	var replays []replayRow
	if err := json.Unmarshal(rawReplays, &replays); err != nil {
		return notification.DeadLetter{}, fmt.Errorf("read replays of dead letter %s: %w", d.ID, err)
	}
	for _, r := range replays {
		d.Replays = append(d.Replays, notification.Replay{
			ID: notification.ReplayIDPrefix.Format(r.ID), Reason: r.Reason, By: r.By, At: r.At.UTC(),
			Outcome: notification.ReplayOutcome(r.Outcome), Code: r.Code, EndedAt: pg.UTC(r.EndedAt),
		})
	}
	return d, nil
}
