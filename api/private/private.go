// Package private finds in text what people paste where it does not belong, and
// what then would be kept, shown and passed on: e-mail addresses, and the
// credentials that are known by their form. A password has none.
package private

import (
	"regexp"
	"strings"
)

// address is an e-mail address as people write it, anywhere in a text and in any
// script (RFC 6531), also with the full-width sign that some keyboards make.
var address = regexp.MustCompile(`[\p{L}\p{N}\p{M}._%+-][@＠][\p{L}\p{N}\p{M}-]+[.．。]\p{L}`)

// credential is an API key of the platform's, a secret of the payment provider's
// (its own or a customer's for one payment), or a signed token of an identity
// provider's.
var credential = regexp.MustCompile(`skald_[A-Za-z0-9_-]{20}|\b(sk|rk)_(live|test)_[A-Za-z0-9]{8}|_secret_[A-Za-z0-9]{8}` +
	`|\bwhsec_[A-Za-z0-9+/_-]{8}|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.`)

// Address tells whether a text has an e-mail address in it.
func Address(text string) bool {
	return strings.ContainsAny(text, "@＠") && address.MatchString(text)
}

// Credential tells whether a text has in it what somebody shows to be let in.
func Credential(text string) bool { return credential.MatchString(text) }
