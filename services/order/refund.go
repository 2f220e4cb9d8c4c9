package order

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
)

// RefundIDPrefix is the prefix of refund ids.
const RefundIDPrefix id.Prefix = "rfd"

// RefundStatus is where a refund stands.
type RefundStatus string

// The statuses of a refund: requested → done | refused. Refused without lines
// may be a tombstone, written by a refusal that came before its request.
const (
	RefundRequested RefundStatus = "requested"
	RefundDone      RefundStatus = "done"
	RefundRefused   RefundStatus = "refused"
)

// RefundLine is units of one product that an order gives back.
type RefundLine struct {
	ProductID string `json:"product_id"`
	Quantity  int64  `json:"quantity"`
}

// RefundRequest asks to give back an order, whole or by lines.
type RefundRequest struct {
	OrderID  string `json:"order_id"`
	RefundID string `json:"refund_id"` // the key of the operation
	// Lines may name a product more than once: they are added up first. Empty:
	// all that is left.
	Lines []RefundLine `json:"lines"`
	// Reason is for people and stays in this service: no event and no plan
	// holds it. A saga gives a code of its own, since its history keeps it.
	Reason string `json:"reason"`
	// Caller is who asked; the first one counts.
	Caller string `json:"caller"`
	// Whole: all that is left, with nothing beside it. While another refund is
	// under way it is ErrRefundUnderWay, since that may be refused. It names no
	// lines.
	Whole bool `json:"whole,omitempty"`
	// Returned: what is Whole has gone back already, money and units, so that it
	// is done at once.
	Returned bool `json:"returned,omitempty"`
}

// Refund is a part of an order that goes back.
type Refund struct {
	ID      string       `json:"id"`
	OrderID string       `json:"order_id"`
	UserID  string       `json:"user_id"`
	Lines   []RefundLine `json:"lines"` // added up, by product id
	// Amount may be 0 where the lines cost nothing: then no money goes back.
	Amount money.Money  `json:"amount"`
	Reason string       `json:"reason"`
	Caller string       `json:"caller"`
	Status RefundStatus `json:"status"`
	// Code says why it was refused.
	Code      string    `json:"code,omitempty"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// RefundPlan is what a refund's saga needs of it: its history is kept and
// shown, and so holds no words of people.
type RefundPlan struct {
	ID      string       `json:"id"`
	OrderID string       `json:"order_id"`
	Lines   []RefundLine `json:"lines"`
	Amount  money.Money  `json:"amount"`
	Status  RefundStatus `json:"status"`
}

// Plan is the part of the refund that its saga needs.
func (r Refund) Plan() RefundPlan {
	return RefundPlan{ID: r.ID, OrderID: r.OrderID, Lines: r.Lines, Amount: r.Amount, Status: r.Status}
}

// RefundEnd is how a refund ended.
type RefundEnd struct {
	OrderID  string       `json:"order_id"`
	RefundID string       `json:"refund_id"`
	Status   RefundStatus `json:"status"` // done or refused
	// Code says why it was refused; empty: undone.
	Code string `json:"code,omitempty"`
}

// RefundWorkflowID is the id of the saga of a refund.
func RefundWorkflowID(refundID string) string { return "refund/" + refundID }

// ReversalID is the id of the refund that gives back an order as a whole, because
// it was turned back: the same on each retry and reset.
func ReversalID(orderID string) (string, error) { return refundIDOf(orderID, "reversal") }

// CancellationID is the id of the refund that gives back what is left of an order
// because its customer cancelled it: one for each request. It is never that of a
// reversal, which may come beside it and asks for something else.
func CancellationID(orderID string, requested time.Time) (string, error) {
	return refundIDOf(orderID, fmt.Sprintf("cancellation %d", requested.UnixMicro()))
}

func refundIDOf(orderID, why string) (string, error) {
	u, err := IDPrefix.Parse(orderID)
	if err != nil {
		return "", fault.InvalidField("order_id", err.Error())
	}
	return RefundIDPrefix.Format(uuid.NewSHA1(u, []byte(why))), nil // not the order's own: both have events
}

// The definite answers about refunds.
var (
	ErrRefundNotFound = fault.New(fault.NotFound, "refund_not_found", "No such refund.")
	// ErrNotRefundable: the order is not confirmed, not yet or not any more.
	ErrNotRefundable = fault.New(fault.Conflict, "order_not_refundable", "Only a confirmed order can be refunded.")
	// ErrRefundTooMany is kept: a retry stays refused.
	ErrRefundTooMany = fault.New(fault.Refused, "refund_too_many", "More units would be refunded than are left of the order.")
	// ErrRefundUnderWay: what is refunded whole has to wait for another refund to
	// end. It is not kept.
	ErrRefundUnderWay = fault.New(fault.Unavailable, "refund_under_way", "Another refund of this order is under way.")
	// ErrRefundUndone: the refund was refused before it was requested.
	ErrRefundUndone = fault.New(fault.Refused, "refund_undone", "The refund was undone.")
	// ErrRefundEnded: the refund ended in another way.
	ErrRefundEnded = fault.New(fault.Conflict, "refund_ended", "The refund has ended already.")
	// ErrMismatch: the same refund was asked for with other data before.
	ErrMismatch = fault.New(fault.Conflict, "operation_mismatch", "The refund was requested with other data before.")
)

// Refunds keeps what goes back of orders. A refund is an aggregate of its own:
// its versions have their events (refund.requested, refund.done,
// refund.refused), and the order's version grows with its status alone.
type Refunds interface {
	// FinishRefund ends a refund. Done: when nothing is left of the order and no
	// other refund is under way, the order becomes refunded in the same
	// transaction. Refused: its units and amount are left again, and where it is
	// the refund of the order's cancellation, that is refused; where the refund was
	// never requested, a tombstone refuses it for good; where there
	// is no such order it succeeds, since nothing can come. Done again it returns
	// the refund. ErrRefundEnded, ErrMismatch (of another order); of done only:
	// ErrRefundNotFound, ErrNotFound.
	FinishRefund(ctx context.Context, e RefundEnd) (Refund, error)
	// GetRefund: ErrRefundNotFound.
	GetRefund(ctx context.Context, refundID string) (Refund, error)
	// RefundsLeft gives at most limit refunds, oldest first, that were requested
	// longer than age ago on the database's clock and have not ended: somebody
	// has to make sure that their sagas run.
	RefundsLeft(ctx context.Context, age time.Duration, limit int) ([]Refund, error)
}

// Validate tells the first field that is wrong.
func (r RefundRequest) Validate() error {
	if _, err := RefundIDPrefix.Parse(r.RefundID); err != nil {
		return fault.InvalidField("refund_id", err.Error())
	}
	if r.Whole && len(r.Lines) > 0 {
		return fault.InvalidField("lines", "cannot be said of the whole")
	}
	if r.Returned && !r.Whole {
		return fault.InvalidField("returned", "can only be the whole")
	}
	if len(r.Lines) > MaxItems {
		return fault.InvalidField("lines", fmt.Sprintf("there can be at most %d", MaxItems))
	}
	for i, line := range r.Lines {
		if _, err := ProductIDPrefix.Parse(line.ProductID); err != nil {
			return fault.InvalidField(fmt.Sprintf("lines[%d].product_id", i), err.Error())
		}
		if line.Quantity < 1 || line.Quantity > MaxItems*MaxQuantity {
			return fault.InvalidField(fmt.Sprintf("lines[%d].quantity", i), "must be greater than 0, and no more than an order can have")
		}
	}
	return ValidateReason(r.Reason)
}

// Hash identifies what is asked for. It is stored, so every later version must
// compute the same.
func (r RefundRequest) Hash() []byte {
	raw, err := json.Marshal([]any{AddUp(r.Lines), r.Reason})
	if err != nil { // strings and numbers always marshal
		panic(err)
	}
	sum := sha256.Sum256(raw)
	return sum[:]
}

// AddUp adds up the lines of the same product and sorts them by product id.
func AddUp(lines []RefundLine) []RefundLine {
	added := slices.SortedFunc(slices.Values(lines), func(a, b RefundLine) int { return cmp.Compare(a.ProductID, b.ProductID) })
	n := 0
	for _, line := range added {
		if n > 0 && added[n-1].ProductID == line.ProductID {
			added[n-1].Quantity += line.Quantity
			continue
		}
		added[n] = line
		n++
	}
	return added[:n]
}
