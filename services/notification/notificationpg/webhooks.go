package notificationpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/notification"
)

// WebhookOptions is what webhooks need beside the database.
type WebhookOptions struct {
	// Keys seal the secrets. None: no endpoint can be made.
	Keys seal.Ring
	// Types are those of the events that there are.
	Types  []string
	Sender notification.WebhookSender
	// AtOnce is how many deliveries are on their way to one endpoint at a time, at most.
	AtOnce int
	// Tell is told what became of each attempt.
	Tell func(context.Context, notification.WebhookTold)
}

// Webhooks is notification.Webhooks, and what the worker does for them.
type Webhooks struct {
	pool        pg.Pool
	queries     *notificationdb.Queries
	constraints pg.Constraints
	keys        seal.Ring
	types       []string
	sender      notification.WebhookSender
	flights     *flights
	tell        func(context.Context, notification.WebhookTold)
}

var (
	_ notification.Webhooks    = (*Webhooks)(nil)
	_ notification.WebhookWork = (*Webhooks)(nil)
)

// NewWebhooks returns webhooks on a database with the schema of db/notification.
func NewWebhooks(pool pg.Pool, o WebhookOptions) *Webhooks {
	return &Webhooks{pool: pool, queries: notificationdb.New(pool), keys: o.Keys, types: o.Types, sender: o.Sender, flights: newFlights(o.AtOnce), tell: o.Tell, constraints: pg.Constraints{
		"webhook_secrets_pkey": notification.ErrEndpointMismatch, // the id is another endpoint's
	}}
}

// CreateEndpoint makes an endpoint and its first secret, or finds those.
func (w *Webhooks) CreateEndpoint(ctx context.Context, n notification.NewEndpoint) (issued notification.Issued, created bool, err error) {
	if err := cmp.Or(n.Validate(), w.admits(n.EndpointState, notification.Endpoint{})); err != nil {
		return issued, false, err
	}
	by, ok := w.keys.First()
	if !ok {
		return issued, false, notification.ErrWebhooksOff
	}
	state, secret := n.Sorted(), newSecret()
	endpointID, _ := notification.EndpointIDPrefix.Parse(n.ID) // what is valid parses
	err = w.constraints.InTx(ctx, w.pool, func(tx pgx.Tx) error {
		q := notificationdb.New(tx)
		if err := q.LockOwner(ctx, n.Owner); err != nil {
			return err
		}
		row, err := q.CreateWebhookEndpoint(ctx, notificationdb.CreateWebhookEndpointParams{
			ID: endpointID, Owner: n.Owner, Url: state.URL, Description: state.Description, EventTypes: state.EventTypes,
		})
		if err != nil {
			return err
		}
		created = row.Created
		issued.Endpoint = toEndpoint(row.WebhookEndpoint)
		if !created {
			if row.WebhookEndpoint.DeletedAt != nil || issued.Endpoint.Owner != n.Owner || !n.Describes(issued.Endpoint) {
				return notification.ErrEndpointMismatch
			}
			issued.Secret, err = w.secretOf(ctx, q, endpointID, endpointID)
			return err
		}
		has, err := q.CountWebhookEndpoints(ctx, n.Owner)
		if err != nil {
			return err
		}
		if has > notification.MostEndpoints {
			return notification.ErrEndpointsMost
		}
		issued.Secret = secret
		return w.keep(ctx, q, by, endpointID, endpointID, secret) // the first has its endpoint's id
	})
	if err != nil {
		return notification.Issued{}, false, err
	}
	return issued, created, nil
}

// UpdateEndpoint replaces a version of an endpoint.
func (w *Webhooks) UpdateEndpoint(ctx context.Context, c notification.EndpointChange) (notification.Endpoint, error) {
	if err := c.Validate(); err != nil {
		return notification.Endpoint{}, err
	}
	was, err := w.GetEndpoint(ctx, c.EndpointRef)
	if err != nil {
		return notification.Endpoint{}, err
	}
	if err := w.admits(c.EndpointState, was); err != nil {
		return notification.Endpoint{}, err
	}
	reason := ""
	if c.Status == notification.Disabled {
		reason = notification.DisabledByRequest
		if was.Status == notification.Disabled {
			reason = was.Reason
		}
	}
	state := c.Sorted()
	endpointID, _ := notification.EndpointIDPrefix.Parse(c.ID) // it was found by it
	row, err := w.queries.UpdateWebhookEndpoint(ctx, notificationdb.UpdateWebhookEndpointParams{
		ID: endpointID, Owner: c.Owner, Url: state.URL, Description: state.Description, EventTypes: state.EventTypes,
		Status: string(c.Status), Reason: reason, Version: c.Version,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return notification.Endpoint{}, notification.ErrEndpointChanged
	}
	if err != nil {
		return notification.Endpoint{}, w.constraints.Write(err)
	}
	return toEndpoint(row), nil
}

// admits refuses what no endpoint can be. What it was already it may stay, whatever the
// rules are by now, so that whoever has one can always change the rest.
func (w *Webhooks) admits(s notification.EndpointState, was notification.Endpoint) error {
	for i, t := range s.EventTypes {
		if !slices.Contains(w.types, t) && !slices.Contains(was.EventTypes, t) {
			return fault.InvalidField(fmt.Sprintf("event_types[%d]", i), "must be a type of an event that there is, such as order.confirmed")
		}
	}
	if s.URL == was.URL {
		return nil
	}
	return w.sender.Check(s.URL)
}

// GetEndpoint reads an endpoint.
func (w *Webhooks) GetEndpoint(ctx context.Context, r notification.EndpointRef) (notification.Endpoint, error) {
	endpointID, err := notification.EndpointIDPrefix.Parse(r.ID)
	if err != nil {
		return notification.Endpoint{}, notification.ErrEndpointNotFound
	}
	row, err := w.queries.GetWebhookEndpoint(ctx, notificationdb.GetWebhookEndpointParams{ID: endpointID, Owner: r.Owner})
	if errors.Is(err, pgx.ErrNoRows) {
		return notification.Endpoint{}, notification.ErrEndpointNotFound
	}
	if err != nil {
		return notification.Endpoint{}, w.constraints.Translate(err)
	}
	return toEndpoint(row), nil
}

// ListEndpoints reads a page, newest first.
func (w *Webhooks) ListEndpoints(ctx context.Context, f notification.EndpointFilter) (notification.EndpointPage, error) {
	limit := min(max(f.Limit, 1), notification.MaxPage)
	cursor, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return notification.EndpointPage{}, err
	}
	rows, err := w.queries.ListWebhookEndpoints(ctx, notificationdb.ListWebhookEndpointsParams{
		Owner: f.Owner, BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1, //nolint:gosec // at most notification.MaxPage
	})
	if err != nil {
		return notification.EndpointPage{}, w.constraints.Translate(err)
	}
	var page notification.EndpointPage
	rows, page.NextCursor = pg.Page(rows, limit, func(row notificationdb.WebhookEndpoint) pg.Cursor {
		return pg.Cursor{At: row.CreatedAt, ID: row.ID}
	})
	for _, row := range rows {
		page.Items = append(page.Items, toEndpoint(row))
	}
	return page, nil
}

// DeleteEndpoint ends a version of an endpoint.
func (w *Webhooks) DeleteEndpoint(ctx context.Context, r notification.EndpointRef, version int64) error {
	endpointID, err := notification.EndpointIDPrefix.Parse(r.ID)
	if err != nil {
		return notification.ErrEndpointNotFound
	}
	n, err := w.queries.DeleteWebhookEndpoint(ctx, notificationdb.DeleteWebhookEndpointParams{ID: endpointID, Owner: r.Owner, Version: version})
	if err != nil {
		return w.constraints.Write(err)
	}
	if n == 0 {
		if _, err := w.GetEndpoint(ctx, r); err != nil {
			return err
		}
		return notification.ErrEndpointChanged
	}
	return nil
}

func toEndpoint(row notificationdb.WebhookEndpoint) notification.Endpoint {
	return notification.Endpoint{
		ID: notification.EndpointIDPrefix.Format(row.ID), Owner: row.Owner, URL: row.Url, Description: row.Description,
		EventTypes: row.EventTypes, Status: notification.EndpointStatus(row.Status), Reason: row.Reason, Version: row.Version,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}
