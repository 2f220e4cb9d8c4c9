package config

import (
	"errors"
	"net"
	"net/mail"
	"slices"
	"strconv"
)

// SMTP is the mail server that notifications are handed to. Without an address they
// wait.
type SMTP struct {
	Addr     string `help:"Mail server, host:port; none: notifications wait." env:"ADDR" json:"addr"`
	From     string `help:"Who notifications are from, as Shop <shop@example.com>." env:"FROM" json:"from"`
	Security string `help:"starttls, tls (from the first byte on) or none." default:"starttls" env:"SECURITY" json:"security"`
	CA       string `name:"ca-file" help:"PEM file of the authorities that the mail server's certificate is by; the system's if not given." env:"CA_FILE" json:"ca_file"`
	User     string `help:"User name at the mail server; none: nobody logs in." env:"USER" json:"user"`
	Password Secret `help:"Password at the mail server." env:"PASSWORD" json:"password"`
}

// The ways to a mail server.
const (
	SMTPStartTLS = "starttls"
	SMTPTLS      = "tls"
	SMTPPlain    = "none"
)

// HostPort is where the mail server is.
func (s SMTP) HostPort() (host string, port int) {
	host, text, _ := net.SplitHostPort(s.Addr)
	port, _ = strconv.Atoi(text)
	return host, port
}

// Possible tells in one sentence each what of the mail server cannot be.
func (s SMTP) Possible() error {
	if s.Addr == "" {
		return nil
	}
	var faults []error
	if host, port := s.HostPort(); host == "" || port < 1 || port > 65535 {
		faults = append(faults, errors.New("the mail server is not of the form host:port: mend SKALD_SMTP_ADDR"))
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		faults = append(faults, errors.New("nobody would know who notifications are from: set SKALD_SMTP_FROM to an address, as Shop <shop@example.com>"))
	}
	if !slices.Contains([]string{SMTPStartTLS, SMTPTLS, SMTPPlain}, s.Security) {
		faults = append(faults, errors.New("there is no such way to a mail server: set SKALD_SMTP_SECURITY to starttls, tls or none"))
	}
	if (s.User == "") != (s.Password == "") {
		faults = append(faults, errors.New("a user of the mail server and the password go together: set SKALD_SMTP_USER and SKALD_SMTP_PASSWORD, or neither"))
	}
	if s.Password != "" && s.Security == SMTPPlain {
		faults = append(faults, errors.New("the mail server's password would be shown to whoever listens: set SKALD_SMTP_SECURITY to starttls or tls"))
	}
	return errors.Join(faults...)
}

// notifies tells what a process lacks that sends notifications: whom to ask for those
// who are told is in other services.
func (c Config) notifies(services []string) (faults []error) {
	if err := c.SMTP.Possible(); err != nil {
		faults = append(faults, err)
	}
	for _, asked := range []string{"user", "payment"} {
		if c.SMTP.Addr != "" && !slices.Contains(services, asked) && c.Services[asked] == "" {
			faults = append(faults, errors.New("the notification service cannot ask the "+asked+" service: set SKALD_SERVICES to "+asked+"=http://… too"))
		}
	}
	return faults
}
