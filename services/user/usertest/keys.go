package usertest

import (
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// newKey is a valid request for an operator's key.
func newKey() user.NewKey {
	hash := make([]byte, user.KeyHash)
	_, _ = rand.Read(hash) // never fails, see crypto/rand
	return user.NewKey{ID: user.KeyIDPrefix.New(), Hash: hash, Name: "a test's", Role: user.RoleOperator, By: "operator"}
}

func addKey(t *testing.T, s user.Service, k user.NewKey) user.Key {
	t.Helper()
	key, created, err := s.CreateKey(t.Context(), k)
	require.NoError(t, err)
	require.True(t, created)
	return key
}

// keys: one is found by its hash, with what it was made of, and listed.
func keys(t *testing.T, s user.Service) {
	u := add(t, s, Request())
	customer, service := newKey(), newKey()
	customer.Role, customer.UserID = user.RoleCustomer, u.ID
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	service.Role, service.Scopes, service.ExpiresAt = user.RoleService, []string{"orders:read", "orders:write"}, &expires
	var made []user.Key
	for _, k := range []user.NewKey{newKey(), customer, service} {
		key := addKey(t, s, k)
		require.Equal(t, user.Key{
			ID: k.ID, Name: k.Name, Role: k.Role, UserID: k.UserID, Scopes: append([]string{}, k.Scopes...), CreatedBy: k.By,
			CreatedAt: key.CreatedAt, ExpiresAt: k.ExpiresAt,
		}, key)
		found, err := s.FindKey(t.Context(), k.Hash)
		require.NoError(t, err)
		require.Equal(t, key, found)
		made = append(made, key)
	}
	page, err := s.ListKeys(t.Context(), 2, "")
	require.NoError(t, err)
	require.Equal(t, []user.Key{made[2], made[1]}, page.Items)
	page, err = s.ListKeys(t.Context(), 2, page.NextCursor)
	require.NoError(t, err)
	require.Equal(t, made[:1], page.Items)
	require.Empty(t, page.NextCursor)
	_, err = s.ListKeys(t.Context(), 2, "not a cursor")
	require.Equal(t, fault.Invalid, fault.KindOf(err))
	_, err = s.FindKey(t.Context(), newKey().Hash)
	require.ErrorIs(t, err, user.ErrKeyNotFound)

	require.NoError(t, s.Delete(t.Context(), u.ID, 0))
	_, err = s.FindKey(t.Context(), customer.Hash)
	require.ErrorIs(t, err, user.ErrKeyNotFound, "a user who is gone has no key")
}

// keysOnce: the same request again finds the key, also at the same time; another
// one under the same id is refused.
func keysOnce(t *testing.T, s user.Service) {
	k := newKey()
	var fresh, again int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, created, err := s.CreateKey(t.Context(), k)
			mu.Lock()
			defer mu.Unlock()
			assert.NoError(t, err)
			if created {
				fresh++
			} else {
				again++
			}
		})
	}
	all.Wait()
	require.Equal(t, []int{1, 7}, []int{fresh, again})
	for _, change := range []func(*user.NewKey){
		func(k *user.NewKey) { k.Name = "another" },
		func(k *user.NewKey) { k.Role = user.RoleService },
		func(k *user.NewKey) { k.Hash = newKey().Hash },
		func(k *user.NewKey) { k.Scopes = []string{"orders:read"} },
		func(k *user.NewKey) { at := time.Now().Add(time.Hour); k.ExpiresAt = &at },
		func(k *user.NewKey) { k.ID = user.KeyIDPrefix.New() }, // the same hash
	} {
		other := k
		change(&other)
		_, _, err := s.CreateKey(t.Context(), other)
		require.ErrorIs(t, err, user.ErrKeyMismatch)
	}
}

// keysEnd: one that was revoked, or has expired, is not found any more.
func keysEnd(t *testing.T, s user.Service) {
	k := newKey()
	addKey(t, s, k)
	revoked, err := s.RevokeKey(t.Context(), k.ID, "an operator")
	require.NoError(t, err)
	require.NotNil(t, revoked.RevokedAt)
	require.Equal(t, "an operator", revoked.RevokedBy)
	again, err := s.RevokeKey(t.Context(), k.ID, "another")
	require.NoError(t, err)
	require.Equal(t, revoked, again)
	_, err = s.FindKey(t.Context(), k.Hash)
	require.ErrorIs(t, err, user.ErrKeyNotFound)

	past, old := time.Now().Add(-time.Minute), newKey()
	old.ExpiresAt = &past
	addKey(t, s, old)
	_, err = s.FindKey(t.Context(), old.Hash)
	require.ErrorIs(t, err, user.ErrKeyNotFound)
	for _, missing := range []string{user.KeyIDPrefix.New(), "nonsense"} {
		_, err = s.RevokeKey(t.Context(), missing, "operator")
		require.ErrorIs(t, err, user.ErrKeyNotFound)
	}
}

// invalidKeys: the field that is wrong is named, and nothing is kept.
func invalidKeys(t *testing.T, s user.Service) {
	for field, spoil := range map[string]func(*user.NewKey){
		"key_id":  func(k *user.NewKey) { k.ID = "nonsense" },
		"hash":    func(k *user.NewKey) { k.Hash = k.Hash[:31] },
		"name":    func(k *user.NewKey) { k.Name = "" },
		"role":    func(k *user.NewKey) { k.Role = "root" },
		"user_id": func(k *user.NewKey) { k.Role = user.RoleCustomer },
		"scopes":  func(k *user.NewKey) { k.Scopes = []string{""} },
		"by":      func(k *user.NewKey) { k.By = "" },
	} {
		k := newKey()
		spoil(&k)
		_, _, err := s.CreateKey(t.Context(), k)
		require.Equal(t, fault.Invalid, fault.KindOf(err), field)
		require.Equal(t, field, fault.From(err).Field)
	}
	for _, nobody := range []string{user.IDPrefix.New(), "nonsense"} {
		k := newKey()
		k.Role, k.UserID = user.RoleCustomer, nobody
		_, _, err := s.CreateKey(t.Context(), k)
		require.ErrorIs(t, err, user.ErrNotFound)
	}
	page, err := s.ListKeys(t.Context(), 10, "")
	require.NoError(t, err)
	require.Empty(t, page.Items)
}
