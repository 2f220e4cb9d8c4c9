package smtpmail_test

import (
	"bufio"
	"fmt"
	"net"
	"net/mail"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/mailsink"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/smtpmail"
)

// patience is what a busy machine gets for a step.
const patience = 8 * time.Second

func configOf(t *testing.T, addr string) smtpmail.Config {
	t.Helper()
	host, text, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	return smtpmail.Config{Host: host, Port: port, Security: smtpmail.Plain, From: "Skald <shop@skald.example>", Timeout: patience}
}

func mailer(t *testing.T, addr string) *smtpmail.Mailer {
	t.Helper()
	m, err := smtpmail.New(configOf(t, addr))
	require.NoError(t, err)
	return m
}

func letter(email string) notification.Mail {
	return notification.Mail{
		ID: "ord_1.2.email", To: notification.Recipient{Name: "Ada \"<x>\"\r\nBcc: all@example.com", Email: email},
		Letter: notification.Letter{Locale: "ko", Subject: "주문이 확정되었습니다", Text: "글", HTML: "<p>글</p>"},
	}
}

// TestSend: a mail arrives as text and HTML under its Message-ID; sent again it is
// known, and delivered once.
func TestSend(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sink, err := mailsink.Start(dir, "127.0.0.1:0")
	require.NoError(t, err)
	m := mailer(t, sink.Addr)
	for range 2 {
		require.NoError(t, m.Send(t.Context(), letter("ada@example.com")))
	}
	require.NoError(t, sink.Close())
	sink, err = mailsink.Start(dir, "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, mailer(t, sink.Addr).Send(t.Context(), letter("ada@example.com")), "a sink that was started again knows it too")
	require.NoError(t, sink.Close())

	deliveries, err := mailsink.Deliveries(dir)
	require.NoError(t, err)
	require.Len(t, deliveries, 3)
	const id = "<ord_1.2.email@skald.example>"
	for i, d := range deliveries {
		require.Equal(t, id, d.MessageID)
		require.Equal(t, i > 0, d.Repeated)
		require.Equal(t, []string{"ada@example.com"}, d.To, "nobody is written in by a name")
	}
	raw, err := os.ReadFile(mailsink.File(dir, id))
	require.NoError(t, err)
	parsed, err := mail.ReadMessage(strings.NewReader(string(raw)))
	require.NoError(t, err)
	require.Equal(t, "auto-generated", parsed.Header.Get("Auto-Submitted"))
	require.Contains(t, parsed.Header.Get("Content-Type"), "multipart/alternative")
	require.Empty(t, parsed.Header.Get("Bcc"))
	require.Contains(t, string(raw), "text/plain")
	require.Contains(t, string(raw), "text/html")
}

// TestRefusals: a mail server's no to a recipient or a mail is one for good; anything
// else leaves the mail to be sent again.
func TestRefusals(t *testing.T) {
	t.Parallel()
	sink, err := mailsink.Start(t.TempDir(), "127.0.0.1:0")
	require.NoError(t, err)
	m := mailer(t, sink.Addr)
	require.ErrorIs(t, m.Send(t.Context(), letter("nobody@refused.example")), notification.ErrRecipient)
	require.ErrorIs(t, m.Send(t.Context(), letter("not an address")), notification.ErrRecipient)
	require.NoError(t, sink.Close())
	require.Equal(t, fault.Unknown, fault.KindOf(m.Send(t.Context(), letter("ada@example.com"))), "nobody is there")

	for says, want := range map[string]error{
		"MAIL 550 who are you": nil, "MAIL 451 later": nil, "MAIL 530 5.7.0 log in": nil, "MAIL 530 log in": nil, "MAIL 550 5.1.8 who is that": nil,
		"RCPT 450 greylisted": nil, "RCPT 550 no such mailbox": notification.ErrRecipient, "RCPT 550 5.1.1 no such mailbox": notification.ErrRecipient,
		"RCPT 552 5.2.2 full": notification.ErrRecipient, "RCPT 550 5.7.1 you are on a list": nil, "RCPT 554 5.7.1 relay denied": nil, "RCPT 530 log in": nil,
		"RCPT 535 5.7.8 wrong password": nil, "RCPT 550 5.1.8 your domain is none": nil, "RCPT 554 5.4.4 no route": nil,
		"DATA 554 no mail today": notification.ErrRefused, ". 552 too big": notification.ErrRefused, ". 552 5.3.4 too big": notification.ErrRefused,
		". 554 5.6.0 not a mail": notification.ErrRefused, ". 550 5.7.1 looks like spam from you": nil, ". 451 later": nil, ". ": nil,
	} {
		err := mailer(t, scripted(t, says)).Send(t.Context(), letter("ada@example.com"))
		require.Error(t, err, says)
		require.NotContains(t, fault.From(err).Message, "ada@", "what is shown names nobody")
		logged := fmt.Sprint(fault.Attrs(err))
		require.NotContains(t, logged, "ada@", "nor what is logged")
		if codes := strings.Fields(says); len(codes) > 1 {
			require.Contains(t, logged, "SMTP "+codes[1])
		}
		if want == nil {
			require.Equal(t, fault.Unknown, fault.KindOf(err), says)
		} else {
			require.ErrorIs(t, err, want, says)
		}
	}
}

// scripted is a mail server that answers one command with a line of its own, or, where
// it has none, by closing the connection.
func scripted(t *testing.T, says string) string {
	t.Helper()
	at, answer, _ := strings.Cut(says, " ")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		reply := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
		reply("220 scripted")
		inData := false
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			line := lines.Text()
			switch {
			case inData && line != ".":
			case strings.HasPrefix(line, at):
				if inData = false; answer == "" {
					return
				}
				reply(answer)
			case strings.HasPrefix(line, "EHLO"):
				reply("250-scripted")
				reply("250 ENHANCEDSTATUSCODES")
			case line == "DATA":
				inData = true
				reply("354 go on")
			case line == ".":
				inData = false
				reply("250 taken")
			default:
				reply("250 ok")
			}
		}
	}()
	return l.Addr().String()
}

// TestNeedsTLS: with STARTTLS asked for, a server that cannot is sent nothing.
func TestNeedsTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sink, err := mailsink.Start(dir, "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, sink.Close()) }()
	c := configOf(t, sink.Addr)
	c.Security = smtpmail.STARTTLS
	m, err := smtpmail.New(c)
	require.NoError(t, err)
	require.Equal(t, fault.Unknown, fault.KindOf(m.Send(t.Context(), letter("ada@example.com"))))
	deliveries, err := mailsink.Deliveries(dir)
	require.NoError(t, err)
	require.Empty(t, deliveries)

	for name, spoil := range map[string]func(*smtpmail.Config){
		"sender":    func(c *smtpmail.Config) { c.From = "nobody" },
		"way":       func(c *smtpmail.Config) { c.Security = "ssl" },
		"authority": func(c *smtpmail.Config) { c.CAFile = "/nowhere" },
	} {
		c := configOf(t, sink.Addr)
		spoil(&c)
		_, err := smtpmail.New(c)
		require.Error(t, err, name)
	}
}
