package smtpmail

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
)

// firstPermanent is the first reply code that a mail server does not change its mind
// about (RFC 5321, section 4.2.1).
const firstPermanent = 500

// errUnavailable: the mail server gave no answer, or one that may be another the
// next time. It may have taken the mail.
var errUnavailable = fault.New(fault.Unknown, "mail_server_unavailable", "The mail server does not take mail now.")

// reply is what a mail server said, without its text, which may name the recipient.
type reply struct {
	*mail.SendError
}

// LogText is the codes of the reply.
func (r reply) LogText() string {
	return strings.TrimSpace(fmt.Sprintf("SMTP %d %s", r.ErrorCode(), r.EnhancedStatusCode()))
}

// Unwrap gives the library's error.
func (r reply) Unwrap() error { return r.SendError }

// translate tells a no to the recipient or to the mail from everything else: what a
// server has against the sender, or against how they log in, is for operators to mend,
// and the mail waits for that.
func translate(err error) error {
	var no *mail.SendError
	if !errors.As(err, &no) {
		return errUnavailable.Because(err)
	}
	said := reply{no}
	switch {
	case no.ErrorCode() < firstPermanent, said.againstSender():
	case no.Reason == mail.ErrSMTPRcptTo && said.againstRecipient():
		return notification.ErrRecipient.Because(said)
	case no.Reason == mail.ErrSMTPData, no.Reason == mail.ErrSMTPDataClose:
		return notification.ErrRefused.Because(said)
	}
	return errUnavailable.Because(said)
}

// authentication are the codes of a server that wants another login (RFC 4954, section 6).
func authentication() []int { return []int{530, 534, 535, 538} }

// againstSender reports whether a no is one to the sender: their login, their address,
// the server's policy about them (RFC 3463: 5.7.x, and of the addresses 5.1.7 and 5.1.8).
// A wrong password must not cost anybody their mail.
func (r reply) againstSender() bool {
	status := r.EnhancedStatusCode()
	return slices.Contains(authentication(), r.ErrorCode()) || strings.HasPrefix(status, "5.7.") || status == "5.1.7" || status == "5.1.8"
}

// againstRecipient reports whether a no to a recipient is about them: their address
// (5.1.x) or their mailbox (5.2.x). A server that gives no reason means that.
func (r reply) againstRecipient() bool {
	status := r.EnhancedStatusCode()
	return status == "" || strings.HasPrefix(status, "5.1.") || strings.HasPrefix(status, "5.2.")
}
