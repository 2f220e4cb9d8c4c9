// Package auth tells who asks the front door: by an API key, or by a token of
// an identity provider (OpenID Connect).
package auth

import (
	"context"
	"slices"
	"strings"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// Principal is who asks.
type Principal struct {
	// ID stays the same for as long as they are who they are.
	ID     string
	Name   string // that an audit keeps; no personal data
	Role   user.Role
	UserID string   // of a customer
	Scopes []string // empty: all of the role's
}

// Holds tells whether the principal's scopes have one.
func (p Principal) Holds(scope string) bool {
	return len(p.Scopes) == 0 || slices.Contains(p.Scopes, scope)
}

// Authenticator finds out who shows a token.
type Authenticator interface {
	// Authenticate: ErrUnknown for a token that speaks for nobody. Any other error
	// leaves open whom it speaks for.
	Authenticate(ctx context.Context, token string) (Principal, error)
}

// ErrUnknown is the answer to a token that speaks for nobody.
var ErrUnknown = fault.New(fault.Refused, "unauthenticated", "The credential is not valid.")

// By tells API keys and tokens of an identity provider apart, and has each looked
// at by those who know. Either may be nil.
type By struct{ Keys, Tokens Authenticator }

// Authenticate finds out who shows a key or a token.
func (b By) Authenticate(ctx context.Context, token string) (Principal, error) {
	by := b.Tokens
	if strings.HasPrefix(token, Prefix) {
		by = b.Keys
	}
	if by == nil {
		return Principal{}, ErrUnknown
	}
	return by.Authenticate(ctx, token)
}
