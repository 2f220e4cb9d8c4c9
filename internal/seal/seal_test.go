package seal_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/seal"
)

func text(id string, secret []byte) string {
	return id + "=" + base64.StdEncoding.EncodeToString(secret)
}

// TestSeal: only the same key, under the same name and about the same, opens it.
func TestSeal(t *testing.T) {
	t.Parallel()
	secret := seal.Random()
	key, err := seal.NewKey("k1", secret)
	require.NoError(t, err)
	sealed := key.Seal([]byte("plain"), "about")
	require.NotContains(t, string(sealed), "plain")
	require.NotEqual(t, sealed, key.Seal([]byte("plain"), "about"), "no two are alike")

	plain, err := key.Open(sealed, "about")
	require.NoError(t, err)
	require.Equal(t, "plain", string(plain))

	_, err = key.Open(sealed, "something else")
	require.ErrorIs(t, err, seal.ErrBroken)
	for i := range sealed {
		changed := append([]byte{}, sealed...)
		changed[i] ^= 1
		_, err = key.Open(changed, "about")
		require.ErrorIs(t, err, seal.ErrBroken)
	}
	for _, short := range [][]byte{nil, sealed[:5], sealed[:len(sealed)-1]} {
		_, err = key.Open(short, "about")
		require.ErrorIs(t, err, seal.ErrBroken)
	}
	renamed, err := seal.NewKey("k2", secret)
	require.NoError(t, err)
	other, err := seal.NewKey("k1", seal.Random())
	require.NoError(t, err)
	for _, k := range []seal.Key{renamed, other} {
		_, err = k.Open(sealed, "about")
		require.ErrorIs(t, err, seal.ErrBroken)
	}
	_, err = seal.NewKey("k1", secret[1:])
	require.Error(t, err)
}

// TestRing: the first key seals, each is found, and what is no key is told without
// repeating it.
func TestRing(t *testing.T) {
	t.Parallel()
	none, err := seal.ParseRing()
	require.NoError(t, err)
	_, ok := none.First()
	require.False(t, ok)

	a, b := text("2026-11", seal.Random()), text("2026-05", seal.Random())
	ring, err := seal.ParseRing(a, b)
	require.NoError(t, err)
	first, ok := ring.First()
	require.True(t, ok)
	require.Equal(t, "2026-11", first.ID)
	found, ok := ring.Find("2026-05")
	require.True(t, ok)
	require.Equal(t, "2026-05", found.ID)
	_, ok = ring.Find("2025")
	require.False(t, ok)

	secret := base64.StdEncoding.EncodeToString(seal.Random())
	for says, texts := range map[string][]string{
		"no name":     {secret[:20]},
		"of letters":  {"upk_1=" + secret},
		"two keys":    {a, a},
		"not 32":      {"a=" + secret[:40]},
		"the key old": {a, "old=§"},
	} {
		_, err := seal.ParseRing(texts...)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), secret[:20])
	}
}
