package userpg_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/services/user/userpg"
	"github.com/skaldhq/skald/services/user/usertest"
)

// runbook is the SQL that docs/operations.md tells an operator to run here, in the
// order in which it stands there: for a platform key that was lost, and for a user's.
func runbook(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("../../../docs/operations.md")
	require.NoError(t, err)
	var all []string
	for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
		if strings.Contains(block[1], "payload_keys") {
			all = append(all, block[1])
		}
	}
	require.Len(t, all, 2)
	return all
}

// TestLostKeys: after a platform key was lost users get keys anew, and after the
// user's was, it is known that nobody will ever open what it sealed.
func TestLostKeys(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "user")
	s, r := userpg.New(pool), usertest.Request()
	_, _, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	offer := func(by string) user.PayloadKey {
		key, err := s.OfferPayloadKey(t.Context(), user.PayloadKey{ID: user.PayloadKeyIDPrefix.New(), UserID: r.ID, Wrapped: []byte("key"), WrappedBy: by})
		require.NoError(t, err)
		return key
	}
	lost := offer("2026-11")
	require.Equal(t, lost, offer("2027-05"), "the user has one")
	sql := runbook(t)
	_, err = pool.Exec(t.Context(), sql[0])
	require.NoError(t, err)
	_, err = s.FindPayloadKey(t.Context(), lost.ID)
	require.ErrorIs(t, err, user.ErrPayloadKeyErased)
	anew := offer("2027-05")
	require.NotEqual(t, lost.ID, anew.ID)

	nowhere := user.PayloadKeyIDPrefix.New()
	_, err = s.FindPayloadKey(t.Context(), nowhere)
	require.ErrorIs(t, err, user.ErrPayloadKeyNotFound)
	there, changed := sql[1], regexp.MustCompile(`upk_\w+`)
	require.Regexp(t, changed, there)
	for range 2 { // done again it changes nothing, nor to a key that is there
		for _, id := range []string{nowhere, anew.ID} {
			_, err = pool.Exec(t.Context(), changed.ReplaceAllString(there, id))
			require.NoError(t, err)
		}
	}
	_, err = s.FindPayloadKey(t.Context(), nowhere)
	require.ErrorIs(t, err, user.ErrPayloadKeyErased)
	found, err := s.FindPayloadKey(t.Context(), anew.ID)
	require.NoError(t, err)
	require.Equal(t, anew, found)
}
