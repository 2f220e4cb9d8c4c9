// Package event is what the services tell each other and the world: what can
// happen, and an event as CloudEvents 1.0 in a record of Kafka. docs/events.md and
// api/asyncapi.yaml describe the same.
package event

import (
	"slices"
	"strings"

	"github.com/skaldhq/skald/internal/id"
)

// Type names what happened: the kind of thing, a dot, and what became of it.
type Type string

// The types of the order service's events.
const (
	OrderCreated         Type = "order.created"
	OrderAwaitingPayment Type = "order.awaiting_payment"
	OrderConfirmed       Type = "order.confirmed"
	OrderRejected        Type = "order.rejected"
	OrderCancelled       Type = "order.cancelled"
	OrderFailed          Type = "order.failed"
	OrderRefunded        Type = "order.refunded"

	RefundRequested Type = "refund.requested"
	RefundDone      Type = "refund.done"
	RefundRefused   Type = "refund.refused"
)

// The types of the payment service's events.
const (
	PaymentInitiated      Type = "payment.initiated"
	PaymentActionRequired Type = "payment.action_required"
	PaymentAuthorized     Type = "payment.authorized"
	PaymentCaptured       Type = "payment.captured"
	PaymentVoided         Type = "payment.voided"
	PaymentDeclined       Type = "payment.declined"
	PaymentRefunded       Type = "payment.refunded"

	PaymentRefundRequested Type = "payment_refund.requested"
	PaymentRefundDone      Type = "payment_refund.done"
	PaymentRefundFailed    Type = "payment_refund.failed"
)

// The types of the inventory service's events.
const (
	ReservationReserved Type = "reservation.reserved"
	ReservationSold     Type = "reservation.sold"
	ReservationReleased Type = "reservation.released"
	ReservationRejected Type = "reservation.rejected"
	ReturnMade          Type = "return.made"
	StockSet            Type = "stock.set"
)

// The types of the other services' events.
const (
	ProductCreated Type = "product.created"
	ProductChanged Type = "product.changed"
	ProductDeleted Type = "product.deleted"

	PriceCreated Type = "price.created"
	PriceChanged Type = "price.changed"
	PriceDeleted Type = "price.deleted"

	UserCreated Type = "user.created"
	UserChanged Type = "user.changed"
	UserDeleted Type = "user.deleted"
)

// Kind is the kind of thing that an event of the type is about.
func (t Type) Kind() string {
	kind, _, _ := strings.Cut(string(t), ".")
	return kind
}

// Known reports whether events of the type are told by anybody.
func (t Type) Known() bool {
	kind, _ := kindOf(t.Kind())
	return slices.Contains(kind.Types, t)
}

// Kind is a kind of thing that events are about.
type Kind struct {
	Service string    // that tells of it
	Subject id.Prefix // of its ids
	Types   []Type
}

// Kinds are all that events are about, by their names.
func Kinds() map[string]Kind {
	all := map[string]Kind{}
	for _, name := range []string{"order", "refund", "payment", "payment_refund", "reservation", "return", "stock", "product", "price", "user"} {
		all[name], _ = kindOf(name)
	}
	return all
}

// kindOf is the kind of a name, if there is one. It is asked of each event.
func kindOf(name string) (Kind, bool) {
	switch name {
	case "order":
		return Kind{"order", "ord", []Type{
			OrderCreated, OrderAwaitingPayment, OrderConfirmed, OrderRejected, OrderCancelled, OrderFailed, OrderRefunded,
		}}, true
	case "refund":
		return Kind{"order", "rfd", []Type{RefundRequested, RefundDone, RefundRefused}}, true
	case "payment":
		return Kind{"payment", "pay", []Type{
			PaymentInitiated, PaymentActionRequired, PaymentAuthorized, PaymentCaptured, PaymentVoided, PaymentDeclined, PaymentRefunded,
		}}, true
	case "payment_refund":
		return Kind{"payment", "rfd", []Type{PaymentRefundRequested, PaymentRefundDone, PaymentRefundFailed}}, true
	case "reservation":
		return Kind{"inventory", "ord", []Type{ReservationReserved, ReservationSold, ReservationReleased, ReservationRejected}}, true
	case "return":
		return Kind{"inventory", "rfd", []Type{ReturnMade}}, true
	case "stock":
		return Kind{"inventory", "prd", []Type{StockSet}}, true
	case "product":
		return Kind{"product", "prd", []Type{ProductCreated, ProductChanged, ProductDeleted}}, true
	case "price":
		return Kind{"pricing", "prd", []Type{PriceCreated, PriceChanged, PriceDeleted}}, true
	case "user":
		return Kind{"user", "usr", []Type{UserCreated, UserChanged, UserDeleted}}, true
	}
	return Kind{}, false
}

// Types are all types of a service's events, sorted.
func Types(service string) []Type {
	var all []Type
	for _, kind := range Kinds() {
		if kind.Service == service {
			all = append(all, kind.Types...)
		}
	}
	slices.Sort(all)
	return all
}

// Names are the types of services' events, as texts.
func Names(services ...string) (all []string) {
	for _, service := range services {
		for _, t := range Types(service) {
			all = append(all, string(t))
		}
	}
	return all
}

// Topic is where a service's events are.
func Topic(service string) string { return "skald." + service + ".events" }

// Topics are where services' events are.
func Topics(services ...string) []string {
	all := make([]string, len(services))
	for i, service := range services {
		all[i] = Topic(service)
	}
	return all
}
