// Package stripepay is a payment.Provider on Stripe's API, or on anything that
// speaks the same: PaymentIntents with manual capture, cancellation, refunds,
// signed webhooks.
package stripepay

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// Config is how the provider is reached.
type Config struct {
	Key           string
	URL           string // empty: Stripe's own
	WebhookSecret string
	// Timeout bounds one call; 0 is 5 s. Where the context has time for more than
	// three such calls, a call may take a third of what is left: two calls and a
	// question have to fit into one attempt of an activity, and who gives an
	// attempt more time means the provider.
	Timeout time.Duration
	// ReturnURL is where the customer goes after confirming a payment.
	ReturnURL string
}

// Client is a payment.Provider.
type Client struct {
	api    *stripe.Client
	config Config
}

var _ payment.Provider = (*Client)(nil)

const (
	defaultTimeout   = 5 * time.Second
	defaultReturnURL = "https://example.com/"
	idleConnections  = 64
)

// New returns a client. It never retries by itself: whoever calls does, and
// asks first.
func New(c Config) *Client {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.ReturnURL == "" {
		c.ReturnURL = defaultReturnURL
	}
	backend := &stripe.BackendConfig{
		HTTPClient: &http.Client{
			Transport: bounded{least: c.Timeout, next: spentKeys{&http.Transport{
				Proxy: http.ProxyFromEnvironment, MaxIdleConns: idleConnections, MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: time.Minute,
			}}},
		},
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
		MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry:   stripe.Bool(false),
	}
	if c.URL != "" {
		backend.URL = stripe.String(strings.TrimSuffix(c.URL, "/"))
	}
	return &Client{api: stripe.NewClient(c.Key, stripe.WithBackends(stripe.NewBackendsWithConfig(backend))), config: c}
}

// The metadata that tell whose money it is: an order's, or a payment's own.
const (
	metaOrder   = "order_id"
	metaPayment = "payment_id"
	metaUser    = "user_id"
)

// whose names the order in metadata, where there is one.
func whose(orderID string, more map[string]string) map[string]string {
	if orderID != "" {
		more[metaOrder] = orderID
	}
	return more
}

// keyed gives a call its idempotency key.
func keyed(key string) stripe.Params { return stripe.Params{IdempotencyKey: stripe.String(key)} }

// withCharge asks for the charge along with the intent, because only the charge
// tells what was held and given back.
func withCharge() []*string { return []*string{stripe.String("latest_charge")} }

// CreateIntent makes an intent that is not confirmed.
func (c *Client) CreateIntent(ctx context.Context, r payment.IntentRequest, key string) (payment.Intent, error) {
	return result(c.api.V1PaymentIntents.Create(ctx, &stripe.PaymentIntentCreateParams{
		Params:             keyed(key),
		Expand:             withCharge(),
		Amount:             stripe.Int64(r.Amount.Amount),
		Currency:           stripe.String(strings.ToLower(r.Amount.Currency)),
		CaptureMethod:      stripe.String(string(stripe.PaymentIntentCaptureMethodManual)),
		PaymentMethod:      stripe.String(r.Method),
		PaymentMethodTypes: []*string{stripe.String("card")},
		Metadata:           whose(r.OrderID, map[string]string{metaUser: r.UserID, metaPayment: r.PaymentID}),
	}))
}

// ConfirmIntent authorizes.
func (c *Client) ConfirmIntent(ctx context.Context, intentID, key string) (payment.Intent, error) {
	intent, err := c.api.V1PaymentIntents.Confirm(ctx, intentID, &stripe.PaymentIntentConfirmParams{
		Params: keyed(key), Expand: withCharge(), ReturnURL: stripe.String(c.config.ReturnURL),
	})
	if declined, ok := decline(err); ok {
		declined.ID = intentID
		return declined, nil
	}
	return result(intent, err)
}

// CaptureIntent takes the whole amount held.
func (c *Client) CaptureIntent(ctx context.Context, intentID, key string) (payment.Intent, error) {
	return result(c.api.V1PaymentIntents.Capture(ctx, intentID, &stripe.PaymentIntentCaptureParams{Params: keyed(key), Expand: withCharge()}))
}

// CancelIntent gives the hold back and ends the intent.
func (c *Client) CancelIntent(ctx context.Context, intentID, key string) (payment.Intent, error) {
	return result(c.api.V1PaymentIntents.Cancel(ctx, intentID, &stripe.PaymentIntentCancelParams{Params: keyed(key), Expand: withCharge()}))
}

// GetIntent asks how an intent stands.
func (c *Client) GetIntent(ctx context.Context, intentID string) (payment.Intent, error) {
	return result(c.api.V1PaymentIntents.Retrieve(ctx, intentID, &stripe.PaymentIntentRetrieveParams{Expand: withCharge()}))
}

func result(intent *stripe.PaymentIntent, err error) (payment.Intent, error) {
	if err != nil {
		return payment.Intent{}, translate(err)
	}
	return toIntent(intent), nil
}

func toIntent(in *stripe.PaymentIntent) payment.Intent {
	out := payment.Intent{
		ID: in.ID, Amount: money.New(in.Amount, strings.ToUpper(string(in.Currency))),
		Captured: in.AmountReceived, OrderID: in.Metadata[metaOrder], Status: status(in),
	}
	if charge := in.LatestCharge; charge != nil {
		out.Held = charge.Status == stripe.ChargeStatusSucceeded
		out.Refunded = charge.AmountRefunded
		if out.Captured == 0 { // a hold that was cancelled counts as refunded at Stripe
			out.Refunded = 0
		}
	}
	if last := in.LastPaymentError; last != nil {
		out.DeclineCode = reason(last)
	}
	if next := in.NextAction; next != nil && next.RedirectToURL != nil {
		out.ActionURL = next.RedirectToURL.URL
	}
	return out
}

func status(in *stripe.PaymentIntent) payment.IntentStatus {
	switch in.Status {
	case stripe.PaymentIntentStatusRequiresAction:
		return payment.IntentRequiresAction
	case stripe.PaymentIntentStatusRequiresCapture:
		return payment.IntentAuthorized
	case stripe.PaymentIntentStatusSucceeded:
		return payment.IntentCaptured
	case stripe.PaymentIntentStatusCanceled:
		return payment.IntentCancelled
	case stripe.PaymentIntentStatusRequiresPaymentMethod:
		if in.LastPaymentError != nil {
			return payment.IntentDeclined
		}
		return payment.IntentCreated
	case stripe.PaymentIntentStatusRequiresConfirmation:
		return payment.IntentCreated
	default: // processing, and what a later API may add
		return payment.IntentProcessing
	}
}
