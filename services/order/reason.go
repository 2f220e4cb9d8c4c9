package order

import (
	"fmt"
	"unicode/utf8"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/text"
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

// keepable tells whether Postgres can keep a reason, which is not too long.
func keepable(reason string) bool {
	return utf8.RuneCountInString(reason) <= maxReason && text.Keepable(reason)
}
