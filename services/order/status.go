package order

import "slices"

// Status is where an order stands.
type Status string

// The statuses of an order.
const (
	Pending         Status = "pending"
	AwaitingPayment Status = "awaiting_payment"
	Confirmed       Status = "confirmed"
	// Rejected: a business no.
	Rejected  Status = "rejected"
	Cancelled Status = "cancelled"
	// Failed: a technical failure, after compensation.
	Failed   Status = "failed"
	Refunded Status = "refunded"
)

// From gives the statuses from which an order may go to s. Confirmed may only
// become refunded; every other ending is permanent.
func (s Status) From() []Status {
	switch s {
	case AwaitingPayment:
		return []Status{Pending}
	case Confirmed, Rejected, Cancelled, Failed:
		return []Status{Pending, AwaitingPayment}
	case Refunded:
		return []Status{Confirmed}
	default:
		return nil
	}
}

// CanBecome reports whether an order of status s may go to another.
func (s Status) CanBecome(to Status) bool { return slices.Contains(to.From(), s) }

// Decided reports whether the order's saga has come to its answer.
func (s Status) Decided() bool { return s != Pending && s != AwaitingPayment }

// SagaState is where the order's saga stands.
type SagaState string

// The states of a saga, as its engine names them.
const (
	SagaRunning      SagaState = "running"
	SagaWaiting      SagaState = "waiting"
	SagaCompensating SagaState = "compensating"
	SagaParked       SagaState = "parked"
	SagaCompleted    SagaState = "completed"
	SagaCompensated  SagaState = "compensated"
)

// Ended reports whether the saga has come to its end.
func (s SagaState) Ended() bool { return s == SagaCompleted || s == SagaCompensated }
