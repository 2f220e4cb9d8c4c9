package notification

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/skaldhq/skald/internal/fault"
)

const (
	// sendTimeout bounds asking who is to be told, writing to them and reaching the mail
	// server.
	sendTimeout = 20 * time.Second
	// settleTimeout bounds what a database that answers no more can hold up after it, at
	// each try; settlePause is between the first two of them, and longestSettlePause
	// between later ones.
	settleTimeout      = 5 * time.Second
	settlePause        = 100 * time.Millisecond
	longestSettlePause = 2 * time.Second
	// MailTimeout bounds each step of handing a mail over: a mail server that speaks
	// slowly may take all of it each time, and the first may begin when sendTimeout ends.
	MailTimeout = 8 * time.Second
	// MailSteps is how many of those there are at most.
	MailSteps = 5
	// Lease is how long a notification belongs to who sends it: well longer than an
	// attempt can take, so that only one that was lost is sent again.
	Lease = 2 * time.Minute
	// hold is for how long its holder takes it for its own: what became of it is kept, or
	// given up, before anybody else can claim it.
	hold = Lease - 10*time.Second
	// firstPause and longestPause are between two attempts, twice as long each time.
	firstPause   = time.Second
	longestPause = 5 * time.Minute
	// StaleAfter is when news is old: nobody is told then. It is counted from what
	// happened, not from when it was heard of: the first notification service of a
	// platform that has run for months hears of all of that.
	StaleAfter = 48 * time.Hour
	// OvertakenAfter is when news is old that something newer of its order is told
	// after. Until then both are told: it is the customer's record of what was done.
	OvertakenAfter = 30 * time.Minute
)

// Recipient is who is told. It is asked for when something is sent, and not kept.
type Recipient struct {
	Name   string
	Email  string
	Locale string // BCP 47
}

// Letter is a notification as its recipient reads it.
type Letter struct {
	Locale  string // of the language that it is written in
	Subject string
	Text    string
	HTML    string
}

// Mail is a letter on its way.
type Mail struct {
	Letter

	// ID is the same whenever the same notification is sent: mail servers know by it
	// what they have taken before.
	ID string
	To Recipient
}

// The definite answers of those who are asked while something is sent.
var (
	// ErrNobody: the user was deleted.
	ErrNobody = fault.New(fault.NotFound, ReasonUserDeleted, "There is nobody to tell.")
	// ErrNotAwaited: the payment no longer waits for its customer.
	ErrNotAwaited = fault.New(fault.Conflict, ReasonNotAwaited, "The payment does not wait for its customer.")
	// errOvertaken: something else has happened since, which is told.
	errOvertaken = fault.New(fault.Conflict, ReasonOutdated, "The order stands otherwise by now.")
	// errOld: it waited for so long that nobody wants to know any more.
	errOld = fault.New(fault.Refused, ReasonUndeliverable, "The notification could not be delivered in time.")
	// ErrRecipient: no mail server takes mail to this address.
	ErrRecipient = fault.New(fault.Refused, "recipient_refused", "The mail server does not take mail to this recipient.")
	// ErrRefused: the mail server does not take this very mail.
	ErrRefused = fault.New(fault.Refused, "mail_refused", "The mail server does not take this mail.")
)

// Recipients tells who is to be told.
type Recipients interface {
	// Recipient: ErrNobody.
	Recipient(ctx context.Context, userID string) (Recipient, error)
}

// Actions tells where customers act.
type Actions interface {
	// ActionURL is where the customer confirms a payment. ErrNotAwaited.
	ActionURL(ctx context.Context, paymentID string) (string, error)
}

// Writer writes letters.
type Writer interface {
	// Write fails where a template does.
	Write(due Due, to Recipient, url string) (Letter, error)
}

// Mailer hands mail to a mail server.
type Mailer interface {
	// Send returns when a mail server has taken the mail, which is then its own. A
	// fault that is Definite is its no, for good: ErrRecipient, ErrRefused. Any other
	// error leaves open whether it has taken it.
	Send(ctx context.Context, m Mail) error
}

// Sender sends what is due. It is safe for concurrent use.
type Sender struct {
	Deliveries Deliveries
	Recipients Recipients
	Actions    Actions
	Writer     Writer
	Mailer     Mailer
	// Tell is told what became of each attempt.
	Tell func(Type, Status)
	// Log is told of each attempt that sent nothing, and why. Never of an address.
	Log *slog.Logger
}

// SendNext sends the notification that is due for the longest time, and tells how
// many that were: one or none. Whoever is told to stop meanwhile finishes it, so that
// it is not left open whether it was sent; that takes less than Lease.
func (s Sender) SendNext(ctx context.Context) (int, error) {
	held, end := context.WithTimeout(context.WithoutCancel(ctx), hold)
	defer end()
	due, ok, err := s.Deliveries.Claim(ctx, Lease)
	if err != nil || !ok {
		return 0, err
	}
	sending, cancel := context.WithTimeout(held, sendTimeout)
	defer cancel()
	letter, err := s.send(sending, due)
	o := outcome(due, letter, err)
	s.log(held, o, err)
	if err := s.settle(held, o); err != nil {
		return 0, err
	}
	s.Tell(due.Type, o.Status)
	return 1, nil
}

// settle keeps what became of an attempt. It tries for as long as the notification is
// its holder's: what was sent, and is not known to be, is sent once more. One that is
// another's by now, or was kept by a try whose answer was lost, is settled.
func (s Sender) settle(held context.Context, o Outcome) error {
	for pause := settlePause; ; pause = min(2*pause, longestSettlePause) {
		err := s.trySettle(held, o)
		if err == nil || errors.Is(err, ErrLost) {
			return nil
		}
		select {
		case <-held.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func (s Sender) trySettle(held context.Context, o Outcome) error {
	ctx, end := context.WithTimeout(held, settleTimeout)
	defer end()
	return s.Deliveries.Settle(ctx, o)
}

// log tells of an attempt that sent nothing.
func (s Sender) log(ctx context.Context, o Outcome, why error) {
	level := slog.LevelWarn
	switch o.Status {
	case Sent:
		return
	case Skipped: // nothing is wrong
		level = slog.LevelInfo
	default:
	}
	s.Log.LogAttrs(ctx, level, "notification not sent", append(fault.Attrs(why),
		slog.String("notification_id", o.ID), slog.String("status", string(o.Status)), slog.Int("attempt", o.Attempt))...)
}

// send makes an attempt. The letter is what was sent, or would have been.
func (s Sender) send(ctx context.Context, due Due) (Letter, error) {
	age := due.UpdatedAt.Sub(due.HappenedAt) // it was claimed just now
	switch {
	case due.Erased:
		return Letter{}, ErrNobody
	case due.Overtaken && age > OvertakenAfter:
		return Letter{}, errOvertaken
	case age > StaleAfter:
		return Letter{}, errOld
	}
	to, err := s.Recipients.Recipient(ctx, due.UserID)
	if err != nil {
		return Letter{}, err
	}
	url := ""
	if due.Type == PaymentActionRequired {
		if url, err = s.Actions.ActionURL(ctx, due.PaymentID); err != nil {
			return Letter{}, err
		}
	}
	letter, err := s.Writer.Write(due, to, url)
	if err != nil {
		return Letter{}, fault.New(fault.Refused, ReasonUnwritable, "The notification cannot be written.").Because(err)
	}
	return letter, s.Mailer.Send(ctx, Mail{Letter: letter, ID: due.MailID(), To: to})
}

// outcome is what is kept of an attempt; err nil: it was sent.
func outcome(due Due, letter Letter, err error) Outcome {
	o := Outcome{ID: due.ID, Attempt: due.Attempts, Status: Sent, Locale: letter.Locale, Subject: letter.Subject}
	f := fault.From(err)
	switch {
	case err == nil:
		return o
	case errors.Is(err, ErrNobody), errors.Is(err, ErrNotAwaited), errors.Is(err, errOvertaken):
		o.Status, o.Reason = Skipped, f.Code
	case f.Kind.Definite():
		o.Status, o.Reason = Failed, f.Code
	default:
		o.Status, o.Reason, o.Again = Pending, f.Code, pause(due.Attempts)
	}
	return o
}

// pause is how long a notification rests after so many attempts.
func pause(attempts int) time.Duration {
	return min(firstPause<<min(max(attempts-1, 0), 10), longestPause)
}
