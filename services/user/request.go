package user

import (
	"strings"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/text"
)

// MaxPage is the most users that a page holds.
const MaxPage = 100

// maxEmail is the longest address that mail can be sent to (RFC 5321, section
// 4.5.3.1.3, less the angle brackets).
const maxEmail = 254

// Validate tells the first field that is wrong.
func (r PutRequest) Validate() error {
	if _, err := IDPrefix.Parse(r.ID); err != nil {
		return fault.InvalidField("user_id", err.Error())
	}
	local, domain, at := strings.Cut(r.Email, "@")
	if !at || local == "" || domain == "" || len(r.Email) > maxEmail || !text.Keepable(r.Email) {
		return fault.InvalidField("email", "must be an e-mail address")
	}
	if r.Name == "" || !text.Keepable(r.Name) {
		return fault.InvalidField("name", "must be text that is not empty")
	}
	if r.Locale == "" || !text.Keepable(r.Locale) {
		return fault.InvalidField("locale", "must be a BCP 47 language tag")
	}
	if r.Status != Active && r.Status != Suspended {
		return fault.InvalidField("status", "must be active or suspended")
	}
	return nil
}

// Describes reports whether the user is as the request wants it.
func (r PutRequest) Describes(u User) bool {
	return r == PutRequest{ID: u.ID, Email: u.Email, Name: u.Name, Locale: u.Locale, Status: u.Status}
}
