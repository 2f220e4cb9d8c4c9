package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"github.com/skaldhq/skald/services/user"
)

// Prefix begins every API key, so that it is known for one wherever it turns up.
const Prefix = "skald_"

const (
	// freshFor is how long a key that was looked up counts: a revocation on
	// another gateway takes that long to be known on this one.
	freshFor = 10 * time.Second
	// staleFor is how long one counts while the user service does not answer.
	staleFor = 15 * time.Minute
	// lookTimeout is what looking one up may add to a request.
	lookTimeout = 2 * time.Second
	// mostKeys is how many are remembered, and as many that are none.
	mostKeys = 10_000
)

// Mint makes and hashes API keys with a secret, which is kept apart from the
// hashes.
type Mint struct{ secret []byte }

// NewMint returns a mint. Keys that were made with another secret are unknown to
// it.
func NewMint(secret string) Mint { return Mint{[]byte(secret)} }

// A key is so many random bytes, and so many that only the secret's holder can add.
const (
	randomBytes = 24
	sealBytes   = 8
)

// New returns a key of 192 random bits.
func (m Mint) New() string {
	b := make([]byte, randomBytes)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return m.sealed(b)
}

// Derived returns the key that belongs to some text, and that nobody guesses who
// has not got the secret: the same request makes the same key.
func (m Mint) Derived(text string) string { return m.sealed(m.sum("derive", text)[:randomBytes]) }

// Made tells whether a key was made with the secret, without asking anybody: who
// makes keys up costs no look-up.
func (m Mint) Made(key string) bool {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(key, Prefix))
	return err == nil && len(b) == randomBytes+sealBytes && hmac.Equal([]byte(key), []byte(m.sealed(b[:randomBytes])))
}

func (m Mint) sealed(random []byte) string {
	seal := m.sum("seal", string(random))[:sealBytes]
	return Prefix + base64.RawURLEncoding.EncodeToString(slices.Concat(random, seal))
}

// Hash is what is kept of a key.
func (m Mint) Hash(key string) []byte { return m.sum("hash", key) }

func (m Mint) sum(purpose, text string) []byte {
	mac := hmac.New(sha256.New, m.secret)
	_, _ = mac.Write([]byte(purpose + "\x00" + text)) // a hash never fails
	return mac.Sum(nil)
}

// Keys authenticates by API key.
type Keys struct {
	Mint

	users user.Keys
	known *expirable.LRU[string, looked] // that there are, or were
	wrong *expirable.LRU[string, struct{}]
	now   func() time.Time
}

// looked is a key as it was found at some time.
type looked struct {
	key *user.Key
	at  time.Time
}

// NewKeys returns an authenticator that looks keys up at the user service, and
// remembers them for a short while, longer while that does not answer.
func NewKeys(m Mint, users user.Keys, now func() time.Time) *Keys {
	return &Keys{
		Mint: m, users: users, now: now,
		known: expirable.NewLRU[string, looked](mostKeys, nil, staleFor), wrong: expirable.NewLRU[string, struct{}](mostKeys, nil, freshFor),
	}
}

// Authenticate finds out whose key it is.
func (k *Keys) Authenticate(ctx context.Context, token string) (Principal, error) {
	hash := k.Hash(token)
	if !k.Made(token) || k.wrong.Contains(string(hash)) {
		return Principal{}, ErrUnknown
	}
	found, remembered := k.known.Get(string(hash))
	if !remembered || k.now().Sub(found.at) > freshFor {
		asking, cancel := context.WithTimeout(ctx, lookTimeout)
		key, err := k.users.FindKey(asking, hash)
		cancel()
		switch {
		case err == nil:
			found = looked{&key, k.now()}
			k.known.Add(string(hash), found)
		case errors.Is(err, user.ErrKeyNotFound):
			k.known.Remove(string(hash))
			k.wrong.Add(string(hash), struct{}{})
			return Principal{}, ErrUnknown
		case !remembered:
			return Principal{}, err
		}
	}
	if found.key.ExpiresAt != nil && !k.now().Before(*found.key.ExpiresAt) {
		return Principal{}, ErrUnknown
	}
	return principalOf(*found.key), nil
}

// Forget looks every key up anew: one was revoked here.
func (k *Keys) Forget() { k.known.Purge() }

func principalOf(k user.Key) Principal {
	p := Principal{ID: k.ID, Name: k.Name, Role: k.Role, UserID: k.UserID, Scopes: k.Scopes}
	if k.UserID != "" { // all keys of a user are the same caller
		p.ID = k.UserID
	}
	return p
}
