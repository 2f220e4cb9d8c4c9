package userhttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/user"
)

// Client asks the user service over the network. It checks requests before they leave,
// because text that is not UTF-8 cannot cross.
type Client struct{ *rpc.Upstream }

var _ user.FrontDoor = Client{}

// New returns a client of the service behind an upstream that is named "user".
func New(at *rpc.Upstream) Client { return Client{at} }

// Create creates or finds a user.
func (c Client) Create(ctx context.Context, r user.PutRequest) (user.User, bool, error) {
	if err := r.Validate(); err != nil {
		return user.User{}, false, err
	}
	return rpc.Make[user.User](ctx, c.Upstream, "create", r)
}

// Update replaces a version of a user.
func (c Client) Update(ctx context.Context, r user.PutRequest, version int64) (user.User, error) {
	if err := r.Validate(); err != nil {
		return user.User{}, err
	}
	return rpc.Write[user.User](ctx, c.Upstream, "update", update{User: r, Version: version})
}

// Get gives a user.
func (c Client) Get(ctx context.Context, userID string) (user.User, error) {
	return rpc.Read[user.User](ctx, c.Upstream, "get", userID)
}

// List gives a page of users.
func (c Client) List(ctx context.Context, limit int, cursor string) (user.Page, error) {
	return rpc.Read[user.Page](ctx, c.Upstream, "list", page{Limit: limit, Cursor: cursor})
}

// Delete removes a user.
func (c Client) Delete(ctx context.Context, userID string, version int64) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "delete", removal{ID: userID, Version: version})
	return err
}

// CreateKey keeps an API key, or finds it.
func (c Client) CreateKey(ctx context.Context, k user.NewKey) (user.Key, bool, error) {
	if err := k.Validate(); err != nil {
		return user.Key{}, false, err
	}
	return rpc.Make[user.Key](ctx, c.Upstream, "create-key", k)
}

// FindKey gives the API key of a hash.
func (c Client) FindKey(ctx context.Context, hash []byte) (user.Key, error) {
	return rpc.Read[user.Key](ctx, c.Upstream, "find-key", hash)
}

// ListKeys gives a page of API keys.
func (c Client) ListKeys(ctx context.Context, limit int, cursor string) (user.KeyPage, error) {
	return rpc.Read[user.KeyPage](ctx, c.Upstream, "list-keys", page{Limit: limit, Cursor: cursor})
}

// RevokeKey ends an API key for good.
func (c Client) RevokeKey(ctx context.Context, keyID, by string) (user.Key, error) {
	return rpc.Write[user.Key](ctx, c.Upstream, "revoke-key", revocation{KeyID: keyID, By: by})
}

// OfferPayloadKey gives the key of a user, or keeps the offered one.
func (c Client) OfferPayloadKey(ctx context.Context, k user.PayloadKey) (user.PayloadKey, error) {
	if err := k.Validate(); err != nil {
		return user.PayloadKey{}, err
	}
	return rpc.Write[user.PayloadKey](ctx, c.Upstream, "offer-payload-key", k)
}

// FindPayloadKey gives a key by its id.
func (c Client) FindPayloadKey(ctx context.Context, keyID string) (user.PayloadKey, error) {
	return rpc.Read[user.PayloadKey](ctx, c.Upstream, "find-payload-key", keyID)
}

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
