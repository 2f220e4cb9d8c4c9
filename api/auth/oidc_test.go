package auth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/api/auth/authtest"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

var userID = user.IDPrefix.New()

// TestTokens: a token counts as what it says, once it is verified.
func TestTokens(t *testing.T) {
	t.Parallel()
	i := authtest.NewIssuer(t)
	tokens := auth.NewTokens(i.Config(), time.Now)
	p, err := tokens.Authenticate(t.Context(), i.Sign("one", i.Claims(userID)))
	require.NoError(t, err)
	require.Equal(t, auth.Principal{ID: userID, Name: userID, Role: user.RoleCustomer, UserID: userID, Scopes: []string{"orders:read"}}, p)
	operator := i.Claims(userID)
	operator["skald_role"] = "operator"
	delete(operator, "scope")
	p, err = tokens.Authenticate(t.Context(), i.Sign("one", operator))
	require.NoError(t, err)
	require.Equal(t, user.RoleOperator, p.Role)
	require.Equal(t, "https://id.example#42", p.ID)
	require.Empty(t, p.UserID)
	require.True(t, p.Holds("sagas:write"))
}

// TestForged: whatever is not as it has to be makes a token speak for nobody.
func TestForged(t *testing.T) {
	t.Parallel()
	i := authtest.NewIssuer(t)
	tokens := auth.NewTokens(i.Config(), time.Now)
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
		claims := i.Claims(userID)
		spoil(claims)
		_, err := tokens.Authenticate(t.Context(), i.Sign("one", claims))
		require.ErrorIs(t, err, auth.ErrUnknown, name)
	}

	good := i.Sign("one", i.Claims(userID))
	stranger := authtest.NewIssuer(t)
	unknownKid := authtest.NewIssuer(t)
	unknownKid.Rotate("other", false)
	elsewhere := authtest.NewIssuer(t)
	elsewhere.Rotate("one", true) // the same kid, another algorithm
	for name, forged := range map[string]string{
		"none": i.Unsigned(i.Claims(userID)), "HS256 with the public key": i.Confused(i.Claims(userID)), "another's key": stranger.Sign("one", i.Claims(userID)),
		"unknown kid": unknownKid.Sign("other", i.Claims(userID)), "another algorithm": elsewhere.Sign("one", i.Claims(userID)),
		"cut": good[:len(good)-3], "empty": "", "nonsense": "a.b.c", "changed": good[:20] + "x" + good[21:],
	} {
		_, err := tokens.Authenticate(t.Context(), forged)
		require.ErrorIs(t, err, auth.ErrUnknown, name)
	}
	_, err := tokens.Authenticate(t.Context(), good)
	require.NoError(t, err)
}

// TestRotation: a new key is fetched when it turns up, no matter how often unknown
// ones do; while the provider is away the keys that were there still count.
func TestRotation(t *testing.T) {
	t.Parallel()
	i, c := authtest.NewIssuer(t), &clock{time.Now()}
	tokens := auth.NewTokens(i.Config(), c.now)
	old := i.Sign("one", i.Claims(userID))
	_, err := tokens.Authenticate(t.Context(), old)
	require.NoError(t, err)
	i.Rotate("two", true)
	fresh := i.Sign("two", i.Claims(userID))
	for range 20 {
		_, err = tokens.Authenticate(t.Context(), fresh)
		require.ErrorIs(t, err, auth.ErrUnknown, "it was looked for a moment ago")
	}
	require.Equal(t, 1, i.Asked())
	c.at = c.at.Add(11 * time.Second)
	for _, signed := range []string{fresh, old} {
		_, err = tokens.Authenticate(t.Context(), signed)
		require.NoError(t, err)
	}
	require.Equal(t, 2, i.Asked())
	i.Down()
	c.at = c.at.Add(16 * time.Minute)
	claims := i.Claims(userID)
	claims["exp"] = c.at.Add(time.Minute).Unix()
	_, err = tokens.Authenticate(t.Context(), i.Sign("two", claims))
	require.NoError(t, err)

	_, err = auth.NewTokens(i.Config(), time.Now).Authenticate(t.Context(), old) // nothing to go by
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
}
