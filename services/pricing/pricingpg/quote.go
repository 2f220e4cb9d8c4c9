package pricingpg

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	pricingdb "github.com/skaldhq/skald/db/pricing"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/pricing"
)

// QuoteOrder answers from the quote that the order has, or calculates one and
// keeps it, a refusal too. Of those that calculate at the same time one is
// first; the others wait for it and give its answer.
func (s *Store) QuoteOrder(ctx context.Context, r pricing.QuoteRequest) (pricing.Quote, error) {
	order, err := pricing.OrderIDPrefix.Parse(r.OrderID)
	if err != nil {
		return pricing.Quote{}, fault.InvalidField("order_id", err.Error())
	}
	if err := r.Validate(); err != nil {
		return pricing.Quote{}, err
	}
	asked := hash(r)
	var quote pricing.Quote
	var refusal *fault.Error
	err = s.constraints.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.queries.WithTx(tx)
		var err error
		quote, err = quotedBefore(ctx, q, order, asked)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if quote, refusal, err = calculate(ctx, q, r); err != nil {
			return err
		}
		first, err := keep(ctx, q, order, asked, quote, refusal)
		if err != nil || first {
			return err
		}
		refusal = nil
		quote, err = quotedBefore(ctx, q, order, asked)
		return err
	})
	switch {
	case err != nil:
		return pricing.Quote{}, err
	case refusal != nil: // kept, so it had to be committed first
		return pricing.Quote{}, refusal
	default:
		return quote, nil
	}
}

// quotedBefore is the answer that the order got. pgx.ErrNoRows: none yet.
func quotedBefore(ctx context.Context, q *pricingdb.Queries, order uuid.UUID, asked []byte) (pricing.Quote, error) {
	row, err := q.GetQuote(ctx, order)
	if err != nil {
		return pricing.Quote{}, err
	}
	if !bytes.Equal(row.RequestHash, asked) {
		return pricing.Quote{}, pricing.ErrMismatch
	}
	if row.RefusalCode != nil {
		return pricing.Quote{}, refusalFromCode(*row.RefusalCode)
	}
	lines, err := q.ListQuoteLines(ctx, order)
	if err != nil {
		return pricing.Quote{}, err
	}
	return quoteFromRows(row, lines), nil
}

// calculate prices the request now. A refusal is an answer, not an error.
func calculate(ctx context.Context, q *pricingdb.Queries, r pricing.QuoteRequest) (pricing.Quote, *fault.Error, error) {
	ids := make([]string, 0, len(r.Items))
	for _, item := range r.Items {
		ids = append(ids, item.ProductID)
	}
	prices, err := list(ctx, q, ids)
	if err != nil {
		return pricing.Quote{}, nil, err
	}
	quote, err := pricing.Calculate(r, prices)
	for _, refusal := range refusals() {
		if errors.Is(err, refusal) {
			return pricing.Quote{}, refusal, nil
		}
	}
	return quote, nil, err
}

// keep stores the answer for good, and tells whether it is the order's first.
func keep(ctx context.Context, q *pricingdb.Queries, order uuid.UUID, asked []byte, quote pricing.Quote, refusal *fault.Error) (bool, error) {
	n, err := q.ClaimQuote(ctx, rowFromQuote(order, asked, quote, refusal))
	if err != nil || n == 0 || refusal != nil {
		return n == 1, err
	}
	rows, err := rowsFromLines(order, quote.Lines)
	if err != nil {
		return false, err
	}
	return true, q.InsertQuoteLines(ctx, rows)
}
