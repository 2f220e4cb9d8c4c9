package api

import (
	"time"

	"github.com/skaldhq/skald/internal/health"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows/saga"
)

// exampleValues are the examples of what no tag can tell: structs whose fields
// have to agree with each other, and those of other packages.
func exampleValues() []any {
	at, _ := time.Parse(time.RFC3339, exampleTime) // a constant
	o := exampleOrder()
	parked := saga.ParkedStatus{
		Step: "VoidPayment", Class: saga.Unknown, Reason: "provider_unavailable", Attempts: 3, Since: at,
		Decisions: []saga.Decision{saga.Retry, saga.RetryWith, saga.Skip},
	}
	failure := saga.FailureStatus{Step: "AuthorizePayment", Class: saga.Expired, Reason: "deadline"}
	steps := []saga.StepStatus{
		{Name: "ReserveStock", Kind: saga.Compensatable, State: "done"}, {Name: "AuthorizePayment", Kind: saga.Compensatable, State: "failed"},
	}
	decision := order.Resolution{
		WorkflowID: o.Saga.WorkflowID, ID: "res_01k9m2v6y7e4p8s0t2w4x6z8ab", Step: parked.Step, Action: string(saga.Retry),
		Reason: "The provider answers again.", By: "operator", Before: order.SagaParked, After: order.SagaCompensating, At: at,
	}
	summary := SagaSummary{WorkflowID: o.Saga.WorkflowID, Saga: "PlaceOrder", State: saga.Parked, Step: parked.Step, StartedAt: at}
	open := toDiscrepancy(order.Discrepancy{
		ID: "dis_01k9m2v6y7e4p8s0t2w4x6z8ab", Repair: "RepairOrder", FoundAt: at, SeenAt: at,
		Finding: order.Finding{Kind: order.MoneyKept, OrderID: o.ID, Detail: "order failed; payment captured, 2900 kept; run completed"},
		Repairs: []order.Repair{{ID: "rep_01k9m2v6y7e4p8s0t2w4x6z8ab", Reason: "The customer was told.", By: "operator", At: at}},
	})
	letter := toDeadLetter(notification.DeadLetter{
		ID: "dlt_01k9m2v6y7e4p8s0t2w4x6z8ab", Consumer: "skald.notifications", Topic: "skald.order.events", Partition: 2, Offset: 4711,
		EventID: o.ID + "/2", Type: string(notification.OrderConfirmed), Code: notification.ErrMalformed.Code, Detail: notification.ErrMalformed.Message,
		State: notification.Replaying, CreatedAt: at, UpdatedAt: at,
		Replays: []notification.Replay{{ID: "rpl_01k9m2v6y7e4p8s0t2w4x6z8ab", Reason: "Fixed with the release of today.", By: "operator", At: at}},
	})
	return []any{
		o, parked, failure, steps[0], decision, summary,
		saga.Patience{StartToClose: "2m"},
		Saga{
			SagaSummary: summary, Failure: Maybe[saga.FailureStatus]{&failure}, Answered: true, Steps: steps,
			Parked: []saga.ParkedStatus{parked}, Resolutions: []order.Resolution{decision},
		},
		Key{ID: "key_01k9m2v6y7e4p8s0t2w4x6z8ab", Name: "shop checkout", Role: user.RoleService, Scopes: []string{readOrders}, CreatedBy: "operator", CreatedAt: at},
		NewResolution{Action: saga.Skip, Reason: "The provider confirmed by phone that nothing is held.", Step: parked.Step},
		toPayment(payment.Payment{
			ID: *o.PaymentID, OrderID: o.ID, UserID: o.UserID, Amount: *o.Total.Value, Method: o.PaymentMethod, Status: payment.Captured,
			Captured: o.Total.Value.Amount, ProviderIntent: "pi_3abc", CreatedAt: at, UpdatedAt: at,
		}),
		toRefund(order.Refund{
			ID: "rfd_01k9m2v6y7e4p8s0t2w4x6z8ab", OrderID: o.ID, Lines: []order.RefundLine{{ProductID: o.Items[0].ProductID, Quantity: 1}},
			Amount: *o.Items[0].UnitPrice.Value, Reason: "One cup was broken.", Status: order.RefundRequested, CreatedAt: at, UpdatedAt: at,
		}),
		toPaymentRefund(payment.Refund{
			ID: "rfd_01k9m2v6y7e4p8s0t2w4x6z8ab", PaymentID: *o.PaymentID, Amount: *o.Items[0].UnitPrice.Value, Reason: "Paid twice.", Caller: "key_shop",
			Status: payment.RefundRequested, CreatedAt: at, UpdatedAt: at,
		}),
		open, open.Repairs[0],
		toNotification(notification.Notification{
			ID: "ntf_01k9m2v6y7e4p8s0t2w4x6z8ab", UserID: o.UserID, OrderID: o.ID, EventID: o.ID + "/2", Type: notification.OrderConfirmed,
			Channel: notification.Email, Status: notification.Sent, Attempts: 1, Locale: "ko", Subject: "주문이 확정되었습니다", SentAt: &at, CreatedAt: at, UpdatedAt: at,
		}),
		letter, letter.Replays[0],
		Dismissal{ID: "dsm_01k9m2v6y7e4p8s0t2w4x6z8ab", Reason: "Written by a test of another team.", By: "operator", At: at},
		health.Readiness{Status: "ready", Checks: map[string]health.Check{"inventory": {Status: "ok", Breaker: "closed"}}},
	}
}

// exampleUndecided is an order whose saga runs.
func exampleUndecided() Order {
	o, none := exampleOrder(), Maybe[money.Money]{}
	o.Status, o.Saga.State, o.Version, o.UpdatedAt = order.Pending, order.SagaRunning, 1, o.CreatedAt
	o.PaymentID, o.Total, o.Refunded = nil, none, none
	o.Items[0].UnitPrice, o.Items[0].Total = none, none
	return o
}

// exampleOrder is an order that went well.
func exampleOrder() Order {
	at, _ := time.Parse(time.RFC3339, exampleTime) // a constant
	unit, total, none := money.New(1450, "EUR"), money.New(2900, "EUR"), money.New(0, "EUR")
	const id = "ord_01k9m2v6y7e4p8s0t2w4x6z8ab"
	paid := "pay_01k9m2v6y7e4p8s0t2w4x6z8ab"
	return Order{
		ID: id, UserID: "usr_01k9m2v6y7e4p8s0t2w4x6z8ab", Status: order.Confirmed, PaymentMethod: "pm_card_visa", PaymentID: &paid,
		Items: []OrderItem{{
			ProductID: "prd_01k9m2v6y7e4p8s0t2w4x6z8ab", Quantity: 2, UnitPrice: Maybe[money.Money]{&unit}, Total: Maybe[money.Money]{&total},
		}},
		Total: Maybe[money.Money]{&total}, Refunded: Maybe[money.Money]{&none},
		Saga: OrderSaga{WorkflowID: order.WorkflowID(id), State: order.SagaCompleted}, Version: 2, CreatedAt: at, UpdatedAt: at.Add(412 * time.Millisecond),
	}
}
