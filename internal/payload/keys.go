package payload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/sync/singleflight"

	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/user"
)

// keyName is the key that a payload is sealed with: the id of a user's, the name of
// one of the platform's, or the platform's of today.
type keyName string

const platform keyName = ""

// ofUser tells whether the key is a user's.
func (n keyName) ofUser() bool {
	return strings.HasPrefix(string(n), string(user.PayloadKeyIDPrefix)+"_")
}

const mostKeys = 10_000

// errUnknownKey is that something was sealed with a key of the platform's that this
// process was not told.
var errUnknownKey = errors.New("this process does not have the key: mend SKALD_PAYLOAD_KEYS")

// Keys are the platform's keys, and through them those of the users.
type Keys struct {
	ring  seal.Ring
	users user.PayloadKeys
	now   func() time.Time

	current *expirable.LRU[string, keyName]   // by user
	known   *expirable.LRU[keyName, lookedUp] // of users
	looking *singleflight.Group               // by name
}

// NewKeys returns the keys of a ring and, wrapped with them, those that the user
// service keeps. Users may be nil where the ring is empty.
func NewKeys(ring seal.Ring, users user.PayloadKeys, now func() time.Time) *Keys {
	return &Keys{
		ring: ring, users: users, now: now,
		current: expirable.NewLRU[string, keyName](mostKeys, nil, freshFor),
		known:   expirable.NewLRU[keyName, lookedUp](mostKeys, nil, staleFor),
		looking: &singleflight.Group{},
	}
}

// of gives the key that what begins for a user is sealed with: the platform's for
// a user who is not there, or not any more.
func (k *Keys) of(ctx context.Context, userID string) (keyName, error) {
	if name, ok := k.current.Get(userID); ok {
		return name, nil
	}
	wrapping, ok := k.ring.First()
	if !ok || userID == "" {
		return platform, nil
	}
	secret := seal.Random()
	offer := user.PayloadKey{ID: user.PayloadKeyIDPrefix.New(), UserID: userID, WrappedBy: wrapping.ID}
	offer.Wrapped = wrapping.Seal(secret, about(offer))
	kept, err := k.users.OfferPayloadKey(ctx, offer)
	if errors.Is(err, user.ErrNotFound) {
		return platform, nil
	}
	if err != nil {
		return "", fmt.Errorf("get the payload key of a user: %w", err)
	}
	key, err := k.unwrap(kept)
	if err != nil {
		return "", err
	}
	name := keyName(kept.ID)
	k.known.Add(name, found(key, k.now()))
	k.current.Add(userID, name)
	return name, nil
}

func (k *Keys) own(name keyName) (seal.Key, error) {
	key, ok := k.ring.First()
	if name != platform {
		key, ok = k.ring.Find(string(name))
	}
	if !ok {
		return seal.Key{}, fmt.Errorf("key %q: %w", name, errUnknownKey)
	}
	return key, nil
}

// unwrap opens a user's key.
func (k *Keys) unwrap(kept user.PayloadKey) (seal.Key, error) {
	secret, err := k.secret(kept)
	if err != nil {
		return seal.Key{}, err
	}
	return seal.NewKey(kept.ID, secret)
}

func (k *Keys) secret(kept user.PayloadKey) ([]byte, error) {
	wrapping, err := k.own(keyName(kept.WrappedBy))
	if err != nil {
		return nil, err
	}
	secret, err := wrapping.Open(kept.Wrapped, about(kept))
	if err != nil {
		return nil, fmt.Errorf("unwrap payload key %s: %w", kept.ID, err)
	}
	return secret, nil
}

// about binds a wrapped key to its id and its user.
func about(k user.PayloadKey) string { return k.ID + "/" + k.UserID }
