package inventorypg

import (
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"

	inventorydb "github.com/skaldhq/skald/db/inventory"
	"github.com/skaldhq/skald/services/inventory"
)

// expired is the released_reason of a hold that the clock gave back. Unlike one
// that was undone it may still be sold.
const expired = "expired"

func stockFromRow(row inventorydb.Stock) inventory.Stock {
	return inventory.Stock{
		ProductID: inventory.ProductIDPrefix.Format(row.ProductID),
		OnHand:    row.OnHand,
		Reserved:  row.Reserved,
		Available: row.OnHand - row.Reserved,
		UpdatedAt: row.UpdatedAt.UTC(),
	}
}

func reservationFromRow(row inventorydb.Reservation, lines []inventory.Line) inventory.Reservation {
	if lines == nil {
		lines = []inventory.Line{} // an empty list outside, not null
	}
	r := inventory.Reservation{
		OrderID: inventory.OrderIDPrefix.Format(row.OrderID),
		State:   inventory.State(row.State),
		Lines:   lines,
	}
	if row.ExpiresAt != nil {
		r.ExpiresAt = row.ExpiresAt.UTC()
	}
	return r
}

func linesFromRows(rows []inventorydb.ListLinesRow) []inventory.Line {
	lines := make([]inventory.Line, 0, len(rows))
	for _, row := range rows {
		lines = append(lines, lineFromRow(row.ProductID, row.Quantity))
	}
	return lines
}

func lineFromRow(product uuid.UUID, quantity int64) inventory.Line {
	return inventory.Line{ProductID: inventory.ProductIDPrefix.Format(product), Quantity: quantity}
}

// returnFromRow is a return without its lines.
func returnFromRow(row inventorydb.Return) inventory.Return {
	return inventory.Return{
		RefundID: inventory.RefundIDPrefix.Format(row.RefundID), OrderID: inventory.OrderIDPrefix.Format(row.OrderID),
		CreatedAt: row.CreatedAt.UTC(),
	}
}

// columns is lines as the two arrays that queries take. What cannot be a product
// is the nil one, which no stock row has.
func columns(lines []inventory.Line) (products []uuid.UUID, quantities []int64) {
	for _, line := range lines {
		product, _ := inventory.ProductIDPrefix.Parse(line.ProductID)
		products, quantities = append(products, product), append(quantities, line.Quantity)
	}
	return products, quantities
}

// hash identifies what was asked for: lines that were added up. It is stored,
// so every later version must compute the same.
func hash(lines []inventory.Line) []byte {
	h := sha256.New()
	for _, line := range lines {
		_, _ = fmt.Fprintf(h, "%q %d\n", line.ProductID, line.Quantity) // a hash never fails to write
	}
	return h.Sum(nil)
}

// undoneForGood reports whether a row says that the order's hold was given
// back by its saga.
func undoneForGood(row inventorydb.Reservation) bool {
	return row.State == string(inventory.Released) && (row.ReleasedReason == nil || *row.ReleasedReason != expired)
}
