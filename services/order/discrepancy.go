package order

import (
	"context"
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
)

// The prefixes of the ids of discrepancies and of their repairs.
const (
	DiscrepancyIDPrefix id.Prefix = "dis"
	RepairIDPrefix      id.Prefix = "rep"
)

// DiscrepancyKind says what does not agree.
type DiscrepancyKind string

// The kinds of discrepancies.
const (
	// PaymentWithoutOrder: money is held or was taken for an order that nobody
	// knows.
	PaymentWithoutOrder DiscrepancyKind = "payment_without_order"
	// StockWithoutOrder: units are held or sold for an order that nobody knows.
	StockWithoutOrder DiscrepancyKind = "stock_without_order"
	// MoneyMissing: a confirmed order is not paid, or not all of it.
	MoneyMissing DiscrepancyKind = "money_missing"
	// MoneyKept: more money is held or was taken than the order owes.
	MoneyKept DiscrepancyKind = "money_kept"
	// StockMissing: a confirmed order's units are not sold to it.
	StockMissing DiscrepancyKind = "stock_missing"
	// StockKept: an order that ended badly still has units.
	StockKept DiscrepancyKind = "stock_kept"
	// OrderOpen: the order's saga has ended, and the order has not.
	OrderOpen DiscrepancyKind = "order_open"
)

// DiscrepancyKinds are all of them.
func DiscrepancyKinds() []DiscrepancyKind {
	return []DiscrepancyKind{PaymentWithoutOrder, StockWithoutOrder, MoneyMissing, MoneyKept, StockMissing, StockKept, OrderOpen}
}

// RepairOrder is the saga that is offered to mend a discrepancy: it turns the
// order back wherever it stands.
const RepairOrder = "RepairOrder"

// DiscrepancyState narrows a list of discrepancies.
type DiscrepancyState string

// The states of a discrepancy.
const (
	DiscrepancyOpen     DiscrepancyState = "open"
	DiscrepancyResolved DiscrepancyState = "resolved"
)

// Resolution of a discrepancy: how it came to be resolved.
const (
	ResolvedGone     = "gone"     // the next comparison did not find it any more
	ResolvedRepaired = "repaired" // by a repair that an operator started
	ResolvedAccepted = "accepted" // an operator accepted it: it is not found again
)

// Finding is a discrepancy as the reconciler found it.
type Finding struct {
	Kind    DiscrepancyKind `json:"kind"`
	OrderID string          `json:"order_id"` // of an order that may not exist
	// Detail tells what does not agree; no personal data.
	Detail string `json:"detail"`
}

// Discrepancy is what the services say of one order and that does not agree.
type Discrepancy struct {
	Finding
	ID     string `json:"id"`
	Repair string `json:"repair"` // the saga that is offered
	// SeenAt is when it was last found.
	FoundAt    time.Time  `json:"found_at"`
	SeenAt     time.Time  `json:"seen_at"`
	ResolvedAt *time.Time `json:"resolved_at"` // nil while it is open
	Resolution string     `json:"resolution"`  // empty while it is open
	Repairs    []Repair   `json:"repairs"`     // oldest first
	// Acceptance is nil unless it was accepted, at ResolvedAt.
	Acceptance *Acceptance `json:"acceptance,omitempty"`
}

// Acceptance is who accepted a discrepancy, and why.
type Acceptance struct {
	DiscrepancyID string `json:"discrepancy_id"`
	Reason        string `json:"reason"`
	By            string `json:"by"`
}

// Validate tells the first field that is wrong.
func (a Acceptance) Validate() error { return validDecision(a.Reason, a.By) }

// RepairOutcome is how a repair ended.
type RepairOutcome string

// The outcomes of a repair.
const (
	RepairDone    RepairOutcome = "done"
	RepairRefused RepairOutcome = "refused"
)

// Repair is what an operator had done about a discrepancy: who, when, why.
type Repair struct {
	ID      string        `json:"id"`
	Reason  string        `json:"reason"`
	By      string        `json:"by"`
	At      time.Time     `json:"at"`
	Outcome RepairOutcome `json:"outcome"` // empty until it ended
	// Code says why it was refused.
	Code    string     `json:"code"`
	EndedAt *time.Time `json:"ended_at"`
}

// RepairWorkflowID is the id of the saga of a repair.
func RepairWorkflowID(repairID string) string { return "repair/" + repairID }

// RepairPlan is what the saga of a repair starts with.
type RepairPlan struct {
	ID      string          `json:"id"`
	OrderID string          `json:"order_id"` // of an order that may not exist
	Kind    DiscrepancyKind `json:"kind"`     // of the discrepancy that it mends
}

// RepairRequest asks to mend a discrepancy.
type RepairRequest struct {
	DiscrepancyID string
	RepairID      string // the key of the operation
	Reason, By    string
}

// Validate tells the first field that is wrong.
func (r RepairRequest) Validate() error {
	if _, err := RepairIDPrefix.Parse(r.RepairID); err != nil {
		return fault.InvalidField("repair_id", err.Error())
	}
	return validDecision(r.Reason, r.By)
}

// RepairEnd is how a repair ended.
type RepairEnd struct {
	RepairID string        `json:"repair_id"`
	OrderID  string        `json:"order_id"`
	Outcome  RepairOutcome `json:"outcome"`
	Code     string        `json:"code,omitempty"` // why it was refused
}

// Still is what a comparison found of an order; every other open discrepancy of
// it is resolved.
type Still struct {
	OrderID string            `json:"order_id"`
	Kinds   []DiscrepancyKind `json:"kinds"`
}

// DiscrepancyFilter narrows a list.
type DiscrepancyFilter struct {
	State  DiscrepancyState // empty: open
	Limit  int              // 1 to MaxPage; what lies outside counts as the nearer of them
	Cursor string
}

// DiscrepancyPage is a page of discrepancies, newest first.
type DiscrepancyPage struct {
	Items      []Discrepancy `json:"items"`
	NextCursor string        `json:"next_cursor"` // empty on the last page
}

// The definite answers about discrepancies.
var (
	ErrDiscrepancyNotFound = fault.New(fault.NotFound, "discrepancy_not_found", "No such discrepancy.")
	// ErrDiscrepancyResolved: nothing is left to repair.
	ErrDiscrepancyResolved = fault.New(fault.Conflict, "discrepancy_resolved", "The discrepancy is resolved already.")
	// ErrRepairReused: the same repair was asked for with other data before.
	ErrRepairReused   = fault.New(fault.Conflict, "operation_mismatch", "The repair was requested with other data before.")
	ErrRepairNotFound = fault.New(fault.NotFound, "repair_not_found", "No such repair.")
)

// Discrepancies keeps what the reconciler found and may not mend by itself.
type Discrepancies interface {
	// RecordDiscrepancy keeps a finding: one open row a kind and order. fresh
	// tells whether it is new; what an operator accepted is not kept again. Invalid
	// for what is no order's id, or an unknown kind.
	RecordDiscrepancy(ctx context.Context, f Finding) (fresh bool, err error)
	// ResolveDiscrepancies resolves every open discrepancy of an order but those
	// of the kinds that are still there, and tells how many.
	ResolveDiscrepancies(ctx context.Context, s Still) (int, error)
	// OpenDiscrepancies tells how many are open of each kind; a kind that has none
	// is left out.
	OpenDiscrepancies(ctx context.Context) (map[DiscrepancyKind]int64, error)
	// GetDiscrepancy: ErrDiscrepancyNotFound.
	GetDiscrepancy(ctx context.Context, discrepancyID string) (Discrepancy, error)
	// OpenRepair gives a repair that has not ended. ErrRepairNotFound.
	OpenRepair(ctx context.Context, repairID string) (RepairPlan, error)
	// RepairsLeft gives at most limit repairs, oldest first, that were requested
	// longer than age ago on the database's clock and have not ended.
	RepairsLeft(ctx context.Context, age time.Duration, limit int) ([]RepairPlan, error)
	// EndRepair keeps how a repair ended, once: the first end counts. Done
	// resolves the order's open discrepancies. ErrRepairNotFound.
	EndRepair(ctx context.Context, e RepairEnd) error
}
