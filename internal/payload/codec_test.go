package payload

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/proto"

	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/user"
)

// sealedFor seals a payload for a user.
func sealedFor(t *testing.T, c *Codec, userID string) *commonpb.Payload {
	t.Helper()
	name, err := c.keys.of(t.Context(), userID)
	require.NoError(t, err)
	p, err := c.seal(t.Context(), name, plain(t, "hello"))
	require.NoError(t, err)
	return p
}

// TestRotation: the first key seals, the others open, and once the users' keys are
// wrapped anew the old one is needed for nothing of theirs.
func TestRotation(t *testing.T) {
	t.Parallel()
	v := newVault("usr_1")
	before := newCodec(NewKeys(ring(t, oldKey), v, time.Now))
	own, users := sealedFor(t, before, ""), sealedFor(t, before, "usr_1")
	require.Equal(t, "old", nameOn(own))

	both := NewKeys(ring(t, newKey, oldKey), v, time.Now)
	for _, p := range []*commonpb.Payload{own, users} {
		opened, err := newCodec(both).open(t.Context(), p)
		require.NoError(t, err)
		require.True(t, proto.Equal(plain(t, "hello"), opened))
	}
	require.Equal(t, "new", nameOn(sealedFor(t, newCodec(both), "")))
	for _, want := range []int{1, 0} {
		n, err := both.Rewrap(t.Context(), v)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}

	after := newCodec(NewKeys(ring(t, newKey), v, time.Now))
	opened, err := after.open(t.Context(), users)
	require.NoError(t, err)
	require.True(t, proto.Equal(plain(t, "hello"), opened))
	_, err = after.open(t.Context(), own)
	require.ErrorIs(t, err, errUnknownKey)
	_, err = NewKeys(ring(t, oldKey), v, time.Now).Rewrap(t.Context(), v)
	require.ErrorIs(t, err, errUnknownKey, "a process that does not have the key yet changes nothing")
}

// TestLostKey: users' keys that nobody can unwrap any more keep none of the others
// from being wrapped anew, however many they are.
func TestLostKey(t *testing.T) {
	t.Parallel()
	v := newVault()
	for i := range rewrapBatch + 1 {
		who := fmt.Sprint("usr_lost", i)
		v.users[who] = user.PayloadKey{}
		sealedFor(t, newCodec(NewKeys(ring(t, "lost=MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI="), v, time.Now)), who)
	}
	v.users["usr_1"] = user.PayloadKey{}
	sealedFor(t, newCodec(NewKeys(ring(t, oldKey), v, time.Now)), "usr_1")
	n, err := NewKeys(ring(t, newKey, oldKey), v, time.Now).Rewrap(t.Context(), v)
	require.Equal(t, 1, n)
	require.ErrorIs(t, err, errUnknownKey)
	require.ErrorContains(t, err, fmt.Sprint(rewrapBatch+1))
}

// TestErase: once a user's key is erased nobody opens what it sealed, later than a
// moment after; what is yet to be sealed with it is with the platform's.
func TestErase(t *testing.T) {
	t.Parallel()
	clock, v := &clock{at: time.Unix(0, 0)}, newVault("usr_1")
	c := newCodec(NewKeys(ring(t, newKey), v, clock.now))
	p := sealedFor(t, c, "usr_1")
	name := keyName(nameOn(p))
	v.erase("usr_1")
	clock.at = clock.at.Add(freshFor + time.Second)
	_, err := c.open(t.Context(), p)
	require.ErrorIs(t, err, ErrErased)
	again, err := c.seal(t.Context(), name, plain(t, "the end"))
	require.NoError(t, err)
	require.Equal(t, "new", nameOn(again))

	shown, err := c.Decode([]*commonpb.Payload{p, again, plain(t, "plain")})
	require.NoError(t, err)
	require.Contains(t, string(shown[0].Data), "erased")
	require.JSONEq(t, `"the end"`, string(shown[1].Data))
	require.JSONEq(t, `"plain"`, string(shown[2].Data))

	var value string
	require.ErrorIs(t, newConverter().FromPayload(erasedPayload(), &value), ErrErased)
	looks := v.looks
	_, err = c.open(t.Context(), p)
	require.ErrorIs(t, err, ErrErased)
	require.Equal(t, looks, v.looks, "what is erased stays so")
}

// TestNobody: what begins for a user who is not there, or not any more, is sealed
// with the platform's key, and can be read as long as that is there.
func TestNobody(t *testing.T) {
	t.Parallel()
	v := newVault("usr_1")
	c := newCodec(NewKeys(ring(t, newKey), v, time.Now))
	require.Equal(t, "new", nameOn(sealedFor(t, c, "usr_2")))
	v.users["usr_2"] = v.users["usr_1"]
	require.NotEqual(t, "new", nameOn(sealedFor(t, c, "usr_2")), "a user who has come since")
}

// TestStale: a key that was there opens and seals what has begun while the user
// service does not answer, for a while.
func TestStale(t *testing.T) {
	t.Parallel()
	clock, v := &clock{at: time.Unix(0, 0)}, newVault("usr_1")
	c := newCodec(NewKeys(ring(t, newKey), v, clock.now))
	p := sealedFor(t, c, "usr_1")
	v.away = errAway
	clock.at = clock.at.Add(staleFor - time.Second)
	_, err := c.open(t.Context(), p)
	require.NoError(t, err)
	_, err = newCodec(NewKeys(ring(t, newKey), v, clock.now)).open(t.Context(), p)
	require.ErrorIs(t, err, errAway)
}

// TestNotFound: a user service that does not know a key, as one on a database that is
// yet to be restored, ends nothing. What has begun goes on for a while, what is new
// waits, and soon after the database is back all is as it was.
func TestNotFound(t *testing.T) {
	t.Parallel()
	clock, v := &clock{at: time.Unix(0, 0)}, newVault("usr_1")
	c := newCodec(NewKeys(ring(t, newKey), v, clock.now))
	p := sealedFor(t, c, "usr_1")
	kept := v.keys
	v.keys = map[string]user.PayloadKey{}
	clock.at = clock.at.Add(staleFor - time.Second)
	_, err := c.open(t.Context(), p)
	require.NoError(t, err)

	clock.at = clock.at.Add(time.Minute)
	for range 2 {
		_, err = c.open(t.Context(), p)
		require.ErrorIs(t, err, user.ErrPayloadKeyNotFound)
		require.NotErrorIs(t, err, ErrErased)
		require.ErrorContains(t, err, nameOn(p), "an operator has to know which")
	}
	shown, err := c.Decode([]*commonpb.Payload{p})
	require.NoError(t, err)
	require.Equal(t, []*commonpb.Payload{p}, shown)

	v.keys = kept
	clock.at = clock.at.Add(freshFor)
	_, err = c.open(t.Context(), p)
	require.NoError(t, err)
}

// TestHanging: a user service that hangs holds nobody up who has the key, and is not
// asked again meanwhile, nor at once after; many who ask at a time are one question,
// and nobody who waits no longer takes that back.
func TestHanging(t *testing.T) {
	t.Parallel()
	clock, v := &clock{at: time.Unix(0, 0)}, newVault("usr_1")
	c := newCodec(NewKeys(ring(t, newKey), v, clock.now))
	p := sealedFor(t, c, "usr_1")
	look := func(answer error) {
		t.Helper()
		v.hangs = make(chan error, 1)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, err := c.open(t.Context(), p)
				assert.NoError(t, err)
			})
		}
		all.Wait()
		_, err := c.open(t.Context(), p)
		require.NoError(t, err)
		v.hangs <- answer
		_, _, _ = c.keys.looking.Do(nameOn(p), func() (any, error) { return nil, nil }) // that look is over
	}
	clock.at = clock.at.Add(freshFor + time.Millisecond)
	look(errAway)
	require.Equal(t, 1, v.looks)
	_, err := c.open(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, 1, v.looks)
	clock.at = clock.at.Add(failedFor + time.Millisecond)
	look(nil)
	require.Equal(t, 2, v.looks)
	clock.at = clock.at.Add(freshFor)
	_, err = c.open(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, 2, v.looks, "who answers late has answered")
	require.False(t, v.cutOff)

	v.hangs = nil
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = newCodec(NewKeys(ring(t, newKey), v, clock.now)).open(gone, p)
	require.ErrorIs(t, err, context.Canceled)
}

// TestPeople: what nobody here can open, people see as it is.
func TestPeople(t *testing.T) {
	t.Parallel()
	metrics := prometheus.NewRegistry()
	c := NewCodec(NewKeys(ring(t, newKey), nil, time.Now), metrics)
	foreign := sealedFor(t, newCodec(NewKeys(ring(t, oldKey), nil, time.Now)), "")
	broken := sealedFor(t, c, "")
	broken.Data[20] ^= 1
	_, err := c.open(t.Context(), broken)
	require.ErrorIs(t, err, seal.ErrBroken)
	shown, err := c.Decode([]*commonpb.Payload{foreign, broken})
	require.NoError(t, err)
	require.Equal(t, []*commonpb.Payload{foreign, broken}, shown)
	n, err := testutil.GatherAndCount(metrics, MetricNotOpened)
	require.NoError(t, err)
	require.Equal(t, len(reasons()), n)
	for _, why := range reasons() {
		require.Zero(t, testutil.ToFloat64(c.notOpened.WithLabelValues(why)), "no saga waits because somebody looks")
	}

	mine, err := c.Encode([]*commonpb.Payload{plain(t, "signal")})
	require.NoError(t, err)
	require.Equal(t, "new", nameOn(mine[0]))
	again, err := c.Encode(mine)
	require.NoError(t, err)
	require.Equal(t, mine, again, "what is sealed stays as it is")
	none := newCodec(NewKeys(ring(t), nil, time.Now))
	same, err := none.Encode([]*commonpb.Payload{plain(t, "signal")})
	require.NoError(t, err)
	require.Empty(t, nameOn(same[0]))
}
