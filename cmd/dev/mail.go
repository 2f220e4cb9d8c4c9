package main

import (
	"path/filepath"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/devstack/mailsink"
)

// sender is who the demo's notifications are from.
const sender = "Skald <shop@skald.example>"

// startMail runs the mail sink, unless a mail server is named.
func (s *devStack) startMail(c *config.Config) error {
	s.info.SMTP = s.options.MailServer
	if s.info.SMTP == "" {
		sink, err := preferred(s.options.SMTPAddr, smtpAddr, func(addr string) (*mailsink.Sink, error) {
			return mailsink.Start(filepath.Join(s.options.Data, "mail"), addr)
		})
		if err != nil {
			return err
		}
		s.onStop(func() { _ = sink.Close() })
		s.info.SMTP = sink.Addr
	}
	c.SMTP = config.SMTP{Addr: s.info.SMTP, From: sender, Security: config.SMTPPlain}
	return nil
}
