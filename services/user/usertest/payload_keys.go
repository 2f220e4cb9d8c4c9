package usertest

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// offer is a valid offer of a key for a user.
func offer(userID string) user.PayloadKey {
	keyID := user.PayloadKeyIDPrefix.New()
	return user.PayloadKey{ID: keyID, UserID: userID, Wrapped: []byte("wrapped " + keyID), WrappedBy: "k1"}
}

// payloadKeys: a user has the first key that was offered, however often and by how
// many it is; nobody else has one.
func payloadKeys(t *testing.T, s user.Service) {
	u := add(t, s, Request())
	given := make([]user.PayloadKey, 8)
	var all sync.WaitGroup
	for i := range given {
		all.Go(func() {
			var err error
			given[i], err = s.OfferPayloadKey(t.Context(), offer(u.ID))
			assert.NoError(t, err)
		})
	}
	all.Wait()
	for _, k := range given {
		require.Equal(t, given[0], k)
		require.Equal(t, u.ID, k.UserID)
	}
	found, err := s.FindPayloadKey(t.Context(), given[0].ID)
	require.NoError(t, err)
	require.Equal(t, given[0], found)

	for _, nobody := range []string{user.IDPrefix.New(), "usr_nobody", ""} {
		_, err := s.OfferPayloadKey(t.Context(), offer(nobody))
		require.ErrorIs(t, err, user.ErrNotFound)
	}
	for _, none := range []string{user.PayloadKeyIDPrefix.New(), "upk_none", u.ID, ""} {
		_, err := s.FindPayloadKey(t.Context(), none)
		require.ErrorIs(t, err, user.ErrPayloadKeyNotFound)
	}
	for field, spoil := range map[string]func(*user.PayloadKey){
		"key_id":     func(k *user.PayloadKey) { k.ID = u.ID },
		"wrapped":    func(k *user.PayloadKey) { k.Wrapped = nil },
		"wrapped_by": func(k *user.PayloadKey) { k.WrappedBy = "" },
	} {
		k := offer(u.ID)
		spoil(&k)
		_, err := s.OfferPayloadKey(t.Context(), k)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		require.Equal(t, field, fault.From(err).Field)
	}
}

// payloadKeysEnd: who is deleted gets no key any more, and what was sealed with
// theirs can be read until it is erased, for good. A user who comes again under
// the id has another key.
func payloadKeysEnd(t *testing.T, s user.Service) {
	r := Request()
	add(t, s, r)
	key, err := s.OfferPayloadKey(t.Context(), offer(r.ID))
	require.NoError(t, err)
	require.ErrorIs(t, s.ErasePayloadKey(t.Context(), key.ID), user.ErrPayloadKeyNotFound, "its user is there")
	require.Empty(t, doomed(t, s, 0))

	require.NoError(t, s.Delete(t.Context(), r.ID, 0))
	_, err = s.OfferPayloadKey(t.Context(), offer(r.ID))
	require.ErrorIs(t, err, user.ErrNotFound)
	found, err := s.FindPayloadKey(t.Context(), key.ID)
	require.NoError(t, err, "sagas still run")
	require.NotNil(t, found.DoomedAt)
	require.Equal(t, key, undoomed(found))
	require.Empty(t, doomed(t, s, time.Hour))
	left := doomed(t, s, 0)
	require.Len(t, left, 1)
	require.WithinDuration(t, *found.DoomedAt, *left[0].DoomedAt, 0)
	require.Equal(t, key, undoomed(left[0]))
	waits, err := s.OldestDoomedPayloadKey(t.Context())
	require.NoError(t, err)
	require.Positive(t, waits)

	for range 2 {
		require.NoError(t, s.ErasePayloadKey(t.Context(), key.ID))
		_, err = s.FindPayloadKey(t.Context(), key.ID)
		require.ErrorIs(t, err, user.ErrPayloadKeyErased)
	}
	require.Empty(t, doomed(t, s, 0))
	waits, err = s.OldestDoomedPayloadKey(t.Context())
	require.NoError(t, err)
	require.Zero(t, waits)
	require.ErrorIs(t, s.ErasePayloadKey(t.Context(), "upk_none"), user.ErrPayloadKeyNotFound)

	add(t, s, r)
	again, err := s.OfferPayloadKey(t.Context(), offer(r.ID))
	require.NoError(t, err)
	require.NotEqual(t, key.ID, again.ID)
}

// undoomed is the key as it was while its user was there.
func undoomed(k user.PayloadKey) user.PayloadKey {
	k.DoomedAt = nil
	return k
}

func doomed(t *testing.T, s user.Service, age time.Duration) []user.PayloadKey {
	t.Helper()
	keys, err := s.DoomedPayloadKeys(t.Context(), age, "", 10)
	require.NoError(t, err)
	return keys
}

// rewrap: a key is wrapped anew once, by whoever comes first, and never where it
// was erased.
func rewrap(t *testing.T, s user.Service) {
	r := Request()
	add(t, s, r)
	key, err := s.OfferPayloadKey(t.Context(), offer(r.ID))
	require.NoError(t, err)
	old, err := s.PayloadKeysNotBy(t.Context(), "k2", "", 10)
	require.NoError(t, err)
	require.Equal(t, []user.PayloadKey{key}, old)

	anew := key
	anew.Wrapped, anew.WrappedBy = []byte("anew"), "k2"
	require.NoError(t, s.RewrapPayloadKey(t.Context(), anew, "k1"))
	late := key
	late.Wrapped, late.WrappedBy = []byte("late"), "k3"
	require.NoError(t, s.RewrapPayloadKey(t.Context(), late, "k1"), "changes nothing")
	found, err := s.FindPayloadKey(t.Context(), key.ID)
	require.NoError(t, err)
	require.Equal(t, anew, found)
	old, err = s.PayloadKeysNotBy(t.Context(), "k2", "", 10)
	require.NoError(t, err)
	require.Empty(t, old)

	require.NoError(t, s.Delete(t.Context(), r.ID, 0))
	require.NoError(t, s.ErasePayloadKey(t.Context(), key.ID))
	require.NoError(t, s.RewrapPayloadKey(t.Context(), late, "k2"))
	_, err = s.FindPayloadKey(t.Context(), key.ID)
	require.ErrorIs(t, err, user.ErrPayloadKeyErased)
}

// payloadKeyPages: who goes through the keys passes each once, in pages, also those
// with which nothing can be done.
func payloadKeyPages(t *testing.T, s user.Service) {
	var all []user.PayloadKey
	for range 5 {
		u := add(t, s, Request())
		key, err := s.OfferPayloadKey(t.Context(), offer(u.ID))
		require.NoError(t, err)
		all = append(all, key)
	}
	slices.SortFunc(all, func(a, b user.PayloadKey) int { return strings.Compare(a.ID, b.ID) })
	for _, list := range []func(after string) ([]user.PayloadKey, error){
		func(after string) ([]user.PayloadKey, error) { return s.PayloadKeysNotBy(t.Context(), "k2", after, 2) },
		func(after string) ([]user.PayloadKey, error) {
			for _, key := range all { // a deletion of who is not there changes nothing
				if err := s.Delete(t.Context(), key.UserID, 0); err != nil && !errors.Is(err, user.ErrNotFound) {
					return nil, err
				}
			}
			return s.DoomedPayloadKeys(t.Context(), 0, after, 2)
		},
	} {
		var met []user.PayloadKey
		n, err := user.EachPayloadKey(list, func(key user.PayloadKey) (bool, error) {
			met = append(met, undoomed(key))
			if len(met) == 2 {
				return false, fault.New(fault.Internal, "lost", "The key around it was lost.")
			}
			return len(met) != 3, nil
		})
		require.Equal(t, all, met)
		require.Equal(t, 3, n)
		require.ErrorContains(t, err, "with 1 payload keys")
		require.ErrorContains(t, err, "was lost")
	}
}
