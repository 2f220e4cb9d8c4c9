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
	"golang.org/x/sync/singleflight"

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
	// keysFor is how long the provider's keys count without being fetched again,
	// keysMost where they cannot be, keysApart how long the next look for an unknown
	// key waits: anybody can name one.
	keysFor     = 15 * time.Minute
	keysMost    = 24 * time.Hour
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

	fetches singleflight.Group

	mu              sync.Mutex
	keys            jwk.Set
	fetched, looked time.Time // when they came, and when they were last asked for
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

// key finds a key of the provider's by its id. Those that were fetched count while
// newer ones are; who names one that is not there waits for them.
func (t *Tokens) key(ctx context.Context, kid string) (jwk.Key, error) {
	t.mu.Lock()
	now := t.now()
	age, looked := now.Sub(t.fetched), now.Sub(t.looked)
	key, found := lookUp(t.keys, kid)
	none := t.keys == nil
	t.mu.Unlock()
	found = found && age <= keysMost
	if found && age <= keysFor {
		return key, nil
	}
	if looked <= keysApart && !none {
		if found {
			return key, nil
		}
		return nil, ErrUnknown
	}
	fetching := t.fetches.DoChan("", func() (any, error) { return nil, t.fetch(context.WithoutCancel(ctx)) })
	if found {
		return key, nil
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case done := <-fetching:
		if done.Err != nil {
			return nil, fault.New(fault.Unavailable, "identity_provider_unavailable", "The identity provider does not answer.").Because(done.Err)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if key, found := lookUp(t.keys, kid); found {
		return key, nil
	}
	return nil, ErrUnknown
}

// fetch gets the provider's keys, whoever asked for them first.
func (t *Tokens) fetch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	fresh, err := jwk.Fetch(ctx, t.config.KeysURL, jwk.WithHTTPClient(t.http))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looked = t.now()
	if err != nil {
		return fmt.Errorf("fetch keys: %w", err)
	}
	t.keys, t.fetched = fresh, t.now()
	return nil
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
	for name, into := range map[string]*string{t.config.RoleClaim: &role, t.config.UserClaim: &userID, "scope": &scope} {
		if token.Has(name) && token.Get(name, into) != nil {
			return Principal{}, ErrUnknown // it says something that is not understood
		}
	}
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

// scopesOf are the scopes in a claim but those of OpenID Connect itself. A token
// that names any may do no more than those.
func scopesOf(claim string) []string {
	return slices.DeleteFunc(strings.Fields(claim), func(s string) bool {
		return slices.Contains([]string{"openid", "profile", "email", "address", "phone", "offline_access"}, s)
	})
}
