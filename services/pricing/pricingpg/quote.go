package pricingpg

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/pricing"
)

// QuoteOrder calculates an answer and keeps it, a refusal too, unless the order
// has one. Of those that calculate at the same time one is first; the others
// wait for it and give its answer.
func (s *Store) QuoteOrder(ctx context.Context, r pricing.QuoteRequest) (pricing.Quote, error) {
	order, err := pricing.OrderIDPrefix.Parse(r.OrderID)
	if err != nil {
		return pricing.Quote{}, fault.InvalidField("order_id", err.Error())
	}
	if err := r.Validate(); err != nil {
		return pricing.Quote{}, err
	}
	quote, refusal, err := s.calculate(ctx, r)
	if err != nil {
		return pricing.Quote{}, err
	}
	row, err := rowFromQuote(order, hash(r), quote, refusal)
	if err != nil {
		return pricing.Quote{}, err
	}
	first, err := s.queries.KeepQuote(ctx, row)
	switch {
	case err != nil:
		return pricing.Quote{}, s.constraints.Write(err)
	case !first:
		return s.kept(ctx, order, row.RequestHash)
	case refusal != nil:
		return pricing.Quote{}, refusal
	default:
		return quote, nil
	}
}

// kept is the answer that the order got before.
func (s *Store) kept(ctx context.Context, order uuid.UUID, asked []byte) (pricing.Quote, error) {
	row, err := s.queries.GetQuote(ctx, order)
	if err != nil {
		return pricing.Quote{}, s.constraints.Translate(err)
	}
	if !bytes.Equal(row.RequestHash, asked) {
		return pricing.Quote{}, pricing.ErrMismatch
	}
	if row.RefusalCode != nil {
		return pricing.Quote{}, refusalFromCode(*row.RefusalCode)
	}
	lines, err := s.queries.ListQuoteLines(ctx, order)
	if err != nil {
		return pricing.Quote{}, s.constraints.Translate(err)
	}
	return quoteFromRows(row, lines), nil
}

// calculate prices the request now. A refusal is an answer, not an error.
func (s *Store) calculate(ctx context.Context, r pricing.QuoteRequest) (pricing.Quote, *fault.Error, error) {
	ids := make([]string, 0, len(r.Items))
	for _, item := range r.Items {
		ids = append(ids, item.ProductID)
	}
	prices, err := s.List(ctx, ids)
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
