// Package paymentpg is the payment service on Postgres and a payment provider.
//
// Every operation runs in three parts: its intent is committed, the provider is
// called outside any transaction, the result is committed. A retry that finds
// the intent asks the provider before it acts. What races (a void with a late
// authorization) is decided under the lock of the payment's row, and by the
// provider, whose intents go one way only.
package paymentpg

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/payment"
)

// Store is a payment.Service.
type Store struct {
	pool        pg.Pool
	queries     *paymentdb.Queries
	constraints pg.Constraints
	provider    payment.Provider
}

var _ payment.Service = (*Store)(nil)

// New returns a store on a database with the schema of db/payment.
func New(pool pg.Pool, provider payment.Provider) *Store {
	return &Store{pool: pool, queries: paymentdb.New(pool), provider: provider, constraints: pg.Constraints{
		// Another order took the refund's id at the same time.
		"payment_refunds_pkey":             payment.ErrMismatch,
		"payments_refunds_within_captured": payment.ErrRefundTooMuch,
	}}
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.constraints.Translate(s.pool.Ping(ctx))
}

// inTx runs fn in one transaction.
func (s *Store) inTx(ctx context.Context, fn func(q *paymentdb.Queries) error) error {
	return s.constraints.InTx(ctx, s.pool, func(tx pgx.Tx) error { return fn(s.queries.WithTx(tx)) })
}

// begin locks the subject's payment and commits the intent of an operation, if
// allowed gives none of its own answers. It tells whether the operation was
// begun before, and how many keys it has spent.
func (s *Store) begin(ctx context.Context, of payment.Subject, op payment.Operation,
	before func(q *paymentdb.Queries) error, allowed func(q *paymentdb.Queries, row paymentdb.Payment) (bool, error),
) (row paymentdb.Payment, begun paymentdb.StartOperationRow, err error) {
	err = s.inTx(ctx, func(q *paymentdb.Queries) error {
		if before != nil {
			if err := before(q); err != nil {
				return err
			}
		}
		if row, err = q.LockPayment(ctx, of.ID); err != nil {
			return err
		}
		goOn, err := allowed(q, row)
		if err != nil || !goOn {
			return err
		}
		begun, err = q.StartOperation(ctx, paymentdb.StartOperationParams{
			OrderID: of.ID, Operation: string(op), ProviderKey: op.ProviderKey(of.String(), 0),
		})
		return err
	})
	return row, begun, err
}

// spend notes that the provider will only repeat its failure under the key that
// an operation used, so that the next attempt takes another. It returns err.
func (s *Store) spend(ctx context.Context, orderID uuid.UUID, op payment.Operation, spent int32, err error) error {
	if !errors.Is(err, payment.ErrKeySpent) {
		return err
	}
	return errors.Join(err, s.queries.SpendKey(ctx, paymentdb.SpendKeyParams{OrderID: orderID, Operation: string(op), KeysSpent: spent}))
}

// askAgain asks how an intent stands whose status did not allow an operation.
// The provider repeats that refusal for good, so the key is spent.
func (s *Store) askAgain(ctx context.Context, intentID string, orderID uuid.UUID, op payment.Operation, spent int32) (payment.Intent, error) {
	if err := s.queries.SpendKey(ctx, paymentdb.SpendKeyParams{OrderID: orderID, Operation: string(op), KeysSpent: spent}); err != nil {
		return payment.Intent{}, s.constraints.Write(err)
	}
	return s.provider.GetIntent(ctx, intentID)
}

// Get reads a payment.
func (s *Store) Get(ctx context.Context, paymentID string) (payment.Payment, error) {
	parsed, err := payment.IDPrefix.Parse(paymentID)
	if err != nil {
		return payment.Payment{}, payment.ErrNotFound
	}
	row, err := s.queries.GetPayment(ctx, parsed)
	if errors.Is(err, pgx.ErrNoRows) {
		return payment.Payment{}, payment.ErrNotFound
	}
	return toPayment(row), s.constraints.Translate(err)
}

// List reads a page, newest first.
func (s *Store) List(ctx context.Context, f payment.Filter) (payment.Page, error) {
	cursor, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return payment.Page{}, err
	}
	limit := min(max(f.Limit, 1), payment.MaxPage)
	params := paymentdb.ListPaymentsParams{BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1} //nolint:gosec // at most payment.MaxPage
	if f.OrderID != "" {
		parsed, _ := payment.OrderIDPrefix.Parse(f.OrderID) // what is no id is the nil one, which no order has
		params.OrderID = &parsed
	}
	if f.UserID != "" {
		parsed, _ := payment.UserIDPrefix.Parse(f.UserID) // as above
		params.UserID = &parsed
	}
	rows, err := s.queries.ListPayments(ctx, params)
	if err != nil {
		return payment.Page{}, s.constraints.Translate(err)
	}
	var page payment.Page
	rows, page.NextCursor = pg.Page(rows, limit, func(row paymentdb.Payment) pg.Cursor { return pg.Cursor{At: row.CreatedAt, ID: row.ID} })
	for _, row := range rows {
		page.Items = append(page.Items, toPayment(row))
	}
	return page, nil
}

// actionAsked is the provider's event that tells what its answer told already.
const actionAsked = "payment_intent.requires_action"

// ReceiveWebhook verifies and keeps an event. It does not change the payment:
// what an event says may be old, so the saga asks.
func (s *Store) ReceiveWebhook(ctx context.Context, body []byte, signature string) (payment.Notice, error) {
	event, err := s.provider.ParseEvent(body, signature)
	if err != nil {
		return payment.Notice{}, err
	}
	params := paymentdb.InsertWebhookEventParams{ID: event.ID, Type: event.Type}
	var notice payment.Notice
	if order, err := payment.OrderIDPrefix.Parse(event.OrderID); err == nil {
		params.OrderID, notice.OrderID = &order, event.OrderID
	} else if own, err := payment.IDPrefix.Parse(event.PaymentID); err == nil && event.OrderID == "" {
		params.OrderID, notice.PaymentID = &own, event.PaymentID
	}
	if err := s.queries.InsertWebhookEvent(ctx, params); err != nil {
		return payment.Notice{}, s.constraints.Write(err)
	}
	if params.OrderID != nil && event.Type != actionAsked {
		notice.Awaited, err = s.queries.WaitsForAction(ctx, *params.OrderID)
	}
	return notice, s.constraints.Translate(err)
}
