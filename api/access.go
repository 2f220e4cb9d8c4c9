package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// access is who may use an operation. Every operation declares one; the document
// shows it, and the front door enforces it from there.
type access struct {
	scope string
	roles []user.Role // none: everybody, without a credential
	often bool        // everybody, as often as they like
}

// accessKey is where an operation keeps its access.
const accessKey = "access"

// The scopes of the operations.
const (
	readOrders        = "orders:read"
	writeOrders       = "orders:write"
	readUsers         = "users:read"
	writeUsers        = "users:write"
	readProducts      = "products:read"
	writeProducts     = "products:write"
	readStock         = "stock:read"
	writeStock        = "stock:write"
	readPrices        = "prices:read"
	writePrices       = "prices:write"
	readPayments      = "payments:read"
	writePayments     = "payments:write"
	readSagas         = "sagas:read"
	writeSagas        = "sagas:write"
	readKeys          = "keys:read"
	readNotifications = "notifications:read"
	readDeadLetters   = "dead-letters:read"
	writeDeadLetters  = "dead-letters:write"
	writeKeys         = "keys:write"
	readWebhooks      = "webhooks:read"
	writeWebhooks     = "webhooks:write"
	readPayloads      = "payloads:read"
	writePayloads     = "payloads:write"
)

func allScopes() []string {
	return []string{
		readOrders, writeOrders, readUsers, writeUsers, readProducts, writeProducts, readStock, writeStock, readPrices, writePrices,
		readPayments, writePayments, readSagas, writeSagas, readKeys, writeKeys,
		readNotifications, readDeadLetters, writeDeadLetters, readWebhooks, writeWebhooks,
		readPayloads, writePayloads,
	}
}

// everybody needs no credential, and is held to a rate by their address.
func everybody() access { return access{} }

// probes need no credential, and are held to no rate: the address of who looks
// after the process may be that of those who flood it.
func probes() access { return access{often: true} }

// customers may use it for what is theirs, services and operators for all.
func customers(scope string) access {
	return access{scope: scope, roles: []user.Role{user.RoleCustomer, user.RoleService, user.RoleOperator}}
}

// services and operators may use it.
func servicesOnly(scope string) access {
	return access{scope: scope, roles: []user.Role{user.RoleService, user.RoleOperator}}
}

// operators alone may use it.
func operatorsOnly(scope string) access {
	return access{scope: scope, roles: []user.Role{user.RoleOperator}}
}

// declare writes the access into an operation.
func (a access) declare(op *huma.Operation) {
	op.Metadata[accessKey] = a
	if len(a.roles) == 0 {
		op.Security = []map[string][]string{}
		return
	}
	op.Security = []map[string][]string{{schemeKey: {a.scope}}, {schemeToken: {a.scope}}}
	op.Extensions = map[string]any{"x-roles": a.roles}
}

// requireAccess refuses a document in which an operation declares nobody.
func requireAccess(doc *huma.OpenAPI) error {
	var faults []error
	for op := range operationsOf(doc) {
		if _, ok := op.Metadata[accessKey].(access); !ok {
			faults = append(faults, fmt.Errorf("operation %s %s does not say who may use it: declare its access", op.Method, op.Path))
		}
	}
	return errors.Join(faults...)
}

type principalKey struct{}

// principalOf is who asks. Only an operation that everybody may use has none.
func principalOf(ctx context.Context) auth.Principal {
	p, _ := ctx.Value(principalKey{}).(auth.Principal)
	return p
}

// callerOf is whom idempotency keys are scoped to.
func callerOf(ctx context.Context) string { return principalOf(ctx).ID }

// owns tells whether what belongs to a user may be seen and changed by who asks.
func owns(ctx context.Context, userID string) bool {
	p := principalOf(ctx)
	return p.Role != user.RoleCustomer || p.UserID == userID
}

// within narrows a list to what who asks may see: a customer's to their own. Not
// ok: they ask for another's, which is as empty as a list of nobody's.
func within(ctx context.Context, userID string) (narrowed string, ok bool) {
	p := principalOf(ctx)
	if p.Role != user.RoleCustomer {
		return userID, true
	}
	return p.UserID, userID == "" || userID == p.UserID
}

// authorize lets those through who may use an operation.
func (c Config) authorize(a huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		rule, declared := ctx.Operation().Metadata[accessKey].(access)
		if declared && len(rule.roles) == 0 {
			if rule.often || c.letAddress(a, ctx) {
				next(ctx)
			}
			return
		}
		ctx.SetHeader("Cache-Control", "private, no-cache")
		p, err := c.authenticate(ctx.Context(), ctx.Header("Authorization"))
		if known := err == nil; known && !c.let(a, ctx, c.Limits.Principals, p.ID) || !known && !c.letAddress(a, ctx) {
			return
		}
		switch {
		case err == nil && declared && slices.Contains(rule.roles, p.Role) && p.Holds(rule.scope):
			next(huma.WithValue(ctx, principalKey{}, p))
		case err == nil:
			refuse(a, ctx, errForbidden)
		case errors.Is(err, auth.ErrUnknown):
			ctx.SetHeader("WWW-Authenticate", challenge)
			refuse(a, ctx, errUnauthenticated)
		default:
			note(ctx.Context(), err)
			refuse(a, ctx, refusal{status: http.StatusServiceUnavailable, code: fault.From(err).Code, detail: "Whose credential this is cannot be told now. Try again."})
		}
	}
}

// authenticate finds out who asks.
func (c Config) authenticate(ctx context.Context, authorization string) (auth.Principal, error) {
	scheme, token, ok := strings.Cut(authorization, " ")
	if !ok || token == "" || !strings.EqualFold(scheme, "Bearer") || c.Auth == nil {
		return auth.Principal{}, auth.ErrUnknown
	}
	return c.Auth.Authenticate(ctx, strings.TrimSpace(token))
}

// challenge tells who shows no credential that counts what one is.
const challenge = `Bearer realm="skald"`

// refuse answers in place of the operation.
func refuse(a huma.API, ctx huma.Context, r refusal) {
	p := r.problem(ctx.Context())
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(r.status)
	_ = a.Marshal(ctx.BodyWriter(), "application/json", p) // the client may have gone
}
