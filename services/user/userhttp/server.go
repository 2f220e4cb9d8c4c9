// Package userhttp is the user service in another process: what the front door asks
// of it, over HTTP.
package userhttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/user"
)

// name is the service's in the paths of its operations.
const name = "user"

// Serve mounts what the front door asks of the service.
func Serve(to *rpc.Server, s user.FrontDoor) {
	rpc.Handle(to, name, "create", rpc.Making(s.Create))
	rpc.Handle(to, name, "update", func(ctx context.Context, q update) (user.User, error) { return s.Update(ctx, q.User, q.Version) })
	rpc.Handle(to, name, "get", s.Get)
	rpc.Handle(to, name, "list", func(ctx context.Context, q page) (user.Page, error) { return s.List(ctx, q.Limit, q.Cursor) })
	rpc.Handle(to, name, "delete", rpc.Doing(func(ctx context.Context, q removal) error { return s.Delete(ctx, q.ID, q.Version) }))
	rpc.Handle(to, name, "create-key", rpc.Making(s.CreateKey))
	rpc.Handle(to, name, "find-key", s.FindKey)
	rpc.Handle(to, name, "list-keys", func(ctx context.Context, q page) (user.KeyPage, error) { return s.ListKeys(ctx, q.Limit, q.Cursor) })
	rpc.Handle(to, name, "revoke-key", func(ctx context.Context, q revocation) (user.Key, error) { return s.RevokeKey(ctx, q.KeyID, q.By) })
	rpc.Handle(to, name, "offer-payload-key", s.OfferPayloadKey)
	rpc.Handle(to, name, "find-payload-key", s.FindPayloadKey)
	rpc.Handle(to, name, "ready", rpc.Asking(s.Ready))
}

type removal struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

type update struct {
	User    user.PutRequest `json:"user"`
	Version int64           `json:"version"`
}

type page struct {
	Limit  int    `json:"limit"`
	Cursor string `json:"cursor"`
}

type revocation struct {
	KeyID string `json:"key_id"`
	By    string `json:"by"`
}
