package orderpg

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
)

// insertParams is the refund of a request; without parts a refused one.
func insertParams(orderID, refundID uuid.UUID, r order.RefundRequest, parts []order.Part) orderdb.InsertRefundParams {
	p := orderdb.InsertRefundParams{
		ID: refundID, OrderID: orderID, Reason: r.Reason, Caller: r.Caller, RequestHash: r.Hash(), Status: string(order.RefundRequested),
		Positions: []int32{}, Quantities: []int64{}, Amounts: []int64{},
	}
	for _, part := range parts {
		p.Positions = append(p.Positions, int32(part.Item)+1) //nolint:gosec // at most order.MaxItems
		p.Quantities = append(p.Quantities, part.Quantity)
		p.Amounts = append(p.Amounts, part.Amount)
		p.Amount += part.Amount
	}
	if len(parts) == 0 {
		p.Status, p.RefusalCode = string(order.RefundRefused), &order.ErrRefundTooMany.Code
	}
	return p
}

// tombstone is a refund that was refused before it was requested.
func tombstone(orderID, refundID uuid.UUID, e order.RefundEnd) orderdb.InsertRefundParams {
	return orderdb.InsertRefundParams{
		ID: refundID, OrderID: orderID, Status: string(order.RefundRefused), RefusalCode: refusal(e),
		Positions: []int32{}, Quantities: []int64{}, Amounts: []int64{},
	}
}

// refusal is why a refund ended as it did, nil where it is done.
func refusal(e order.RefundEnd) *string {
	if e.Status != order.RefundRefused {
		return nil
	}
	if e.Code == "" {
		return &order.ErrRefundUndone.Code
	}
	return &e.Code
}

func toRefund(row orderdb.GetRefundRow) (order.Refund, error) {
	in := row.OrderRefund
	r := order.Refund{
		ID: order.RefundIDPrefix.Format(in.ID), OrderID: order.IDPrefix.Format(in.OrderID), UserID: order.UserIDPrefix.Format(row.UserID),
		Lines: []order.RefundLine{}, Amount: money.New(in.Amount, row.Currency), Reason: in.Reason, Caller: in.Caller,
		Status: order.RefundStatus(in.Status), Code: text(in.RefusalCode), Version: in.Version,
		CreatedAt: in.CreatedAt.UTC(), UpdatedAt: in.UpdatedAt.UTC(),
	}
	if row.Lines == nil {
		return r, nil
	}
	var lines []itemRow
	if err := json.Unmarshal(row.Lines, &lines); err != nil {
		return order.Refund{}, fmt.Errorf("read lines of refund %s: %w", r.ID, err)
	}
	for _, line := range lines {
		r.Lines = append(r.Lines, order.RefundLine{ProductID: order.ProductIDPrefix.Format(line.ProductID), Quantity: line.Quantity})
	}
	return r, nil
}

func toRefunds[Row orderdb.ListRefundsRow | orderdb.RefundsLeftRow](rows []Row) ([]order.Refund, error) {
	all := make([]order.Refund, len(rows))
	for i, row := range rows {
		var err error
		if all[i], err = toRefund(orderdb.GetRefundRow(row)); err != nil {
			return nil, err
		}
	}
	return all, nil
}
