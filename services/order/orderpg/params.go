package orderpg

import (
	"time"

	"github.com/google/uuid"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/order"
)

// createParams turns a request into a row. Invalid names the first field that
// is wrong; what is valid parses.
func createParams(orderID uuid.UUID, r order.CreateRequest) (orderdb.ClaimAndCreateParams, error) {
	if err := r.Validate(); err != nil {
		return orderdb.ClaimAndCreateParams{}, err
	}
	user, _ := order.UserIDPrefix.Parse(r.UserID)
	p := orderdb.ClaimAndCreateParams{
		Caller: r.Caller, Key: r.Key, RequestHash: r.Hash(), ID: orderID, UserID: user,
		Currency: r.Currency, PaymentMethod: r.PaymentMethod,
	}
	for _, item := range r.Items {
		product, _ := order.ProductIDPrefix.Parse(item.ProductID)
		p.ProductIds = append(p.ProductIds, product)
		p.Quantities = append(p.Quantities, item.Quantity)
	}
	return p, nil
}

// listParams asks for one row more than the page holds, to know whether
// another follows.
func listParams(f order.Filter, limit int) (orderdb.ListOrdersParams, error) {
	cursor, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return orderdb.ListOrdersParams{}, err
	}
	p := orderdb.ListOrdersParams{BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1} //nolint:gosec // at most order.MaxPage
	if f.UserID != "" {
		user, _ := order.UserIDPrefix.Parse(f.UserID) // what is no id is the nil one, which nobody has
		p.UserID = &user
	}
	if f.Status != "" {
		status := string(f.Status)
		p.Status = &status
	}
	if !f.CreatedAfter.IsZero() {
		p.CreatedAfter = &f.CreatedAfter
	}
	return p, nil
}

// transitionParams turns a transition into an update. Invalid names what is
// wrong with the quote or the payment.
func transitionParams(t order.Transition) (orderdb.TransitionParams, error) {
	parsed, err := order.IDPrefix.Parse(t.OrderID)
	if err != nil {
		return orderdb.TransitionParams{}, order.ErrNotFound
	}
	p := orderdb.TransitionParams{
		ID: parsed, Status: string(t.To), SagaState: string(t.SagaState), SagaSeq: t.Seq,
		UnitPrices: []int64{}, Totals: []int64{}, FromStatuses: []string{},
	}
	for _, from := range t.To.From() {
		p.FromStatuses = append(p.FromStatuses, string(from))
	}
	if q := t.Quote; q != nil {
		if err := q.Validate(); err != nil {
			return orderdb.TransitionParams{}, err
		}
		p.Quoted, p.TotalAmount, p.TotalCurrency = true, &q.Total.Amount, &q.Total.Currency
		for _, line := range q.Lines {
			p.UnitPrices = append(p.UnitPrices, line.UnitPrice.Amount)
			p.Totals = append(p.Totals, line.Total.Amount)
		}
	}
	if t.PaymentID != "" {
		payment, err := order.PaymentIDPrefix.Parse(t.PaymentID)
		if err != nil {
			return orderdb.TransitionParams{}, fault.InvalidField("payment_id", err.Error())
		}
		p.PaymentID = &payment
	}
	if f := t.Failure; f != nil {
		p.FailureCode, p.FailureDetail, p.FailureStep = &f.Code, &f.Detail, &f.Step
	}
	if a := t.Action; a != nil && !t.To.Decided() {
		p.ActionType, p.ActionExpires = &a.Type, &a.ExpiresAt
	}
	return p, nil
}

func unstartedParams(age time.Duration, limit int) orderdb.UnstartedParams {
	return orderdb.UnstartedParams{
		Age:       pg.Interval(age),
		PageLimit: int32(min(max(limit, 0), maxBatch)), //nolint:gosec // at most maxBatch
	}
}
