// Package authtest is an identity provider for tests.
package authtest

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
)

// Issuer is an identity provider on a server of its own.
type Issuer struct {
	*testing.T

	url  string
	mu   sync.Mutex
	keys map[string]jwk.Key // private ones, by id
	down bool
	hits int
}

// NewIssuer starts one, with a key whose id is "one".
func NewIssuer(t *testing.T) *Issuer {
	t.Helper()
	i := &Issuer{T: t, keys: map[string]jwk.Key{}}
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
	i.Rotate("one", false)
	return i
}

// Rotate adds a key: an RSA one, or an elliptical one.
func (i *Issuer) Rotate(id string, elliptical bool) {
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

// Claims are those of a valid token of a customer.
func (i *Issuer) Claims(userID string) map[string]any {
	return map[string]any{
		"iss": issuer, "aud": audience, "sub": "42", "exp": time.Now().Add(time.Minute).Unix(), "nbf": time.Now().Add(-time.Minute).Unix(),
		"skald_user_id": userID, "scope": "openid orders:read",
	}
}

func token(t *testing.T, claims map[string]any) jwt.Token {
	t.Helper()
	built := jwt.New()
	for name, value := range claims {
		require.NoError(t, built.Set(name, value))
	}
	return built
}

// Sign signs a token with a key.
func (i *Issuer) Sign(id string, claims map[string]any) string {
	i.Helper()
	i.mu.Lock()
	key := i.keys[id]
	i.mu.Unlock()
	alg, _ := key.Algorithm()
	signed, err := jwt.Sign(token(i.T, claims), jwt.WithKey(alg, key))
	require.NoError(i, err)
	return string(signed)
}

// Unsigned is a token whose algorithm is none.
func (i *Issuer) Unsigned(claims map[string]any) string {
	i.Helper()
	return encode([]byte(`{"alg":"none","kid":"one"}`)) + "." + encode(i.payload(claims)) + "."
}

// Confused is a token that is signed with the public key as a secret (RS/HS
// confusion).
func (i *Issuer) Confused(claims map[string]any) string {
	i.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	public, err := i.keys["one"].PublicKey()
	require.NoError(i, err)
	pem, err := jwk.EncodePEM(public)
	require.NoError(i, err)
	secret, err := jwk.Import(pem)
	require.NoError(i, err)
	require.NoError(i, secret.Set(jwk.KeyIDKey, "one"))
	signed, err := jws.Sign(i.payload(claims), jws.WithKey(jwa.HS256(), secret))
	require.NoError(i, err)
	return string(signed)
}

func (i *Issuer) payload(claims map[string]any) []byte {
	raw, err := json.Marshal(claims)
	require.NoError(i, err)
	return raw
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Down lets the provider answer nobody.
func (i *Issuer) Down() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = true
}

// Asked tells how often its keys were fetched.
func (i *Issuer) Asked() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.hits
}

// Config is how its tokens are verified.
func (i *Issuer) Config() auth.OIDC {
	return auth.OIDC{Issuer: issuer, Audience: audience, KeysURL: i.url, RoleClaim: "skald_role", UserClaim: "skald_user_id"}
}

const issuer, audience = "https://id.example", "skald"
