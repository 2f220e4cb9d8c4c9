package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// Key is who may ask the platform, and as whom.
type Key struct {
	ID        string     `json:"id" example:"key_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Name      string     `json:"name" example:"shop checkout"`
	Role      user.Role  `json:"role" enum:"customer,operator,service"`
	UserID    string     `json:"user_id,omitempty" doc:"Of a customer's key: the user" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Scopes    []string   `json:"scopes" nullable:"false" doc:"What it may do of what its role may; empty: all of that" example:"[\"orders:read\"]"`
	CreatedBy string     `json:"created_by" example:"operator"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at" doc:"Null: never"`
	RevokedAt *time.Time `json:"revoked_at" doc:"Null unless it was revoked"`
	RevokedBy string     `json:"revoked_by,omitempty" example:"operator"`
}

// CreatedKey is a key that was just made, with the key itself.
type CreatedKey struct {
	Key
	Secret string `json:"key" doc:"Shown this once: only a hash of it is kept" example:"skald_…"`
}

// TransformSchema tells that it is a Key, and more.
func (CreatedKey) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return extending[CreatedKey, Key](r, s)
}

// NewKey asks for a key.
type NewKey struct {
	Name      string     `json:"name" minLength:"1" maxLength:"100" doc:"What it is for; no personal data" example:"shop checkout"`
	Role      user.Role  `json:"role" enum:"customer,operator,service" doc:"A customer's key sees what is the user's, a service's orders for all, an operator's does everything"`
	UserID    string     `json:"user_id,omitempty" maxLength:"64" doc:"The user; of a customer's key, and of no other" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Scopes    []string   `json:"scopes,omitempty" maxItems:"50" doc:"What it may do of what its role may; all of that where it is left out" example:"[\"orders:read\"]"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"The key never expires where it is left out" example:"2027-01-31T00:00:00Z"`
}

func toKey(k user.Key) Key {
	out := Key(k)
	if out.Scopes == nil {
		out.Scopes = []string{}
	}
	return out
}

type createKeyInput struct {
	KeyHeader
	Body NewKey
}

type createKeyOutput struct{ Body CreatedKey }

type listKeysOutput struct{ Body page[Key] }

// KeyPath names an API key.
type KeyPath struct {
	KeyID string `path:"key_id" doc:"The id of the key, not the key" example:"key_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

type keyOutput struct{ Body Key }

var errKeysOff = fault.New(fault.Conflict, "api_keys_off", "This platform takes no API keys: give its gateways a secret for them.")

func (c Config) registerKeys(a huma.API) {
	create := operation("create-api-key", http.MethodPost, "/v1/api-keys", "api-keys", operatorsOnly(writeKeys), "Create an API key",
		"The answer shows the key, once. With an `Idempotency-Key`, the same request again shows the same key.",
		errKeysOff)
	declareRefusals(&create, errUserUnknown)
	create.DefaultStatus = http.StatusCreated
	huma.Register(a, create, c.createKey)
	huma.Register(a, operation("list-api-keys", http.MethodGet, "/v1/api-keys", "api-keys", operatorsOnly(readKeys), "List API keys",
		"Newest first, revoked ones too."), c.listKeys)
	huma.Register(a, operation("revoke-api-key", http.MethodDelete, "/v1/api-keys/{key_id}", "api-keys", operatorsOnly(writeKeys), "Revoke an API key",
		"For good, and at once here; other gateways know it within 10 s.", user.ErrKeyNotFound), c.revokeKey)
}

// createKey makes a key. One with an idempotency key is derived from it, so that
// the request that comes again shows the same.
func (c Config) createKey(ctx context.Context, in *createKeyInput) (*createKeyOutput, error) {
	if c.Keys == nil {
		return nil, problem(ctx, errKeysOff)
	}
	r := user.NewKey{
		ID: in.newID(ctx, user.KeyIDPrefix, "create-api-key"), Name: in.Body.Name, Role: in.Body.Role, UserID: in.Body.UserID,
		Scopes: in.Body.Scopes, ExpiresAt: in.Body.ExpiresAt, By: principalOf(ctx).Name,
	}
	if err := grantable(principalOf(ctx), r.Scopes); err != nil {
		return nil, problem(ctx, err)
	}
	key := c.Keys.New()
	if in.IdempotencyKey != "" {
		key = c.Keys.Derived(r.ID)
	}
	r.Hash = c.Keys.Hash(key)
	made, _, err := c.Users.CreateKey(ctx, r)
	switch {
	case errors.Is(err, user.ErrKeyMismatch):
		return nil, keyReused(ctx)
	case errors.Is(err, user.ErrNotFound):
		return nil, userUnknown(ctx)
	case err != nil:
		return nil, problem(ctx, err)
	}
	return &createKeyOutput{Body: CreatedKey{Key: toKey(made), Secret: key}}, nil
}

func (c Config) listKeys(ctx context.Context, in *PageQuery) (*listKeysOutput, error) {
	found, err := c.Users.ListKeys(ctx, in.Limit, in.Cursor)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listKeysOutput{Body: newPage(found.Items, toKey, found.NextCursor)}, nil
}

func (c Config) revokeKey(ctx context.Context, in *KeyPath) (*keyOutput, error) {
	k, err := c.Users.RevokeKey(ctx, in.KeyID, principalOf(ctx).Name)
	if err != nil {
		return nil, problem(ctx, err)
	}
	if c.Keys != nil {
		c.Keys.Forget()
	}
	return &keyOutput{Body: toKey(k)}, nil
}

// grantable refuses a scope that no operation has, and more than who asks may do
// themselves.
func grantable(by auth.Principal, scopes []string) error {
	if len(by.Scopes) > 0 && len(scopes) == 0 {
		return fault.InvalidField("scopes", "must be named, because your own credential is limited to some")
	}
	for i, s := range scopes {
		if !slices.Contains(allScopes(), s) {
			return fault.InvalidField(fmt.Sprintf("scopes[%d]", i), "must be a scope of an operation, see the document")
		}
		if !by.Holds(s) {
			return fault.InvalidField(fmt.Sprintf("scopes[%d]", i), "must be one that your own credential has")
		}
	}
	return nil
}
