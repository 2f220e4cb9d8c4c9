// Package orderpg is the order service on Postgres.
package orderpg

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/order"
)

// maxBatch bounds what Unstarted reads at once.
const maxBatch = 1000

// Store is an order.Service.
type Store struct {
	pool        pg.Pool
	queries     *orderdb.Queries
	constraints pg.Constraints
}

var _ order.Service = (*Store)(nil)

// New returns a store on a database with the schema of db/order.
func New(pool pg.Pool) *Store {
	return &Store{pool: pool, queries: orderdb.New(pool), constraints: constraints()}
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.constraints.Translate(s.pool.Ping(ctx))
}

// Create claims the key and creates the order.
func (s *Store) Create(ctx context.Context, r order.CreateRequest) (order.Order, bool, error) {
	orderID := uuid.Must(uuid.NewV7())
	params, err := createParams(orderID, r)
	if err != nil {
		return order.Order{}, false, err
	}
	rows, err := s.queries.ClaimAndCreate(ctx, params)
	if err != nil {
		return order.Order{}, false, s.constraints.Write(err)
	}
	if len(rows) == 1 {
		return created(orderID, r, rows[0]), true, nil
	}
	claim, err := s.queries.FindClaim(ctx, orderdb.FindClaimParams{Caller: r.Caller, Key: r.Key})
	if err != nil {
		return order.Order{}, false, s.constraints.Translate(err)
	}
	if !bytes.Equal(claim.RequestHash, params.RequestHash) {
		return order.Order{}, false, order.ErrKeyReused
	}
	o, err := s.read(ctx, claim.OrderID)
	return o, false, err
}

// Get reads an order.
func (s *Store) Get(ctx context.Context, orderID string) (order.Order, error) {
	parsed, err := order.IDPrefix.Parse(orderID)
	if err != nil {
		return order.Order{}, order.ErrNotFound
	}
	return s.read(ctx, parsed)
}

func (s *Store) read(ctx context.Context, orderID uuid.UUID) (order.Order, error) {
	row, err := s.queries.GetOrder(ctx, orderID)
	if errors.Is(err, pgx.ErrNoRows) {
		return order.Order{}, order.ErrNotFound
	}
	if err != nil {
		return order.Order{}, s.constraints.Translate(err)
	}
	return toOrder(row.Order, row.Items)
}

// List reads a page, newest first.
func (s *Store) List(ctx context.Context, f order.Filter) (order.Page, error) {
	limit := min(max(f.Limit, 1), order.MaxPage)
	params, err := listParams(f, limit)
	if err != nil {
		return order.Page{}, err
	}
	rows, err := s.queries.ListOrders(ctx, params)
	if err != nil {
		return order.Page{}, s.constraints.Translate(err)
	}
	var page order.Page
	rows, page.NextCursor = pg.Page(rows, limit, func(row orderdb.ListOrdersRow) pg.Cursor {
		return pg.Cursor{At: row.Order.CreatedAt, ID: row.Order.ID}
	})
	for _, row := range rows {
		o, err := toOrder(row.Order, row.Items)
		if err != nil {
			return order.Page{}, err
		}
		page.Items = append(page.Items, o)
	}
	return page, nil
}

// TransitionOrder moves an order along its state machine: one round trip where
// it moves and is priced, as on the way to a confirmed order.
func (s *Store) TransitionOrder(ctx context.Context, t order.Transition) (order.Order, error) {
	params, err := transitionParams(t)
	if err != nil {
		return order.Order{}, err
	}
	row, err := s.queries.Transition(ctx, params)
	if errors.Is(err, pgx.ErrNoRows) {
		return s.unmoved(ctx, params.ID, t)
	}
	if err != nil {
		return order.Order{}, s.constraints.Write(err)
	}
	if row.Items == nil {
		return s.read(ctx, params.ID)
	}
	return toOrder(movedRow(row), row.Items)
}

// unmoved tells why a transition moved nothing. Only a statement that began
// after the one that waited can see what that waited for.
func (s *Store) unmoved(ctx context.Context, orderID uuid.UUID, t order.Transition) (order.Order, error) {
	o, err := s.read(ctx, orderID)
	switch {
	case err != nil:
		return order.Order{}, err
	case o.Status == t.To:
		return s.remark(ctx, orderID, o, t)
	case o.Status.CanBecome(t.To) && t.Quote != nil && len(t.Quote.Lines) != len(o.Items):
		return order.Order{}, fault.InvalidField("quote.lines", "there must be one for each item")
	default:
		return order.Order{}, order.ErrTransition
	}
}

// remark marks the saga's state of an order that is there already: a saga that
// runs again may stand elsewhere than the one that brought it there.
func (s *Store) remark(ctx context.Context, orderID uuid.UUID, o order.Order, t order.Transition) (order.Order, error) {
	if o.Saga.State == t.SagaState {
		return o, nil
	}
	if err := s.MarkSaga(ctx, order.Mark{OrderID: t.OrderID, SagaState: t.SagaState, Seq: t.Seq}); err != nil {
		return order.Order{}, err
	}
	return s.read(ctx, orderID)
}

// MarkSaga records the saga's state.
func (s *Store) MarkSaga(ctx context.Context, m order.Mark) error {
	parsed, err := order.IDPrefix.Parse(m.OrderID)
	if err != nil {
		return order.ErrNotFound
	}
	found, err := s.queries.MarkSaga(ctx, orderdb.MarkSagaParams{ID: parsed, SagaState: string(m.SagaState), SagaSeq: m.Seq})
	if err != nil {
		return s.constraints.Write(err)
	}
	if !found {
		return order.ErrNotFound
	}
	return nil
}

// Unstarted finds orders whose saga nobody may have started.
func (s *Store) Unstarted(ctx context.Context, age time.Duration, limit int) ([]order.Order, error) {
	rows, err := s.queries.Unstarted(ctx, unstartedParams(age, limit))
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	orders := make([]order.Order, len(rows))
	for i, row := range rows {
		if orders[i], err = toOrder(row.Order, row.Items); err != nil {
			return nil, err
		}
	}
	return orders, nil
}

// ConfirmStarted records that the order's saga runs.
func (s *Store) ConfirmStarted(ctx context.Context, orderID string) error {
	parsed, err := order.IDPrefix.Parse(orderID)
	if err != nil {
		return order.ErrNotFound
	}
	n, err := s.queries.ConfirmStarted(ctx, parsed)
	if err != nil {
		return s.constraints.Write(err)
	}
	if n == 0 {
		return order.ErrNotFound
	}
	return nil
}
