package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// issuer is an identity provider.
type issuer struct {
	*testing.T
	url  string
	mu   sync.Mutex
	keys map[string]jwk.Key // private ones, by id
	down bool
	hits int
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{T: t, keys: map[string]jwk.Key{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.hits++
		if i.down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		set := jwk.NewSet()
		for _, key := range i.keys {
			public, err := key.PublicKey()
			require.NoError(t, err)
			require.NoError(t, set.AddKey(public))
		}
		require.NoError(t, json.NewEncoder(w).Encode(set))
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	i.rotate("one", false)
	return i
}

// rotate adds a key.
func (i *issuer) rotate(id string, elliptical bool) {
	i.Helper()
	var raw any
	var err error
	alg := jwa.RS256()
	if raw, err = rsa.GenerateKey(rand.Reader, 2048); elliptical {
		raw, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		alg = jwa.ES256()
	}
	require.NoError(i, err)
	key, err := jwk.Import(raw)
	require.NoError(i, err)
	require.NoError(i, key.Set(jwk.KeyIDKey, id))
	require.NoError(i, key.Set(jwk.AlgorithmKey, alg))
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys[id] = key
}

func (i *issuer) claims() map[string]any {
	return map[string]any{
		"iss": "https://id.example", "aud": "skald", "sub": "42", "exp": time.Now().Add(time.Minute).Unix(), "nbf": time.Now().Add(-time.Minute).Unix(),
		"skald_user_id": userID, "scope": "openid orders:read",
	}
}

var userID = user.IDPrefix.New()

func token(t *testing.T, claims map[string]any) jwt.Token {
	t.Helper()
	built := jwt.New()
	for name, value := range claims {
		require.NoError(t, built.Set(name, value))
	}
	return built
}

func (i *issuer) sign(id string, claims map[string]any) string {
	i.Helper()
	i.mu.Lock()
	key := i.keys[id]
	i.mu.Unlock()
	alg, _ := key.Algorithm()
	signed, err := jwt.Sign(token(i.T, claims), jwt.WithKey(alg, key))
	require.NoError(i, err)
	return string(signed)
}

func (i *issuer) tokens(now func() time.Time) *auth.Tokens {
	return auth.NewTokens(auth.OIDC{
		Issuer: "https://id.example", Audience: "skald", KeysURL: i.url, RoleClaim: "skald_role", UserClaim: "skald_user_id",
	}, now)
}

// TestTokens: a token counts as what it says, once it is verified.
func TestTokens(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	tokens := i.tokens(time.Now)
	p, err := tokens.Authenticate(t.Context(), i.sign("one", i.claims()))
	require.NoError(t, err)
	require.Equal(t, auth.Principal{ID: userID, Name: userID, Role: user.RoleCustomer, UserID: userID, Scopes: []string{"orders:read"}}, p)
	operator := i.claims()
	operator["skald_role"] = "operator"
	delete(operator, "scope")
	p, err = tokens.Authenticate(t.Context(), i.sign("one", operator))
	require.NoError(t, err)
	require.Equal(t, user.RoleOperator, p.Role)
	require.Equal(t, "https://id.example#42", p.ID)
	require.Empty(t, p.UserID)
	require.True(t, p.Holds("sagas:write"))
}

// TestForged: whatever is not as it has to be makes a token speak for nobody.
func TestForged(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	tokens := i.tokens(time.Now)
	for name, spoil := range map[string]func(map[string]any){
		"expired":            func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() },
		"not yet valid":      func(c map[string]any) { c["nbf"] = time.Now().Add(time.Minute).Unix() },
		"wrong issuer":       func(c map[string]any) { c["iss"] = "https://other.example" },
		"wrong audience":     func(c map[string]any) { c["aud"] = "another" },
		"no expiry":          func(c map[string]any) { delete(c, "exp") },
		"no subject":         func(c map[string]any) { delete(c, "sub") },
		"no user":            func(c map[string]any) { delete(c, "skald_user_id") },
		"an unknown role":    func(c map[string]any) { c["skald_role"] = "root" },
		"a role that is two": func(c map[string]any) { c["skald_role"] = []string{"operator"}; c["skald_user_id"] = "" },
	} {
		claims := i.claims()
		spoil(claims)
		_, err := tokens.Authenticate(t.Context(), i.sign("one", claims))
		require.ErrorIs(t, err, auth.ErrUnknown, name)
	}

	good := i.sign("one", i.claims())
	payload, err := json.Marshal(i.claims())
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	none := encode([]byte(`{"alg":"none","kid":"one"}`)) + "." + encode(payload) + "."

	public, err := i.keys["one"].PublicKey()
	require.NoError(t, err)
	pem, err := jwk.EncodePEM(public)
	require.NoError(t, err)
	secret, err := jwk.Import(pem) // RS/HS confusion: the public key as a secret
	require.NoError(t, err)
	require.NoError(t, secret.Set(jwk.KeyIDKey, "one"))
	confused, err := jws.Sign(payload, jws.WithKey(jwa.HS256(), secret))
	require.NoError(t, err)

	stranger := newIssuer(t)
	unknownKid := newIssuer(t)
	unknownKid.rotate("other", false)
	elsewhere := newIssuer(t)
	elsewhere.rotate("one", true) // the same kid, another algorithm
	for name, forged := range map[string]string{
		"none": none, "HS256 with the public key": string(confused), "another's key": stranger.sign("one", i.claims()),
		"unknown kid": unknownKid.sign("other", i.claims()), "another algorithm": elsewhere.sign("one", i.claims()),
		"cut": good[:len(good)-3], "empty": "", "nonsense": "a.b.c", "changed": good[:20] + "x" + good[21:],
	} {
		_, err := tokens.Authenticate(t.Context(), forged)
		require.ErrorIs(t, err, auth.ErrUnknown, name)
	}
	_, err = tokens.Authenticate(t.Context(), good)
	require.NoError(t, err)
}

// TestRotation: a new key is fetched when it turns up, no matter how often unknown
// ones do; while the provider is away the keys that were there still count.
func TestRotation(t *testing.T) {
	t.Parallel()
	i, c := newIssuer(t), &clock{time.Now()}
	tokens := i.tokens(c.now)
	old := i.sign("one", i.claims())
	_, err := tokens.Authenticate(t.Context(), old)
	require.NoError(t, err)
	i.rotate("two", true)
	fresh := i.sign("two", i.claims())
	for range 20 {
		_, err = tokens.Authenticate(t.Context(), fresh)
		require.ErrorIs(t, err, auth.ErrUnknown, "it was looked for a moment ago")
	}
	require.Equal(t, 1, i.hits)
	c.at = c.at.Add(11 * time.Second)
	for _, signed := range []string{fresh, old} {
		_, err = tokens.Authenticate(t.Context(), signed)
		require.NoError(t, err)
	}
	require.Equal(t, 2, i.hits)
	i.mu.Lock()
	i.down = true
	i.mu.Unlock()
	c.at = c.at.Add(16 * time.Minute)
	claims := i.claims()
	claims["exp"] = c.at.Add(time.Minute).Unix()
	_, err = tokens.Authenticate(t.Context(), i.sign("two", claims))
	require.NoError(t, err)

	_, err = i.tokens(time.Now).Authenticate(t.Context(), old) // nothing to go by
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
}
