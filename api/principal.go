package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// operator is the principal who runs the platform.
const operator = "operator"

// anonymous is the caller who sends no key.
const anonymous = "anonymous"

type callerKey struct{}

// callerOf is whom the request speaks for. Idempotency keys are scoped to it.
func callerOf(ctx context.Context) string {
	if caller, ok := ctx.Value(callerKey{}).(string); ok {
		return caller
	}
	return anonymous
}

// orderScope is the scope of the idempotency keys of a caller's orders. Those
// who send no key are many, and are told apart by the user they order for.
func orderScope(caller, userID string) string {
	if caller == anonymous {
		return anonymous + "/" + userID
	}
	return caller
}

// authenticate finds the caller of every operation that the document's security
// is for; it refuses a key that nobody has.
func (c Config) authenticate(a huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if ctx.Operation().Security != nil {
			next(ctx)
			return
		}
		caller, known := c.principal(ctx.Header("Authorization"))
		if !known {
			ctx.SetHeader("WWW-Authenticate", "Bearer")
			_ = huma.WriteErr(a, ctx, http.StatusUnauthorized, "Nobody has this API key. Send `Authorization: Bearer` and a key, or no Authorization.") // the client may have gone
			return
		}
		next(huma.WithValue(ctx, callerKey{}, caller))
	}
}

// principal is whom an Authorization header speaks for, and whether anybody
// knows them. Where no keys are configured a key only tells callers apart.
func (c Config) principal(authorization string) (caller string, known bool) {
	if authorization == "" {
		return anonymous, true
	}
	scheme, key, _ := strings.Cut(authorization, " ")
	key = strings.TrimSpace(key)
	bearer := strings.EqualFold(scheme, "Bearer")
	if len(c.APIKeys) > 0 {
		caller, known = c.APIKeys[key]
		return caller, known && bearer
	}
	if !bearer {
		key = authorization
	}
	sum := sha256.Sum256([]byte(key))
	return "key:" + hex.EncodeToString(sum[:]), true
}
