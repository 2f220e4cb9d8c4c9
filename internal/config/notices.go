package config

import (
	"errors"
	"time"
)

// minInbox is longer than an event is news: one that is received again later is told
// to nobody.
const minInbox = 72 * time.Hour

// Notices is for how long the notification service keeps what is over.
type Notices struct {
	// Inbox has to outlast the brokers' records, so that one that is read again has no
	// effect.
	Inbox time.Duration `name:"inbox-retention" help:"How long it is kept that the notification service has received an event: longer than Kafka keeps the event." default:"720h" env:"INBOX_RETENTION" json:"inbox_retention"`
	Ended time.Duration `name:"retention" help:"How long a notification is kept that was sent, failed or was skipped, and a dead letter that was replayed or dismissed." default:"8760h" env:"RETENTION" json:"retention"`
}

// Possible tells in one sentence each what cannot be.
func (n Notices) Possible() error {
	var faults []error
	if n.Inbox < minInbox {
		faults = append(faults, errors.New("events could be received again while they are news: set SKALD_NOTIFICATION_INBOX_RETENTION to 72h or longer"))
	}
	if n.Ended < time.Hour {
		faults = append(faults, errors.New("notifications are kept for an hour or longer: set SKALD_NOTIFICATION_RETENTION"))
	}
	return errors.Join(faults...)
}
