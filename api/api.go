// Package api is the front door: Skald's HTTP API, described by OpenAPI.
// A file is a resource; registering is apart from serving, so that tests and
// processes mount what they need.
package api

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.temporal.io/sdk/converter"

	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/api/timeline"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/health"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/user"
)

// Config is what the front door is made of.
type Config struct {
	Users    user.FrontDoor
	Products product.FrontDoor
	Prices   pricing.FrontDoor
	Stock    inventory.FrontDoor
	Orders   order.FrontDoor
	Payments payment.FrontDoor
	Notices  notification.FrontDoor
	Webhooks notification.Webhooks
	Sagas    Sagas
	// Operators is what those who run the platform see and do.
	Operators Operators
	// Histories is what the timelines are read from.
	Histories Histories
	// Codec opens and seals the payloads that Temporal's Web UI shows.
	Codec converter.PayloadCodec
	// Dependencies are what /ready looks at.
	Dependencies *health.Watch
	// Wait is how long a request waits for the outcome of an order or a payment, MaxWait
	// how long where the client asks for a wait of its own.
	Wait, MaxWait time.Duration
	// Origins are those of the pages that may use the front door from a browser.
	Origins []string
	// Auth finds out who asks.
	Auth auth.Authenticator
	// Limits hold whoever asks to a rate.
	Limits Limits
	// Keys makes API keys; nil: there are none.
	Keys *auth.Keys
	Log  *slog.Logger
	// Metrics are those of the process, which /metrics serves along with the
	// front door's own; nil: these alone.
	Metrics *prometheus.Registry
	// Tracer makes a span of each request; nil: none.
	Tracer trace.Tracer

	reader    *timeline.Reader   // New's
	recent    *recent            // Register's
	uncounted prometheus.Counter // New's: requests that nobody could count
}

// maxBody bounds a request's body.
const maxBody = 1 << 20

// New returns the front door.
func New(c Config) (http.Handler, error) {
	if c.Log == nil {
		return nil, errors.New("the front door needs a log")
	}
	if c.Tracer == nil {
		c.Tracer = noop.NewTracerProvider().Tracer("")
	}
	var err error
	if c.reader, err = timeline.NewReader(); err != nil {
		return nil, err
	}
	m := newMetrics(cmp.Or(c.Metrics, prometheus.NewRegistry()))
	c.uncounted = m.uncounted
	mux := http.NewServeMux()
	spec := c.guarded(mux)
	if err := requireAccess(spec.OpenAPI()); err != nil {
		return nil, err
	}
	if err := c.serveDocument(mux, spec); err != nil {
		return nil, err
	}
	mux.Handle("GET /metrics", m.handler())
	compress, err := compressing()
	if err != nil {
		return nil, err
	}
	routed := recovered(c.Log, sharing(c.Origins, plainSagaPath(c.problems(mux))))
	return compress(traced(c.Tracer, observed(routed, logging(c.Log), m.observe, spanned))), nil // outermost: it flushes what it wraps
}

// OpenAPI gives the document of the front door, in YAML. It needs nothing that
// runs.
func OpenAPI() ([]byte, error) {
	return Config{}.guarded(http.NewServeMux()).OpenAPI().YAML()
}

// guarded mounts every resource, each operation for whom it is.
func (c Config) guarded(mux *http.ServeMux) huma.API {
	a := humago.New(mux, humaConfig())
	a.UseMiddleware(c.authorize(a), refuseUnwanted(a)) // of the operations from here on
	c.Register(a)
	return a
}

// Register mounts every resource, and nothing around them: nobody is asked who
// they are. It is there to be measured; New is what to serve.
func (c Config) Register(a huma.API) {
	c.recent = newRecent(time.Now)
	c.registerOrders(a)
	c.registerCancellation(a)
	c.registerRefunds(a)
	c.registerTimeline(a)
	c.registerUsers(a)
	c.registerProducts(a)
	c.registerStock(a)
	c.registerPrices(a)
	c.registerPayments(a)
	c.registerNotifications(a)
	c.registerWebhookEndpoints(a)
	c.registerSagas(a)
	c.registerCodec(a)
	c.registerDiscrepancies(a)
	c.registerKeys(a)
	c.registerWebhooks(a)
	c.registerHealth(a)
	document(a.OpenAPI())
}

func humaConfig() huma.Config {
	c := huma.DefaultConfig("Skald", "1.0.0")
	c.Info.Description = description
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Info.Contact = &huma.Contact{Name: "Skald", URL: "https://github.com/skaldhq/skald"}
	c.Servers = []*huma.Server{{URL: "/", Description: "The front door that serves the document; with `go run ./cmd/dev` it is http://127.0.0.1:8080"}}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // served by serveDocument
	c.CreateHooks = nil                                   // no $schema in bodies
	c.RejectUnknownQueryParameters = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		schemeKey:   {Type: "http", Scheme: "bearer", Description: "An API key: `Authorization: Bearer skald_…`. Operators make them (`POST /v1/api-keys`)."},
		schemeToken: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A token of the identity provider: `Authorization: Bearer eyJ…`."},
	}
	c.Tags = []*huma.Tag{
		{Name: "orders", Description: "Every order is a durable saga."},
		{Name: "users", Description: "Who orders."},
		{Name: "products", Description: "The catalogue, with stock and price where they can be had."},
		{Name: "stock", Description: "How many units there are."},
		{Name: "prices", Description: "What a unit costs."},
		{Name: "payments", Description: "The money of the orders, and payments of their own."},
		{Name: "notifications", Description: "What customers were told; and for operators, the events that nobody could be told of."},
		{Name: "webhooks", Description: "For services and operators: where events are sent to, and what came of it."},
		{Name: "sagas", Description: "For operators: how the sagas stand, and what to do with those that are parked."},
		{Name: "api-keys", Description: "For operators: who may ask the platform, and as whom."},
		{Name: operations, Description: "Health, readiness, the payment provider's webhook."},
	}
	return c
}

const description = `Skald is an order platform whose every order is a durable saga: it reserves stock and takes money, across
services that can each fail, and undoes what it did when it cannot go on.

Errors are problem details (RFC 9457) with a stable ` + "`code`" + `. Money is in minor units. Times are RFC 3339 in UTC.`

// operations is the tag of what serves those who run Skald.
const operations = "operations"

// The ways to say who one is.
const (
	schemeKey   = "key"
	schemeToken = "token"
)

// operation declares an operation: who may use it, and what it can refuse of its
// own. What its shape brings along (a body, a credential, a key), refusalsOf adds.
func operation(id, method, path, tag string, who access, summary, details string, faults ...*fault.Error) huma.Operation {
	op := huma.Operation{
		OperationID: id, Method: method, Path: path, Tags: []string{tag}, Summary: summary, Description: details,
		Errors: []int{http.StatusInternalServerError}, MaxBodyBytes: maxBody, Metadata: map[string]any{},
	}
	who.declare(&op)
	refuses(&op, faults...)
	return op
}
