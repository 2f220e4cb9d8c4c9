package orderpg

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
)

// createParams turns a validated request into a row.
func createParams(orderID uuid.UUID, hash []byte, r order.CreateRequest) orderdb.ClaimAndCreateParams {
	user, _ := order.UserIDPrefix.Parse(r.UserID)
	p := orderdb.ClaimAndCreateParams{
		Caller: r.Caller, Key: r.Key, RequestHash: hash, ID: orderID, UserID: user,
		Currency: r.Currency, PaymentMethod: r.PaymentMethod, PublicID: order.IDPrefix.Format(orderID),
	}
	for _, item := range r.Items {
		product, _ := order.ProductIDPrefix.Parse(item.ProductID)
		p.ProductIds = append(p.ProductIds, product)
		p.Quantities = append(p.Quantities, item.Quantity)
	}
	return p
}

// created is the order that a request has just made.
func created(orderID uuid.UUID, r order.CreateRequest, at time.Time) order.Order {
	public := order.IDPrefix.Format(orderID)
	items := make([]order.Item, len(r.Items))
	for i, item := range r.Items {
		items[i] = order.Item{ProductID: item.ProductID, Quantity: item.Quantity}
	}
	return order.Order{
		ID: public, UserID: r.UserID, Status: order.Pending, Items: items, Currency: r.Currency, PaymentMethod: r.PaymentMethod,
		Saga: order.Saga{WorkflowID: order.WorkflowID(public), State: order.SagaRunning}, Version: 1,
		CreatedAt: at.UTC(), UpdatedAt: at.UTC(),
	}
}

// itemRow is a line as the queries give it.
type itemRow struct {
	ProductID uuid.UUID `json:"product_id"`
	Quantity  int64     `json:"quantity"`
	UnitPrice *int64    `json:"unit_price"`
	Total     *int64    `json:"total"`
}

func toOrder(row orderdb.Order, rawItems []byte) (order.Order, error) {
	public := order.IDPrefix.Format(row.ID)
	o := order.Order{
		ID: public, UserID: order.UserIDPrefix.Format(row.UserID), Status: order.Status(row.Status),
		Currency: row.Currency, PaymentMethod: row.PaymentMethod,
		Saga:    order.Saga{WorkflowID: order.WorkflowID(public), State: order.SagaState(row.SagaState)},
		Version: row.Version, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	if row.TotalAmount != nil && row.TotalCurrency != nil {
		total := money.New(*row.TotalAmount, *row.TotalCurrency)
		o.Total = &total
	}
	if row.PaymentID != nil {
		o.PaymentID = order.PaymentIDPrefix.Format(*row.PaymentID)
	}
	if row.FailureCode != nil {
		o.Failure = &order.Failure{Code: *row.FailureCode, Detail: text(row.FailureDetail), Step: text(row.FailureStep)}
	}
	if row.ActionType != nil && row.ActionExpires != nil {
		o.NextAction = &order.Action{Type: *row.ActionType, URL: text(row.ActionUrl), ExpiresAt: row.ActionExpires.UTC()}
	}
	var items []itemRow
	if err := json.Unmarshal(rawItems, &items); err != nil {
		return order.Order{}, fmt.Errorf("read items of order %s: %w", public, err)
	}
	for _, item := range items {
		o.Items = append(o.Items, order.Item{
			ProductID: order.ProductIDPrefix.Format(item.ProductID), Quantity: item.Quantity,
			UnitPrice: price(item.UnitPrice, row.TotalCurrency), Total: price(item.Total, row.TotalCurrency),
		})
	}
	return o, nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func price(amount *int64, currency *string) *money.Money {
	if amount == nil || currency == nil {
		return nil
	}
	m := money.New(*amount, *currency)
	return &m
}

// event is what the outbox tells of an order: no personal data.
type event struct {
	OrderID string       `json:"order_id"`
	Status  order.Status `json:"status"`
	Total   *money.Money `json:"total,omitempty"`
	Reason  string       `json:"reason,omitempty"`
}

func transitionParams(t order.Transition) (orderdb.TransitionParams, error) {
	parsed, err := order.IDPrefix.Parse(t.OrderID)
	if err != nil {
		return orderdb.TransitionParams{}, order.ErrNotFound
	}
	p := orderdb.TransitionParams{
		ID: parsed, Status: string(t.To), SagaState: string(t.SagaState),
		UnitPrices: []int64{}, Totals: []int64{}, FromStatuses: []string{},
	}
	for _, from := range t.To.From() {
		p.FromStatuses = append(p.FromStatuses, string(from))
	}
	e := event{OrderID: t.OrderID, Status: t.To}
	if q := t.Quote; q != nil {
		p.TotalAmount, p.TotalCurrency, e.Total = &q.Total.Amount, &q.Total.Currency, &q.Total
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
		p.FailureCode, p.FailureDetail, p.FailureStep, e.Reason = &f.Code, &f.Detail, &f.Step, f.Code
	}
	if a := t.Action; a != nil {
		p.ActionType, p.ActionUrl, p.ActionExpires = &a.Type, &a.URL, &a.ExpiresAt
	}
	p.Payload, err = json.Marshal(e)
	return p, err
}
