package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// keyring keeps keys by their hashes.
type keyring struct {
	user.Keys
	keys  map[string]user.Key
	asked int
	away  error
}

func (k *keyring) FindKey(_ context.Context, hash []byte) (user.Key, error) {
	k.asked++
	if k.away != nil {
		return user.Key{}, k.away
	}
	key, ok := k.keys[string(hash)]
	if !ok {
		return user.Key{}, user.ErrKeyNotFound
	}
	return key, nil
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// TestKeys: a key is looked up once in a while, a revoked one is unknown soon, and
// while nobody can tell, those that were known still count.
func TestKeys(t *testing.T) {
	t.Parallel()
	mint, c := auth.NewMint("a secret"), &clock{time.Now()}
	alice, operator := mint.New(), mint.New()
	require.Regexp(t, `^skald_[A-Za-z0-9_-]{43}$`, alice)
	require.NotEqual(t, alice, operator)
	ring := &keyring{keys: map[string]user.Key{
		string(mint.Hash(alice)):    {ID: "key_1", Name: "phone", Role: user.RoleCustomer, UserID: "usr_1", Scopes: []string{"orders:read"}},
		string(mint.Hash(operator)): {ID: "key_2", Name: "ops", Role: user.RoleOperator},
	}}
	keys := auth.NewKeys(mint, ring, c.now)
	for range 5 {
		p, err := keys.Authenticate(t.Context(), alice)
		require.NoError(t, err)
		require.Equal(t, auth.Principal{ID: "usr_1", Name: "phone", Role: user.RoleCustomer, UserID: "usr_1", Scopes: []string{"orders:read"}}, p)
		require.True(t, p.Holds("orders:read"))
		require.False(t, p.Holds("orders:write"))
	}
	require.Equal(t, 1, ring.asked)
	p, err := keys.Authenticate(t.Context(), operator)
	require.NoError(t, err)
	require.Equal(t, "key_2", p.ID)
	require.True(t, p.Holds("anything"))

	delete(ring.keys, string(mint.Hash(alice))) // revoked elsewhere
	c.at = c.at.Add(11 * time.Second)
	_, err = keys.Authenticate(t.Context(), alice)
	require.ErrorIs(t, err, auth.ErrUnknown)

	ring.away = fault.New(fault.Unavailable, "down", "Down.")
	c.at = c.at.Add(time.Minute)
	_, err = keys.Authenticate(t.Context(), operator)
	require.NoError(t, err, "it was known")
	_, err = keys.Authenticate(t.Context(), alice)
	require.ErrorIs(t, err, auth.ErrUnknown, "it was unknown")
	_, err = keys.Authenticate(t.Context(), mint.New())
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "nobody can tell")
	ring.away = nil

	delete(ring.keys, string(mint.Hash(operator))) // revoked here
	_, err = keys.Authenticate(t.Context(), operator)
	require.ErrorIs(t, err, auth.ErrUnknown)
}

// TestRevokedHere: a gateway forgets what it knew.
func TestRevokedHere(t *testing.T) {
	t.Parallel()
	mint := auth.NewMint("a secret")
	key := mint.New()
	ring := &keyring{keys: map[string]user.Key{string(mint.Hash(key)): {ID: "key_1", Role: user.RoleOperator}}}
	keys := auth.NewKeys(mint, ring, time.Now)
	_, err := keys.Authenticate(t.Context(), key)
	require.NoError(t, err)
	clear(ring.keys)
	keys.Forget()
	_, err = keys.Authenticate(t.Context(), key)
	require.ErrorIs(t, err, auth.ErrUnknown)
}

// TestExpires: a key that is remembered ends when it says.
func TestExpires(t *testing.T) {
	t.Parallel()
	mint, c := auth.NewMint("a secret"), &clock{time.Now()}
	key, end := mint.New(), c.at.Add(time.Second)
	ring := &keyring{keys: map[string]user.Key{string(mint.Hash(key)): {ID: "key_1", Role: user.RoleOperator, ExpiresAt: &end}}}
	keys := auth.NewKeys(mint, ring, c.now)
	_, err := keys.Authenticate(t.Context(), key)
	require.NoError(t, err)
	c.at = end
	_, err = keys.Authenticate(t.Context(), key)
	require.ErrorIs(t, err, auth.ErrUnknown)
}

// TestMint: the same text makes the same key, with the same secret alone; what is
// kept tells nothing of a key.
func TestMint(t *testing.T) {
	t.Parallel()
	one, other := auth.NewMint("one"), auth.NewMint("other")
	require.Equal(t, one.Derived("x"), one.Derived("x"))
	require.NotEqual(t, one.Derived("x"), one.Derived("y"))
	require.NotEqual(t, one.Derived("x"), other.Derived("x"))
	require.NotEqual(t, one.Hash("x"), other.Hash("x"))
	require.Len(t, one.Hash("x"), user.KeyHash)
	require.NotContains(t, one.Derived("x"), string(one.Hash("x")))
}

// TestBy: keys and tokens are told apart, and what nobody looks at is unknown.
func TestBy(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"skald_x", "eyJ.x.y", ""} {
		_, err := auth.By{}.Authenticate(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrUnknown)
	}
}
