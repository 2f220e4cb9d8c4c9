package platform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/consumer"
	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/kafka"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/letters"
	"github.com/skaldhq/skald/services/notification/smtpmail"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
)

const (
	// notifications names the consumer, and its group at the brokers.
	notifications = "skald.notifications"
	// deadLetters is the topic of what it cannot deal with.
	deadLetters = "skald.notification.dead-letters"
	// senders is how many notifications are sent at a time.
	senders = 4
	// forgetBatch is how much of each kind is forgotten at a time.
	forgetBatch = 1000
	// sendPause is between two looks for something to send.
	sendPause = 250 * time.Millisecond
)

// The metrics of notifications.
const (
	metricNotifications = "skald_notifications_total"
	metricWaiting       = "skald_notifications_waiting"
	metricOldest        = "skald_notifications_oldest_seconds"
)

// notifying is what the notification service does besides answering.
type notifying struct {
	consumers []*consumer.Consumer
	chores    []chore
	senders   []chore // what sends a mail at a time
}

// notifying gives what the notification service of this process does; nothing where
// there is none.
func (p *Platform) notifying() (n notifying, err error) {
	if p.notices == nil {
		return n, nil
	}
	if err := p.consume(&n); err != nil {
		return n, err
	}
	return n, p.send(&n)
}

// consume adds what turns events into notifications, and into deliveries of webhooks.
func (p *Platform) consume(n *notifying) error {
	if len(p.config.Kafka.Brokers) == 0 {
		p.log.Info("nobody is notified of anything: SKALD_KAFKA_BROKERS names no brokers")
		return nil
	}
	dead, err := kafka.NewProducer(p.config.Kafka, deadLetters)
	if err != nil {
		return err
	}
	p.closers = append(p.closers, dead.Close)
	f := following{
		letters: consumer.Letters{Topic: deadLetters, Publisher: dead, Grave: grave{p.notices}}, metrics: consumer.NewMetrics(p.metrics),
	}
	return cmp.Or(
		p.follow(n, f, notifications, inbox{p.notices}, "order", "payment", "user"),
		p.follow(n, f, webhooks, queue{p.webhooks}, telling(db.Services())...),
	)
}

// following is what the consumers of a process share.
type following struct {
	letters consumer.Letters
	metrics *consumer.Metrics
}

// follow adds a consumer of what services tell.
func (p *Platform) follow(n *notifying, f following, name string, to consumer.Handler, services ...string) error {
	from, err := kafka.NewConsumer(p.config.Kafka, name, event.Topics(services...)...)
	if err != nil {
		return err
	}
	p.closers = append(p.closers, from.Close)
	events := consumer.New(name, from, to, f.letters, f.metrics, p.log).Traced(p.traces.Of())
	n.consumers = append(n.consumers, events)
	n.chores = append(n.chores, chore{"measure " + name, countPause, events.Measure}, chore{"replay dead letters of " + name, dispatchPause, events.Replay})
	return nil
}

// send adds what sends notifications.
func (p *Platform) send(n *notifying) error {
	by := prometheus.NewCounterVec(prometheus.CounterOpts{Name: metricNotifications, Help: "Attempts to send notifications, and what became of them."}, []string{"type", "status"})
	p.metrics.MustRegister(by)
	n.chores = append(n.chores, chore{"count notifications", countPause, p.gauged(
		prometheus.GaugeOpts{Name: metricWaiting, Help: "Notifications that were not sent yet."},
		prometheus.GaugeOpts{Name: metricOldest, Help: "How long the oldest notification waits to be sent."},
		p.notices.Waiting,
	)}, chore{"forget notifications", prunePause, func(ctx context.Context) (int, error) {
		keep := p.config.Notices
		return p.notices.Forget(ctx, notification.Retention{Inbox: keep.Inbox, Ended: keep.Ended}, forgetBatch)
	}})
	s := p.config.SMTP
	if s.Addr == "" {
		p.log.Info("notifications wait: SKALD_SMTP_ADDR names no mail server")
		return nil
	}
	host, port := s.HostPort()
	mailer, err := smtpmail.New(smtpmail.Config{
		Host: host, Port: port, Security: smtpmail.Security(s.Security), CAFile: s.CA, User: s.User, Password: string(s.Password), From: s.From,
		Timeout: notification.MailTimeout,
	})
	if err != nil {
		return err
	}
	writer, err := letters.New()
	if err != nil {
		return err
	}
	all := p.all
	sender := notification.Sender{
		Deliveries: p.notices, Recipients: recipients{all.users}, Actions: actions{all.payments}, Writer: writer, Mailer: mailer,
		Tell: func(t notification.Type, s notification.Status) { by.WithLabelValues(string(t), string(s)).Inc() },
		Log:  p.log,
	}
	for i := range senders {
		n.senders = append(n.senders, chore{fmt.Sprintf("send notifications %d", i+1), sendPause, sender.SendNext})
	}
	return nil
}

// inbox gives events to the service.
type inbox struct{ to notification.Service }

func (i inbox) Handle(ctx context.Context, e cloudevents.Event) (bool, error) {
	return i.to.Take(ctx, notification.Event{ID: e.ID(), Type: e.Type(), Time: e.Time(), Data: e.Data()})
}

// grave keeps a consumer's dead letters in the service.
type grave struct{ in notification.Graves }

func (g grave) Bury(ctx context.Context, b consumer.Burial) (bool, error) {
	return g.in.Bury(ctx, notification.Burial{
		Consumer: b.Consumer, Topic: b.Record.Topic, Partition: b.Record.Partition, Offset: b.Record.Offset, Key: b.Record.Key, Value: b.Record.Value,
		EventID: b.EventID, Type: b.Type, Code: b.Code, Detail: b.Detail,
	})
}

func (g grave) Raise(ctx context.Context, name string, limit int) ([]consumer.Raised, error) {
	raised, err := g.in.Raise(ctx, name, limit)
	var all []consumer.Raised
	for _, r := range raised {
		all = append(all, consumer.Raised{ReplayID: r.ReplayID, Record: &kgo.Record{
			Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Key: r.Key, Value: r.Value,
		}})
	}
	return all, err
}

func (g grave) EndReplay(ctx context.Context, replayID string, done bool, code string) error {
	outcome := notification.ReplayFailed
	if done {
		outcome = notification.ReplayDone
	}
	return g.in.EndReplay(ctx, replayID, outcome, code)
}

func (g grave) DeadCount(ctx context.Context, name string) (int, error) {
	return g.in.DeadCount(ctx, name)
}

// recipients asks the user service who is to be told.
type recipients struct{ of user.FrontDoor }

func (r recipients) Recipient(ctx context.Context, userID string) (notification.Recipient, error) {
	u, err := r.of.Get(ctx, userID)
	if errors.Is(err, user.ErrNotFound) {
		return notification.Recipient{}, notification.ErrNobody
	}
	return notification.Recipient{Name: u.Name, Email: u.Email, Locale: u.Locale}, err
}

// actions asks the payment service where customers confirm.
type actions struct{ of payment.FrontDoor }

func (a actions) ActionURL(ctx context.Context, paymentID string) (string, error) {
	p, err := a.of.Get(ctx, paymentID)
	switch {
	case errors.Is(err, payment.ErrNotFound), err == nil && (p.Status != payment.RequiresAction || p.ActionURL == ""):
		return "", notification.ErrNotAwaited
	default:
		return p.ActionURL, err
	}
}
