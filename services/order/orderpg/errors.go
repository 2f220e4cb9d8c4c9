package orderpg

import (
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/order"
)

// constraints says what each of the schema's named constraints means.
func constraints() pg.Constraints {
	return pg.Constraints{
		"orders_status_known":        order.ErrTransition,
		"orders_transition_legal":    order.ErrTransition,
		"orders_version_without_gap": order.ErrTransition,
		"orders_confirmed_is_priced": order.ErrTransition,
		"outbox_once":                order.ErrTransition,
		"orders_saga_state_known":    fault.InvalidField("saga_state", "is not known"),
		"orders_item_count_range":    fault.InvalidField("items", "an order has 1 to 100 items"),
		// Another order took the refund's id at the same time.
		"order_refunds_pkey":                   order.ErrMismatch,
		"order_refunds_transition_legal":       order.ErrRefundEnded,
		"order_items_refunded_within_quantity": order.ErrRefundTooMany,
		"orders_total_refunded_at_most":        order.ErrRefundTooMany,
		"order_items_quantity_positive":        fault.InvalidField("items", "a quantity must be greater than 0"),
		"discrepancies_kind_known":             fault.InvalidField("kind", "is not known"),
		// The same was found again, and accepted, at the same time.
		"discrepancies_accepted": order.ErrDiscrepancyResolved,
		// Another request took the id at the same time.
		"discrepancy_repairs_pkey":          order.ErrRepairReused,
		"discrepancy_repairs_outcome_known": fault.InvalidField("outcome", "is not known"),
	}
}
