package config

import (
	"errors"
	"fmt"
	"time"

	"github.com/skaldhq/skald/internal/seal"
)

// Payloads is how the payloads at Temporal are sealed. Without keys they are plain.
type Payloads struct {
	Keys       []Secret      `help:"Keys that seal the payloads at Temporal, as id=base64 of 32 bytes: the first seals, all open; none: payloads are plain." env:"KEYS" placeholder:"ID=BASE64,…" json:"keys"`
	EraseAfter time.Duration `help:"How long after a user was deleted the key of their payloads is kept at least; longer while a saga of theirs runs." default:"1h" env:"ERASE_AFTER" json:"erase_after"`
}

// leastEraseAfter is many times what a process remembers a key for, so that nothing
// begins with one that is about to be erased.
const leastEraseAfter = 30 * time.Second

// Ring gives the keys.
func (p Payloads) Ring() (seal.Ring, error) {
	return ring(p.Keys)
}

// ring reads keys of the form id=base64.
func ring(keys []Secret) (seal.Ring, error) {
	texts := make([]string, len(keys))
	for i, key := range keys {
		texts[i] = string(key)
	}
	return seal.ParseRing(texts...)
}

// possible tells what of it cannot be, of a process that does or does not reach
// the user service.
func (p Payloads) possible(reachesUsers bool) error {
	if _, err := p.Ring(); err != nil {
		return fmt.Errorf("the payload keys cannot be used: mend SKALD_PAYLOAD_KEYS: %w", err)
	}
	if len(p.Keys) > 0 && !reachesUsers {
		return errors.New("payloads are sealed with keys that the user service keeps, and nobody knows where it is: set SKALD_SERVICES to user=http://…, or unset SKALD_PAYLOAD_KEYS")
	}
	if len(p.Keys) > 0 && p.EraseAfter < leastEraseAfter {
		return fmt.Errorf("payload keys must be kept for %s or longer after their user was deleted: set SKALD_PAYLOAD_ERASE_AFTER", leastEraseAfter)
	}
	return nil
}
