package pricingpg

import (
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"

	pricingdb "github.com/skaldhq/skald/db/pricing"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/pricing"
)

// priceFromRow judges no clock: discounted is the database's own verdict.
func priceFromRow(row pricingdb.Price, discounted bool) pricing.Price {
	base := money.New(row.BaseAmount, row.Currency)
	p := pricing.Price{
		ProductID: pricing.ProductIDPrefix.Format(row.ProductID),
		Base:      base,
		Current:   base,
		UpdatedAt: row.UpdatedAt.UTC(),
	}
	if discounted && row.DiscountBasisPoints != nil {
		p.Discount = &pricing.Discount{
			BasisPoints: int(*row.DiscountBasisPoints),
			StartsAt:    pg.UTC(row.DiscountStartsAt),
			EndsAt:      pg.UTC(row.DiscountEndsAt),
		}
		p.Current = p.Discount.Off(base)
	}
	return p
}

func rowFromRequest(product uuid.UUID, r pricing.SetRequest) pricingdb.SetPriceParams {
	row := pricingdb.SetPriceParams{ProductID: product, BaseAmount: r.Base.Amount, Currency: r.Base.Currency}
	if r.Discount != nil {
		basisPoints := int32(r.Discount.BasisPoints) //nolint:gosec // at most 10000
		row.DiscountBasisPoints = &basisPoints
		row.DiscountStartsAt, row.DiscountEndsAt = r.Discount.StartsAt, r.Discount.EndsAt
	}
	return row
}

// rowFromQuote is a quote, or the refusal of one, as it is kept.
func rowFromQuote(order uuid.UUID, hash []byte, q pricing.Quote, refusal *fault.Error) (pricingdb.KeepQuoteParams, error) {
	row := pricingdb.KeepQuoteParams{OrderID: order, RequestHash: hash}
	if refusal != nil {
		row.RefusalCode = &refusal.Code
	} else {
		row.TotalAmount, row.Currency = &q.Total.Amount, &q.Total.Currency
	}
	for i, line := range q.Lines {
		product, err := pricing.ProductIDPrefix.Parse(line.ProductID)
		if err != nil {
			return row, fmt.Errorf("read product of line %d: %w", i, err)
		}
		row.Positions = append(row.Positions, int32(i)) //nolint:gosec // a request has few lines
		row.ProductIds = append(row.ProductIds, product)
		row.Quantities = append(row.Quantities, line.Quantity)
		row.UnitAmounts = append(row.UnitAmounts, line.UnitPrice.Amount)
		row.Amounts = append(row.Amounts, line.Total.Amount)
	}
	return row, nil
}

func quoteFromRows(row pricingdb.Quote, lines []pricingdb.QuoteLine) pricing.Quote {
	currency := *row.Currency
	q := pricing.Quote{
		OrderID: pricing.OrderIDPrefix.Format(row.OrderID),
		Lines:   make([]pricing.Line, 0, len(lines)),
		Total:   money.New(*row.TotalAmount, currency),
	}
	for _, line := range lines {
		q.Lines = append(q.Lines, pricing.Line{
			ProductID: pricing.ProductIDPrefix.Format(line.ProductID),
			Quantity:  line.Quantity,
			UnitPrice: money.New(line.UnitAmount, currency),
			Total:     money.New(line.Amount, currency),
		})
	}
	return q
}

// refusalFromCode is the refusal that was kept under a code.
func refusalFromCode(code string) error {
	for _, known := range refusals() {
		if known.Code == code {
			return known
		}
	}
	return fmt.Errorf("read kept refusal: unknown code %q", code)
}

// refusals are the answers that are kept: the codes that the constraint
// quotes_refusal_code_known allows.
func refusals() []*fault.Error {
	return []*fault.Error{pricing.ErrNotFound, pricing.ErrCurrency, pricing.ErrTooLarge}
}

// hash identifies what was asked for. It is stored, so every later version must
// compute the same.
func hash(r pricing.QuoteRequest) []byte {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q\n", r.Currency) // a hash never fails to write
	for _, item := range r.Items {
		_, _ = fmt.Fprintf(h, "%q %d\n", item.ProductID, item.Quantity)
	}
	return h.Sum(nil)
}
