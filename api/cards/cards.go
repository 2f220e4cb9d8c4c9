// Package cards finds payment card numbers (PANs) in what clients send, so that
// none gets any further than the front door.
package cards

import (
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// The lengths of a card number, in digits (ISO/IEC 7812).
const shortest, longest = 13, 19

// Within tells whether a text has a card number in it: digits of any script that
// begin as a card network's do, are as many as its numbers have, and end with the
// right check digit (Luhn). Spaces and dashes may group them; dots, slashes and
// underscores where the groups are those of a card. A number begins and ends where
// a group does, so that text, an expiry date or leading zeros around it hide
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
		case c == '.' || c == '/' || c == '_':
			r.inGroup, r.apart = false, true
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
	loose        []bool // of each group: what stands before it separates other things, too
	inGroup      bool
	apart        bool // the next group is loose
}

func (r *run) add(d byte) {
	if !r.inGroup {
		r.begins, r.ends, r.loose = append(r.begins, len(r.digits)), append(r.ends, 0), append(r.loose, r.apart)
		r.inGroup, r.apart = true, false
	}
	r.digits = append(r.digits, d)
	r.ends[len(r.ends)-1] = len(r.digits)
}

func (r *run) clear() {
	r.digits, r.begins, r.ends, r.loose = r.digits[:0], r.begins[:0], r.ends[:0], r.loose[:0]
	r.inGroup, r.apart = false, false
}

// holdsCard looks at every stretch of whole groups that is as long as a card number.
func (r *run) holdsCard() bool {
	for i, begin := range r.begins {
		for begin < r.ends[i]-1 && r.digits[begin] == 0 { // no card's number begins with one
			begin++
		}
		for j := i; j < len(r.ends) && r.ends[j]-begin <= longest; j++ {
			number := r.digits[begin:r.ends[j]]
			if len(number) >= shortest && issued(number) && luhn(number) && r.together(i, j) {
				return true
			}
		}
	}
	return false
}

// together tells whether groups are one number: nothing else separates them, or
// they are grouped as on a card.
func (r *run) together(first, last int) bool {
	if !slices.Contains(r.loose[first+1:last+1], true) {
		return true
	}
	var sizes []int
	for i := first; i <= last; i++ {
		sizes = append(sizes, r.ends[i]-r.begins[i])
	}
	return slices.ContainsFunc([][]int{{4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}}, func(card []int) bool { return slices.Equal(sizes, card) })
}

// issued tells whether a number begins as those of a card network, and is as long:
// an article's number (EAN) or a telephone's (IMEI) often ends with the right digit.
func issued(number []byte) bool {
	four := 0
	for _, d := range number[:4] {
		four = four*10 + int(d)
	}
	n, two := len(number), four/100
	switch {
	case two/10 == 4: // Visa; 13 long ago
		return n == 16 || n == 18 || n == 19 || n == 13 && !article(number)
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720: // Mastercard
		return n == 16
	case two == 34, two == 37: // American Express
		return n == 15
	case two == 30, two == 36, two == 38, two == 39: // Diners Club
		return n == 14 || n >= 16
	case two == 35, two >= 50 && two <= 69, four >= 2200 && four <= 2204: // JCB; Maestro, Discover, RuPay, UnionPay; Mir
		return n >= 16
	default:
		return false
	}
}

// article tells whether 13 digits are an article's number (GS1 General
// Specifications, section 7.9).
func article(number []byte) bool {
	sum := 0
	for i, d := range number {
		sum += int(d) * (1 + i%2*2)
	}
	return sum%10 == 0
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
