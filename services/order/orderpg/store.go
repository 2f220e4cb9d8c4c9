// Package orderpg is the order service on Postgres.
package orderpg

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/order"
)

// Store is an order.Service.
type Store struct {
	pool        pg.Pool
	queries     *orderdb.Queries
	constraints pg.Constraints
}

var _ order.Service = (*Store)(nil)

// New returns a store on a database with the schema of db/order.
func New(pool pg.Pool) *Store {
	return &Store{
		pool:    pool,
		queries: orderdb.New(pool),
		constraints: pg.Constraints{
			"orders_transition_legal":    order.ErrTransition,
			"orders_version_without_gap": order.ErrTransition,
			"orders_confirmed_is_priced": order.ErrTransition,
			"outbox_once":                order.ErrTransition,
		},
	}
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.constraints.Translate(s.pool.Ping(ctx))
}

// Create claims the key and creates the order.
func (s *Store) Create(ctx context.Context, r order.CreateRequest) (order.Order, bool, error) {
	if err := r.Validate(); err != nil {
		return order.Order{}, false, err
	}
	orderID := uuid.Must(uuid.NewV7())
	hash := r.Hash()
	rows, err := s.queries.ClaimAndCreate(ctx, createParams(orderID, hash, r))
	if err != nil {
		return order.Order{}, false, s.write(err)
	}
	if len(rows) == 1 {
		return created(orderID, r, rows[0]), true, nil
	}
	claim, err := s.queries.FindClaim(ctx, orderdb.FindClaimParams{Caller: r.Caller, Key: r.Key})
	if err != nil {
		return order.Order{}, false, s.constraints.Translate(err)
	}
	if !bytes.Equal(claim.RequestHash, hash) {
		return order.Order{}, false, order.ErrKeyReused
	}
	o, err := s.read(ctx, claim.OrderID)
	return o, false, err
}

// write translates the error of a statement that commits by itself: where the
// server gave no answer, it may have.
func (s *Store) write(err error) error {
	err = s.constraints.Translate(err)
	if fault.KindOf(err) == fault.Unavailable && !errors.Is(err, context.Canceled) {
		return fault.New(fault.Unknown, "commit_unknown", "The database did not say whether it committed.").Because(err)
	}
	return err
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
	cursor, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return order.Page{}, err
	}
	params := orderdb.ListOrdersParams{BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(f.Limit) + 1} //nolint:gosec // bounded by the caller
	if f.UserID != "" {
		parsed, _ := order.UserIDPrefix.Parse(f.UserID) // what is no id is the nil one, which nobody has
		params.UserID = &parsed
	}
	if f.Status != "" {
		status := string(f.Status)
		params.Status = &status
	}
	if !f.CreatedAfter.IsZero() {
		params.CreatedAfter = &f.CreatedAfter
	}
	rows, err := s.queries.ListOrders(ctx, params)
	if err != nil {
		return order.Page{}, s.constraints.Translate(err)
	}
	var page order.Page
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[f.Limit-1].Order
		page.NextCursor = pg.Cursor{At: last.CreatedAt, ID: last.ID}.String()
	}
	for _, row := range rows {
		o, err := toOrder(row.Order, row.Items)
		if err != nil {
			return order.Page{}, err
		}
		page.Items = append(page.Items, o)
	}
	return page, nil
}

// TransitionOrder moves an order along its state machine.
func (s *Store) TransitionOrder(ctx context.Context, t order.Transition) (order.Order, error) {
	params, err := transitionParams(t)
	if err != nil {
		return order.Order{}, err
	}
	moved, err := s.queries.Transition(ctx, params)
	if err != nil {
		return order.Order{}, s.write(err)
	}
	o, err := s.read(ctx, params.ID)
	if err != nil {
		return order.Order{}, err
	}
	if moved == 0 && o.Status != t.To {
		return order.Order{}, order.ErrTransition
	}
	return o, nil
}

// MarkSaga records the saga's state.
func (s *Store) MarkSaga(ctx context.Context, m order.Mark) error {
	parsed, err := order.IDPrefix.Parse(m.OrderID)
	if err != nil {
		return order.ErrNotFound
	}
	n, err := s.queries.MarkSaga(ctx, orderdb.MarkSagaParams{ID: parsed, SagaState: string(m.SagaState)})
	if err == nil && n == 0 {
		return order.ErrNotFound
	}
	return s.constraints.Translate(err)
}

// Unstarted finds orders whose saga nobody may have started.
func (s *Store) Unstarted(ctx context.Context, age time.Duration, limit int) ([]order.Order, error) {
	ids, err := s.queries.Unstarted(ctx, orderdb.UnstartedParams{
		Age:       pgtype.Interval{Microseconds: age.Microseconds(), Valid: true},
		PageLimit: int32(limit), //nolint:gosec // bounded by the caller
	})
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	orders := make([]order.Order, 0, len(ids))
	for _, orderID := range ids {
		o, err := s.read(ctx, orderID)
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// ConfirmStarted records that the order's saga runs.
func (s *Store) ConfirmStarted(ctx context.Context, orderID string) error {
	parsed, err := order.IDPrefix.Parse(orderID)
	if err != nil {
		return order.ErrNotFound
	}
	return s.constraints.Translate(s.queries.ConfirmStarted(ctx, parsed))
}
