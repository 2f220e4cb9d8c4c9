// Package cards finds payment card numbers (PANs) in what clients send, so that
// none gets any further than the front door.
package cards

import (
	"regexp"
	"unicode"
	"unicode/utf8"
)

// The lengths of a card number, in digits (ISO/IEC 7812).
const shortest, longest = 13, 19

// Within tells whether a text has a card number in it: 13 to 19 digits of any
// script that begin as a card network's do and end with the right check digit
// (Luhn). Spaces and dashes may group them. A number begins and ends where a
// group does, so that text, an expiry date or leading zeros around it hide
// nothing, and a longer number is no card's.
func Within(text string) bool {
	if digits(text) < shortest {
		return false
	}
	var r run
	for _, c := range ours.ReplaceAllLiteralString(text, "|") {
		switch d, ok := digit(c); {
		case ok:
			r.add(d)
		case separates(c):
			r.inGroup = false
		default:
			if r.holdsCard() {
				return true
			}
			r.clear()
		}
	}
	return r.holdsCard()
}

// ours are tokens in which digits mean nothing: UUIDs, plain or as TypeIDs, by
// version and variant (RFC 9562), and what is as long as a digest or a trace id
// in hexadecimal. One in some thousands of them would read as a card number.
var ours = regexp.MustCompile(`\b(?:` +
	`[[:xdigit:]]{8}-[[:xdigit:]]{4}-[1-8][[:xdigit:]]{3}-[89abAB][[:xdigit:]]{3}-[[:xdigit:]]{12}` +
	`|[a-z][a-z_]{0,62}_[0-7][0-9a-hjkmnp-tv-z]{9}[2-9a-h][0-9a-hjkmnp-tv-z]{2}[89abrstv][0-9a-hjkmnp-tv-z]{12}` +
	`|[[:xdigit:]]{32}|[[:xdigit:]]{40}|[[:xdigit:]]{64}` +
	`)\b`)

// run is digits with nothing but separators between them, and where its groups
// begin and end.
type run struct {
	digits       []byte
	begins, ends []int
	inGroup      bool
}

func (r *run) add(d byte) {
	if !r.inGroup {
		r.begins, r.ends, r.inGroup = append(r.begins, len(r.digits)), append(r.ends, 0), true
	}
	r.digits = append(r.digits, d)
	r.ends[len(r.ends)-1] = len(r.digits)
}

func (r *run) clear() {
	r.digits, r.begins, r.ends, r.inGroup = r.digits[:0], r.begins[:0], r.ends[:0], false
}

// holdsCard looks at every stretch of whole groups that is as long as a card number.
func (r *run) holdsCard() bool {
	for i, begin := range r.begins {
		for begin < r.ends[i]-1 && r.digits[begin] == 0 { // no card's number begins with one
			begin++
		}
		for _, end := range r.ends[i:] {
			if end-begin > longest {
				break
			}
			if number := r.digits[begin:end]; len(number) >= shortest && issued(number) && luhn(number) {
				return true
			}
		}
	}
	return false
}

// issued tells whether a number begins as those of a card network: Visa 4,
// Maestro 50 and 56 to 69, Mastercard 51 to 55 and 2221 to 2720, Mir 2200 to
// 2204, Diners Club 30, 36, 38 and 39, American Express 34 and 37, JCB 35,
// Discover, RuPay and UnionPay 6.
func issued(number []byte) bool {
	four := 0
	for _, d := range number[:4] {
		four = four*10 + int(d)
	}
	switch number[0] {
	case 2:
		return four >= 2200 && four <= 2204 || four >= 2221 && four <= 2720
	case 3:
		return number[1] == 0 || number[1] >= 4
	default:
		return number[0] >= 4 && number[0] <= 6
	}
}

// luhn tells whether the last digit checks the others (ISO/IEC 7812-1, annex B).
func luhn(number []byte) bool {
	sum := 0
	for i, d := range number {
		n := int(d)
		if (len(number)-i)%2 == 0 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum%10 == 0
}

// digits counts the digits of a text.
func digits(text string) (n int) {
	for _, c := range text {
		if _, ok := digit(c); ok {
			n++
		}
	}
	return n
}

// digit is the value of a decimal digit of any script: those of a script follow
// each other from zero, and so do scripts (The Unicode Standard, section 4.6).
func digit(c rune) (value byte, ok bool) {
	if c < utf8.RuneSelf {
		return byte(c - '0'), c >= '0' && c <= '9' //nolint:gosec // of a digit: 0 to 9
	}
	if !unicode.Is(unicode.Nd, c) {
		return 0, false
	}
	after := rune(0) // the zero
	for unicode.Is(unicode.Nd, c-after-1) {
		after++
	}
	return byte(after % 10), true //nolint:gosec // 0 to 9
}

// separates tells whether a character may stand between the groups of a card
// number: white space, dashes, and what nobody sees.
func separates(c rune) bool {
	return c == '-' || c == '−' || unicode.IsSpace(c) || unicode.In(c, unicode.Pd, unicode.Zs, unicode.Cf)
}
