package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
)

// Order is an order as clients see it.
type Order struct {
	ID            string                   `json:"id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	UserID        string                   `json:"user_id" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Status        order.Status             `json:"status" enum:"pending,awaiting_payment,confirmed,rejected,cancelled,failed,refunded"`
	Items         []OrderItem              `json:"items" nullable:"false"`
	Total         Maybe[money.Money]       `json:"total" doc:"Null until the order is priced"`
	Refunded      Maybe[money.Money]       `json:"refunded" doc:"What refunds gave back of the total, or are about to. Null until the order is priced"`
	PaymentMethod string                   `json:"payment_method" example:"pm_card_visa"`
	PaymentID     *string                  `json:"payment_id" doc:"Null until there is a payment" example:"pay_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Failure       Maybe[OrderFailure]      `json:"failure" doc:"Why the order did not succeed"`
	NextAction    Maybe[CustomerAction]    `json:"next_action" doc:"What the customer has to do, while the order awaits payment. Null in lists, and while the payment service does not answer: get the order"`
	Cancellation  Maybe[OrderCancellation] `json:"cancellation" doc:"That the customer wants out. Null where nobody asked for it"`
	Saga          OrderSaga                `json:"saga"`
	Version       int64                    `json:"version" doc:"Grows by one with each change of the status" example:"2"`
	CreatedAt     time.Time                `json:"created_at"`
	UpdatedAt     time.Time                `json:"updated_at"`
}

// OrderItem is a line of an order.
type OrderItem struct {
	ProductID string             `json:"product_id" example:"prd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Quantity  int64              `json:"quantity" example:"2"`
	UnitPrice Maybe[money.Money] `json:"unit_price" doc:"What a unit costs; null until the order is priced"`
	Total     Maybe[money.Money] `json:"total" doc:"What the units cost together; null until the order is priced"`
}

// OrderFailure says why an order did not succeed.
type OrderFailure struct {
	Code   string `json:"code" example:"payment_declined"`
	Detail string `json:"detail" example:"The payment was declined."`
	Step   string `json:"step" doc:"The step of the saga that failed" example:"AuthorizePayment"`
}

// CustomerAction is what the customer has to do before the money can be held.
type CustomerAction struct {
	Type      string    `json:"type" enum:"redirect"`
	URL       string    `json:"url" format:"uri" doc:"Where the customer confirms the payment" example:"https://hooks.stripe.com/redirect/authenticate/src_3abc"`
	ExpiresAt time.Time `json:"expires_at" doc:"It is too late after that: the order is rejected, the payment fails"`
}

// OrderCancellation is that the customer wants out, and what came of it.
type OrderCancellation struct {
	RequestedAt time.Time `json:"requested_at"`
	Reason      string    `json:"reason" doc:"In the customer's words; empty where there are none" example:"Ordered by mistake."`
	Refused     string    `json:"refused,omitempty" doc:"Why the money could not go back: the order stays confirmed. Cancel once more to try again" example:"refund_failed"`
}

// OrderSaga is the order's saga.
type OrderSaga struct {
	WorkflowID string          `json:"workflow_id" doc:"Find it in the Temporal Web UI by it" example:"order/ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	State      order.SagaState `json:"state" enum:"running,waiting,compensating,parked,completed,compensated"`
}

// NewOrder asks for an order. Prices are never the client's to say.
type NewOrder struct {
	UserID        string         `json:"user_id" minLength:"1" maxLength:"64" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Items         []NewOrderItem `json:"items" minItems:"1" maxItems:"100" nullable:"false"`
	PaymentMethod string         `json:"payment_method" pattern:"^pm_[A-Za-z0-9_]{1,100}$" doc:"The provider's token of the payment method, never a card number" example:"pm_card_visa"`
	Currency      string         `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"ISO 4217; the products' own where it is left out" example:"EUR"`
}

// NewOrderItem asks for units of a product.
type NewOrderItem struct {
	ProductID string `json:"product_id" minLength:"1" maxLength:"64" example:"prd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Quantity  int64  `json:"quantity" minimum:"1" maximum:"1000000" example:"2"`
}

// toOrder gives all of an order but the customer's action, see Config.show.
func toOrder(o order.Order) Order {
	out := Order{
		ID: o.ID, UserID: o.UserID, Status: o.Status, Items: make([]OrderItem, len(o.Items)), Total: Maybe[money.Money]{o.Total}, Refunded: Maybe[money.Money]{o.Refunded},
		PaymentMethod: o.PaymentMethod, Saga: OrderSaga{WorkflowID: o.Saga.WorkflowID, State: o.Saga.State},
		Version: o.Version, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
	for i, item := range o.Items {
		out.Items[i] = OrderItem{
			ProductID: item.ProductID, Quantity: item.Quantity,
			UnitPrice: Maybe[money.Money]{item.UnitPrice}, Total: Maybe[money.Money]{item.Total},
		}
	}
	if o.PaymentID != "" {
		out.PaymentID = &o.PaymentID
	}
	if f := o.Failure; f != nil {
		out.Failure.Value = &OrderFailure{Code: f.Code, Detail: f.Detail, Step: f.Step}
	}
	if cancel := o.Cancellation; cancel != nil {
		out.Cancellation.Value = &OrderCancellation{RequestedAt: cancel.RequestedAt, Reason: cancel.Reason}
		if o.Status == order.Confirmed { // it may have been turned back since
			out.Cancellation.Value.Refused = cancel.Refusal
		}
	}
	return out
}

// actionTimeout is what the payment service may add to the time of an order.
const actionTimeout = 500 * time.Millisecond

// show gives the order with the customer's action, and the ETag of both. The
// action's URL may carry the provider's client secret: only the payment service
// keeps it.
func (c Config) show(ctx context.Context, o order.Order) (Order, string) {
	out, url := toOrder(o), ""
	if o.Status == order.AwaitingPayment && o.NextAction != nil {
		url = c.actionURL(ctx, o.ID)
	}
	if url != "" {
		out.NextAction.Value = &CustomerAction{Type: o.NextAction.Type, URL: url, ExpiresAt: o.NextAction.ExpiresAt}
	}
	more := url
	if o.Refunded != nil { // which changes without a version of the order
		more = fmt.Sprint(o.Refunded.Amount, url)
	}
	return out, etag(o.Version, o.UpdatedAt, more)
}

// actionURL is where the customer confirms the order's payment; empty where
// there is nothing to confirm, or nobody says where.
func (c Config) actionURL(ctx context.Context, orderID string) string {
	asking, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	found, err := c.Payments.List(asking, payment.Filter{OrderID: orderID, Limit: 1})
	if err != nil {
		note(ctx, err)
		return ""
	}
	if len(found.Items) == 0 || found.Items[0].Status != payment.RequiresAction {
		return ""
	}
	return found.Items[0].ActionURL
}

func orderPath(orderID string) string { return "/v1/orders/" + orderID }

type placeOrderInput struct {
	KeyHeader
	Prefer string `header:"Prefer" maxLength:"200" doc:"respond-async answers at once, wait=N after N seconds at most, 30 at most (RFC 7240)" example:"wait=5"`
	Body   NewOrder
}

type placeOrderOutput struct {
	Status            int
	Location          string `header:"Location"`
	ETag              string `header:"ETag"`
	RetryAfter        string `header:"Retry-After"`
	PreferenceApplied string `header:"Preference-Applied"`
	Body              Order
}

type orderInput struct {
	OrderID string `path:"order_id" doc:"The order's id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	IfNoneMatch
}

type orderOutput struct {
	ETag string `header:"ETag"`
	Body Order
}

type listOrdersInput struct {
	UserID       string    `query:"user_id" doc:"Orders of this user only" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Status       string    `query:"status" enum:"pending,awaiting_payment,confirmed,rejected,cancelled,failed,refunded" doc:"Orders of this status only"`
	CreatedAfter time.Time `query:"created_after" doc:"Orders created after this time only"`
	PageQuery
}

type listOrdersOutput struct{ Body page[Order] }

func (c Config) registerOrders(a huma.API) {
	place := operation("place-order", http.MethodPost, "/v1/orders", "orders", customers(writeOrders), "Place an order",
		"Starts the order's saga and waits for its outcome: 10 s at most, or as `Prefer` says. An order that is not decided by then, or whose customer has to act, is answered with 202 and goes on.")
	place.DefaultStatus = http.StatusCreated
	declareRefusals(&place, endings()...)
	place.Responses = alsoAnswers(http.StatusAccepted, "Order")
	place.Responses["202"].Content["application/json"].Example = plain(exampleUndecided())
	huma.Register(a, place, c.placeOrder)

	huma.Register(a, operation("get-order", http.MethodGet, "/v1/orders/{order_id}", "orders", customers(readOrders), "Get an order",
		"Works with every worker down.", order.ErrNotFound), c.getOrder)

	huma.Register(a, operation("list-orders", http.MethodGet, "/v1/orders", "orders", customers(readOrders), "List orders", "Newest first. `next_action` is null here: get the order."), c.listOrders)
}

func (c Config) getOrder(ctx context.Context, in *orderInput) (*orderOutput, error) {
	o, err := c.ownOrder(ctx, in.OrderID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	out := &orderOutput{}
	out.Body, out.ETag = c.show(ctx, o)
	return out, in.unchanged(out.ETag)
}

// ownOrder gives an order; that of somebody else is as missing.
func (c Config) ownOrder(ctx context.Context, orderID string) (order.Order, error) {
	o, err := c.Orders.Get(ctx, orderID)
	if err == nil && !owns(ctx, o.UserID) {
		err = order.ErrNotFound
	}
	return o, err
}

func (c Config) listOrders(ctx context.Context, in *listOrdersInput) (*listOrdersOutput, error) {
	userID, ok := within(ctx, in.UserID)
	if !ok {
		return &listOrdersOutput{Body: newPage[order.Order](nil, toOrder, "")}, nil
	}
	found, err := c.Orders.List(ctx, order.Filter{
		UserID: userID, Status: order.Status(in.Status), CreatedAfter: in.CreatedAfter, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listOrdersOutput{Body: newPage(found.Items, toOrder, found.NextCursor)}, nil
}
