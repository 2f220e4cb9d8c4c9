// Package workflows is what the business does, as durable sagas.
package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// PlaceOrderName is the registered name of the saga that places an order.
const PlaceOrderName = "PlaceOrder"

// PlaceOrderInput is what the saga of an order starts with.
type PlaceOrderInput struct {
	OrderID       string       `json:"order_id"`
	UserID        string       `json:"user_id"`
	Items         []order.Item `json:"items"`
	Currency      string       `json:"currency,omitempty"`
	PaymentMethod string       `json:"payment_method"`
	// ActionTimeout is how long the customer has to confirm a payment.
	ActionTimeout time.Duration `json:"action_timeout"`
	// Revision is the Revision of the saga that the run began with, by which it
	// replays.
	Revision int `json:"revision,omitempty"`
	// Again: the run follows another of the same order that was cut off.
	Again bool `json:"again,omitempty"`
}

// Revision is what new runs begin with. It grows with each change of the
// commands that a saga gives; a marker a change, as the SDK's versions make,
// would cost every order two events.
//
//	0: the deadline's timer starts with the saga; each question while the
//	   customer acts is a wait of its own
//	1: the timer starts where a step waits; one wait until the customer acted
//	2: an order that an earlier run ended otherwise is followed
//	3: it is followed also where it is confirmed or refunded; units that a
//	   reversal has put back need no return
const Revision = 3

// mustKnow fails the first task of a run that is of a newer revision than the
// worker knows: so it waits for one that does, where this one would go another way.
func mustKnow(revision, known int) {
	if revision > known {
		panic(fmt.Sprintf("the run is of revision %d, and this worker knows %d at most", revision, known))
	}
}

// PlaceOrderOutcome is how the saga of an order stands when it answers: it is
// decided, or the customer has to act.
type PlaceOrderOutcome struct {
	OrderID string       `json:"order_id"`
	Status  order.Status `json:"status"`
}

const (
	// UpdateOutcome is the update that awaits the outcome. Its id is its name,
	// so that every client that waits joins the same one.
	UpdateOutcome = "outcome"
	// SignalPaymentUpdated tells the saga that the provider has news of the
	// order's payment. It carries nothing: the saga asks the payment service.
	SignalPaymentUpdated = "payment-updated"
)

// The search attributes of an order, beside the engine's of a saga. None carries
// personal data.
var (
	AttrOrderStatus = temporal.NewSearchAttributeKeyKeyword("OrderStatus")
	AttrUserID      = temporal.NewSearchAttributeKeyKeyword("UserId")
)

// SearchAttributes names the search attributes that a namespace must have, all
// keywords.
func SearchAttributes() []string {
	return []string{AttrOrderStatus.GetName(), AttrUserID.GetName(), saga.AttrState.GetName(), saga.AttrStep.GetName()}
}

// PlaceOrderOptions is how the saga of an order is started, by whoever starts
// it: an id that is used once, for good.
func PlaceOrderOptions(o order.Order) client.StartWorkflowOptions {
	return sagaOptions(order.WorkflowID(o.ID), "Place order "+o.ID, placeOrderDetails,
		AttrOrderStatus.ValueSet(string(order.Pending)), AttrUserID.ValueSet(o.UserID))
}

// StartPlaceOrder starts the saga of an order, if none was: by the front door,
// or by whoever looks after what that did not live to start.
func StartPlaceOrder(ctx context.Context, c client.Client, o order.Order, actionTimeout time.Duration) error {
	return start(ctx, c, "saga of order "+o.ID, PlaceOrderOptions(o), PlaceOrderName, PlaceOrderRequest(o, actionTimeout))
}

// PlaceOrderRequest is the input of the saga of an order.
func PlaceOrderRequest(o order.Order, actionTimeout time.Duration) PlaceOrderInput {
	return PlaceOrderInput{
		OrderID: o.ID, UserID: o.UserID, Items: o.Items, Currency: o.Currency,
		PaymentMethod: o.PaymentMethod, ActionTimeout: actionTimeout, Revision: Revision,
	}
}

const placeOrderDetails = `Saga of one order:

1. in parallel **CheckCustomer** (user), **QuoteOrder** (pricing), **ReserveStock** (inventory)
2. **AuthorizePayment** (payment); may wait for the customer
3. **CapturePayment**: the pivot; from here only forward
4. in parallel **CommitStock** (inventory), **ConfirmOrder** (order)

Before the pivot a failure compensates in reverse: **VoidPayment**, **ReleaseStock**, then the order is closed.`
