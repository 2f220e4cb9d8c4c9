package id_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/id"
)

const order, user id.Prefix = "ord", "usr"

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	u := uuid.Must(uuid.NewV7())
	parsed, err := order.Parse(order.Format(u))
	require.NoError(t, err)
	require.Equal(t, u, parsed)
	require.Regexp(t, `^ord_[0-9a-z]{26}$`, order.New())
	require.Less(t, order.New(), order.New(), "later ids sort behind earlier ones")
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "ord", "ord_", "ord_short", user.New(), order.New() + "x", uuid.NewString(), "ord_ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "4242424242424242"} {
		_, err := order.Parse(bad)
		require.EqualError(t, err, "not an id that starts with ord_", bad)
	}
}

func TestParseAll(t *testing.T) {
	t.Parallel()
	a, b := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	ids := []string{order.Format(a), user.New(), "nonsense", order.Format(b)}
	require.Equal(t, []uuid.UUID{a, b}, order.ParseAll(ids, 4))
	require.Equal(t, []uuid.UUID{a}, order.ParseAll(ids, 3), "counted before it is read")
	require.Empty(t, order.ParseAll(nil, 3))
}
