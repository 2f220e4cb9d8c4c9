package orderpg

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
)

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

// movedRow is the order of a row that a transition gives.
func movedRow(r orderdb.TransitionRow) orderdb.Order {
	return orderdb.Order{
		ID: r.ID, UserID: r.UserID, Status: r.Status, Currency: r.Currency, PaymentMethod: r.PaymentMethod, ItemCount: r.ItemCount,
		TotalAmount: r.TotalAmount, TotalCurrency: r.TotalCurrency, PaymentID: r.PaymentID,
		FailureCode: r.FailureCode, FailureDetail: r.FailureDetail, FailureStep: r.FailureStep,
		ActionType: r.ActionType, ActionExpires: r.ActionExpires,
		SagaState: r.SagaState, SagaSeq: r.SagaSeq, SagaStartedAt: r.SagaStartedAt,
		CancelRequestedAt: r.CancelRequestedAt, CancelReason: r.CancelReason, CancelRefusal: r.CancelRefusal, RefundedAmount: r.RefundedAmount, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
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
	o.Total, o.Refunded = price(row.TotalAmount, row.TotalCurrency), price(&row.RefundedAmount, row.TotalCurrency)
	if at := row.CancelRequestedAt; at != nil {
		o.Cancellation = &order.Cancellation{RequestedAt: at.UTC(), Reason: text(row.CancelReason), Refusal: text(row.CancelRefusal)}
	}
	if row.PaymentID != nil {
		o.PaymentID = order.PaymentIDPrefix.Format(*row.PaymentID)
	}
	if row.FailureCode != nil {
		o.Failure = &order.Failure{Code: *row.FailureCode, Detail: text(row.FailureDetail), Step: text(row.FailureStep)}
	}
	if row.ActionType != nil && row.ActionExpires != nil {
		o.NextAction = &order.Action{Type: *row.ActionType, ExpiresAt: row.ActionExpires.UTC()}
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
