package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/services/order"
)

// KeyHeader is how a POST that creates takes its idempotency key.
type KeyHeader struct {
	IdempotencyKey string `header:"Idempotency-Key" pattern:"^[\\x21-\\x7e][\\x20-\\x7e]{0,254}$" doc:"The same key with the same body creates once and gets the same answer; with another body it is refused with idempotency_mismatch. Scoped to the caller" example:"checkout-4711"`
}

// createdOnce describes a POST that takes a key and creates what a PUT can change.
const createdOnce = "With an `Idempotency-Key`, the request that comes again gets 201 and the id it made the first time. " +
	"What was changed since does not fit the request any more: that is an `idempotency_mismatch` too. What was deleted since is made anew."

// newID is the id of what the operation creates. A key leads to one id, so that
// the request that comes again finds what it made the first time.
func (h KeyHeader) newID(ctx context.Context, prefix id.Prefix, operation string) string {
	if h.IdempotencyKey == "" {
		return prefix.New()
	}
	return prefix.Format(derivedID(callerOf(ctx), operation, h.IdempotencyKey))
}

// derivedID is a UUIDv8 (RFC 9562, section 5.8) of a SHA-256 of the parts.
func derivedID(parts ...string) uuid.UUID {
	raw, err := json.Marshal(parts) // JSON tells where a part ends
	if err != nil {                 // strings always marshal
		panic(err)
	}
	sum := sha256.Sum256(raw)
	u := uuid.UUID(sum[:16])
	u[6] = u[6]&0x0f | 0x80 // version 8
	u[8] = u[8]&0x3f | 0x80 // the variant of RFC 9562
	return u
}

var errKeyReused = refusal{status: http.StatusUnprocessableEntity, code: order.ErrKeyReused.Code, detail: order.ErrKeyReused.Message}

// keyReused is the answer to a key that came with another body before.
func keyReused(ctx context.Context) error {
	return errKeyReused.problem(ctx)
}
