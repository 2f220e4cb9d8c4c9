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

// Put creates or replaces a user.
func (c Client) Put(ctx context.Context, r user.PutRequest) (user.User, bool, error) {
	if err := r.Validate(); err != nil {
		return user.User{}, false, err
	}
	return rpc.Make[user.User](ctx, c.Upstream, "put", r)
}

// Create creates or finds a user.
func (c Client) Create(ctx context.Context, r user.PutRequest) (user.User, bool, error) {
	if err := r.Validate(); err != nil {
		return user.User{}, false, err
	}
	return rpc.Make[user.User](ctx, c.Upstream, "create", r)
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
func (c Client) Delete(ctx context.Context, userID string) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "delete", userID)
	return err
}

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
