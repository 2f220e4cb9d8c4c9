package order

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/skaldhq/skald/internal/fault"
)

// maxReason is the longest reason, in characters.
const maxReason = 500

// ValidateReason tells whether a reason can be kept. There may be none.
func ValidateReason(reason string) error {
	if !keepable(reason) {
		return fault.InvalidField("reason", fmt.Sprintf("must be text of at most %d characters", maxReason))
	}
	return nil
}

// validDecision tells the first that is wrong of why somebody decides, and who.
func validDecision(reason, by string) error {
	for _, given := range [][2]string{{"reason", reason}, {"by", by}} {
		if given[1] == "" || !keepable(given[1]) {
			return fault.InvalidField(given[0], fmt.Sprintf("must be text of 1 to %d characters", maxReason))
		}
	}
	return nil
}

// keepable tells whether Postgres can keep a text, which is not too long.
func keepable(text string) bool {
	return utf8.RuneCountInString(text) <= maxReason && utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}
