// Package smtpmail hands notifications to a mail server.
package smtpmail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/skaldhq/skald/services/notification"
)

// Security is how the way to a mail server is kept private.
type Security string

// The ways.
const (
	STARTTLS Security = "starttls" // from a command on; without it nothing is sent
	TLS      Security = "tls"      // from the first byte on
	Plain    Security = "none"     // not at all
)

// Config is how a mail server is reached.
type Config struct {
	Host     string
	Port     int
	Security Security
	// CAFile is a PEM file of the authorities that its certificate is by; empty: the
	// system's.
	CAFile         string
	User, Password string // empty: nobody logs in
	From           string // an address, perhaps with a name: Shop <shop@example.com>
	// Timeout bounds each of the steps of a mail: to reach the server, to be greeted, to
	// log in, to hand the mail over, to take leave. However slowly a server speaks, Send
	// takes no longer than five of them.
	Timeout time.Duration
}

// Mailer is a notification.Mailer. It is safe for concurrent use: each mail has a
// connection of its own.
type Mailer struct {
	client *mail.Client
	from   *netmail.Address
	domain string // of From
}

var _ notification.Mailer = (*Mailer)(nil)

// New returns a mailer. It does not reach for the server, which need not be there
// yet.
func New(c Config) (*Mailer, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("the sender of notifications is no address: %w", err)
	}
	options := []mail.Option{mail.WithPort(c.Port), mail.WithTimeout(c.Timeout), mail.WithoutNoop()}
	switch c.Security {
	case Plain:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case TLS:
		options = append(options, mail.WithSSL())
	case STARTTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		return nil, fmt.Errorf("there is no way to a mail server that is named %q", c.Security)
	}
	if c.CAFile != "" {
		trusted, err := trusting(c.CAFile, c.Host)
		if err != nil {
			return nil, err
		}
		options = append(options, mail.WithTLSConfig(trusted))
	}
	if c.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	client, err := mail.NewClient(c.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("reach a mail server: %w", err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	return &Mailer{client: client, from: from, domain: domain}, nil
}

func trusting(file, host string) (*tls.Config, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // as the operator names it
	if err != nil {
		return nil, fmt.Errorf("read the authorities of the mail server: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("the file of the authorities of the mail server holds no certificate")
	}
	return &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}, nil
}

// Send hands a mail to the server. Its Message-ID is that of every attempt.
func (m *Mailer) Send(ctx context.Context, letter notification.Mail) error {
	msg, err := m.message(letter)
	if err != nil {
		return err
	}
	if err := m.client.DialAndSendWithContext(ctx, msg); err != nil && !msg.IsDelivered() {
		return translate(err)
	}
	return nil
}

func (m *Mailer) message(letter notification.Mail) (*mail.Msg, error) {
	to, err := netmail.ParseAddress(letter.To.Email)
	if err != nil {
		return nil, notification.ErrRecipient.Because(err)
	}
	to.Name = letter.To.Name
	msg := mail.NewMsg()
	msg.FromMailAddress(m.from)
	msg.ToMailAddress(to)
	msg.Subject(letter.Subject)
	msg.SetDate()
	msg.SetMessageIDWithValue(letter.ID + "@" + m.domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday answers it
	msg.SetGenHeader("Content-Language", letter.Locale)
	msg.SetBodyString(mail.TypeTextPlain, letter.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, letter.HTML)
	return msg, nil
}
