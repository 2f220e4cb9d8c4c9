package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// OIDC is how tokens of an identity provider are verified.
type OIDC struct {
	Issuer, Audience string
	// KeysURL is where the provider's keys are (jwks_uri).
	KeysURL string
	// RoleClaim and UserClaim name the claims that tell the role, and a customer's
	// user id. A token without a role is a customer's.
	RoleClaim, UserClaim string
}

const (
	skew = 30 * time.Second
	// keysFor is how long the provider's keys count, keysApart how long the next
	// look for an unknown key waits: anybody can name one.
	keysFor     = 15 * time.Minute
	keysApart   = 10 * time.Second
	keysTimeout = 5 * time.Second
)

// algorithms are those that a token may be signed with: asymmetric ones, so that
// a public key never verifies as a secret.
func algorithms() []jwa.SignatureAlgorithm {
	return []jwa.SignatureAlgorithm{jwa.RS256(), jwa.PS256(), jwa.ES256(), jwa.ES384(), jwa.EdDSA()}
}

// Tokens authenticates by tokens of an identity provider.
type Tokens struct {
	config OIDC
	http   *http.Client
	now    func() time.Time

	mu   sync.Mutex
	keys jwk.Set
	at   time.Time // of the last look
}

// NewTokens returns an authenticator. It fetches the provider's keys when it
// needs them.
func NewTokens(c OIDC, now func() time.Time) *Tokens {
	return &Tokens{config: c, http: &http.Client{Timeout: keysTimeout}, now: now}
}

// Authenticate verifies a token: signature, issuer, audience and time.
func (t *Tokens) Authenticate(ctx context.Context, token string) (Principal, error) {
	var lost error // why the keys could not be had
	find := jws.KeyProviderFunc(func(ctx context.Context, sink jws.KeySink, sig *jws.Signature, _ *jws.Message) error {
		alg, ok := sig.ProtectedHeaders().Algorithm()
		kid, named := sig.ProtectedHeaders().KeyID()
		if !ok || !named || !slices.Contains(algorithms(), alg) {
			return ErrUnknown
		}
		key, err := t.key(ctx, kid)
		if err != nil {
			lost = err
			return err
		}
		if own, ok := key.Algorithm(); ok && own.String() != alg.String() {
			return ErrUnknown
		}
		sink.Key(alg, key)
		return nil
	})
	parsed, err := jwt.ParseString(token, jwt.WithContext(ctx), jwt.WithKeyProvider(find), jwt.WithValidate(true), jwt.WithAcceptableSkew(skew),
		jwt.WithIssuer(t.config.Issuer), jwt.WithAudience(t.config.Audience), jwt.WithClock(jwt.ClockFunc(t.now)),
		jwt.WithRequiredClaim("exp"), jwt.WithRequiredClaim("sub"))
	if lost != nil && !errors.Is(lost, ErrUnknown) {
		return Principal{}, lost
	}
	if err != nil {
		return Principal{}, ErrUnknown.Because(err)
	}
	return t.principal(parsed)
}

// key finds a key of the provider's by its id.
func (t *Tokens) key(ctx context.Context, kid string) (jwk.Key, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	age := t.now().Sub(t.at)
	key, found := lookUp(t.keys, kid)
	if t.keys == nil || age > keysFor || (!found && age > keysApart) {
		fresh, err := jwk.Fetch(ctx, t.config.KeysURL, jwk.WithHTTPClient(t.http))
		switch {
		case err == nil:
			t.keys, t.at = fresh, t.now()
			key, found = lookUp(fresh, kid)
		case t.keys == nil:
			return nil, fault.New(fault.Unavailable, "identity_provider_unavailable", "The identity provider does not answer.").Because(fmt.Errorf("fetch keys: %w", err))
		default: // those it had still count
			t.at = t.now()
		}
	}
	if !found {
		return nil, ErrUnknown
	}
	return key, nil
}

func lookUp(keys jwk.Set, kid string) (jwk.Key, bool) {
	if keys == nil {
		return nil, false
	}
	return keys.LookupKeyID(kid)
}

// principal reads whom a verified token speaks for.
func (t *Tokens) principal(token jwt.Token) (Principal, error) {
	subject, _ := token.Subject()
	role, userID, scope := string(user.RoleCustomer), "", ""
	_ = token.Get(t.config.RoleClaim, &role) // as it is where there is none
	_ = token.Get(t.config.UserClaim, &userID)
	_ = token.Get("scope", &scope)
	p := Principal{ID: t.config.Issuer + "#" + subject, Name: subject, Role: user.Role(role), Scopes: scopesOf(scope)}
	switch p.Role {
	case user.RoleCustomer:
		if _, err := user.IDPrefix.Parse(userID); err != nil {
			return Principal{}, ErrUnknown
		}
		p.ID, p.Name, p.UserID = userID, userID, userID
	case user.RoleOperator, user.RoleService:
	default:
		return Principal{}, ErrUnknown
	}
	return p, nil
}

// scopesOf are the scopes of the platform in a claim, which are written
// resource:verb; others are for other readers of the token.
func scopesOf(claim string) []string {
	return slices.DeleteFunc(strings.Fields(claim), func(s string) bool { return !strings.Contains(s, ":") })
}
