// Package config is everything the platform can be told: one struct, filled
// from flags and the environment by the commands, which are the only ones to
// read either.
package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Secret is a value that never prints.
type Secret string

// String masks the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString masks the secret.
func (s Secret) GoString() string { return s.String() }

// MarshalText masks the secret, in JSON and logs too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Config is the configuration of a process of the platform.
type Config struct {
	Temporal  Temporal          `embed:"" prefix:"temporal-" envprefix:"TEMPORAL_" json:"temporal"`
	Databases map[string]Secret `help:"Postgres URL of each service, as service=url." env:"SKALD_DATABASES" mapsep:";" placeholder:"SERVICE=URL;…" json:"databases"`
	// Services is where the services are that run in other processes. One that is
	// not named is reached in this process, on its database.
	Services map[string]string `help:"Base URL of each service in another process, as service=url; several of one service separated by spaces." env:"SKALD_SERVICES" mapsep:";" placeholder:"SERVICE=URL;…" json:"services"`
	// Tokens let the processes of the platform know each other: the first is
	// shown, all are taken.
	Tokens   []Secret `name:"service-tokens" help:"Tokens that the processes of the platform show each other: the first is shown, all are taken." env:"SKALD_SERVICE_TOKENS" json:"service_tokens"`
	Limits   Limits   `embed:"" prefix:"limit-" envprefix:"SKALD_LIMIT_" json:"limits"`
	Server   Server   `embed:"" json:"server"`
	Auth     Auth     `embed:"" prefix:"auth-" json:"auth"`
	Kafka    Kafka    `embed:"" prefix:"kafka-" envprefix:"SKALD_KAFKA_" json:"kafka"`
	Webhooks Webhooks `embed:"" prefix:"webhook-" envprefix:"SKALD_WEBHOOK_" json:"webhooks"`
	Payloads Payloads `embed:"" prefix:"payload-" envprefix:"SKALD_PAYLOAD_" json:"payloads"`
	// Tracing has the names that OpenTelemetry gives its variables.
	Tracing Tracing `embed:"" prefix:"otel-" envprefix:"OTEL_" json:"tracing"`
	// KeepEvents is for a look at what was told; consumers have Kafka's own retention.
	KeepEvents time.Duration `name:"outbox-retention" help:"How long a published event stays in its outbox." default:"168h" env:"SKALD_OUTBOX_RETENTION" json:"outbox_retention"`
	// Origins are those of the pages that may use the front door from a browser.
	Origins []string `name:"cors-origins" help:"Origins of the pages that may use the front door from a browser, as https://shop.example; * for all." env:"SKALD_CORS_ORIGINS" json:"cors_origins"`
	SMTP    SMTP     `embed:"" prefix:"smtp-" envprefix:"SKALD_SMTP_" json:"smtp"`
	// Notices has the names of the service.
	Notices Notices `embed:"" prefix:"notification-" envprefix:"SKALD_NOTIFICATION_" json:"notifications"`
	Stripe  Stripe  `embed:"" prefix:"stripe-" envprefix:"STRIPE_" json:"stripe"`
	// ActionTimeout is how long a customer has to confirm a payment.
	ActionTimeout time.Duration `help:"How long a customer has to confirm a payment (3-D Secure)." default:"15m" env:"SKALD_ACTION_TIMEOUT" json:"action_timeout"`
	Reconcile     Reconcile     `embed:"" prefix:"reconcile-" envprefix:"SKALD_RECONCILE_" json:"reconcile"`
	// BuildID is empty for that of the build itself.
	BuildID string `name:"build-id" help:"Version of this build, on which sagas that begin with it stay; its VCS revision if not given, or unversioned." env:"SKALD_BUILD_ID" json:"build_id"`
}

// Auth is how the front door finds out who asks.
type Auth struct {
	KeySecret Secret `help:"Secret that API keys are hashed with, the same for all gateways; none: no API keys." env:"SKALD_API_KEY_SECRET" json:"key_secret"`
	OIDC      OIDC   `embed:"" prefix:"oidc-" envprefix:"SKALD_OIDC_" json:"oidc"`
}

// OIDC is an identity provider whose tokens are taken.
type OIDC struct {
	Issuer    string `help:"Issuer of the identity provider's tokens; none: no tokens." env:"ISSUER" json:"issuer"`
	Audience  string `help:"Audience that the tokens must be for." env:"AUDIENCE" json:"audience"`
	KeysURL   string `name:"jwks-url" help:"Where the identity provider's keys are." env:"JWKS_URL" json:"jwks_url"`
	RoleClaim string `help:"Claim that tells the role: customer, service or operator." default:"skald_role" env:"ROLE_CLAIM" json:"role_claim"`
	UserClaim string `help:"Claim that tells a customer's user id." default:"skald_user_id" env:"USER_CLAIM" json:"user_claim"`
}

// shortestSecret is how long a secret must be, in characters.
const shortestSecret = 32

// Sufficient tells what is missing to find out who asks.
func (a Auth) Sufficient() error {
	switch {
	case a.KeySecret == "" && a.OIDC.Issuer == "":
		return errors.New("nobody could be told from anybody: set SKALD_API_KEY_SECRET to a long random text, or SKALD_OIDC_ISSUER, SKALD_OIDC_AUDIENCE and SKALD_OIDC_JWKS_URL to an identity provider's, or all of them")
	case a.KeySecret != "" && len(a.KeySecret) < shortestSecret:
		return fmt.Errorf("SKALD_API_KEY_SECRET must be of %d characters or more, random ones", shortestSecret)
	case a.OIDC.Issuer != "" && (a.OIDC.Audience == "" || a.OIDC.KeysURL == ""):
		return errors.New("tokens of the identity provider cannot be verified: set SKALD_OIDC_AUDIENCE and SKALD_OIDC_JWKS_URL too")
	}
	return nil
}

// Reconcile is how the services are compared.
type Reconcile struct {
	Interval time.Duration `help:"How often order, inventory and payment are compared with the sagas." default:"1m" env:"INTERVAL" json:"interval"`
	Grace    time.Duration `help:"How long something must have stood still to be compared." default:"30s" env:"GRACE" json:"grace"`
}

// Stripe is how the payment provider is reached.
type Stripe struct {
	Key           Secret `help:"Secret API key." env:"API_KEY" json:"key"`
	URL           string `help:"Base URL of the API; empty for Stripe's own." env:"API_URL" json:"url"`
	WebhookSecret Secret `help:"Signing secret of the webhook endpoint." env:"WEBHOOK_SECRET" json:"webhook_secret"`
	ReturnURL     string `help:"Where the provider sends customers back to who confirmed a payment." env:"RETURN_URL" json:"return_url"`
}

// Validate tells in one sentence each what is missing or wrong for a process
// that runs the given services.
func (c Config) Validate(services ...string) error {
	var faults []error
	if err := c.ValidateDatabases(services...); err != nil {
		faults = append(faults, err)
	}
	if len(c.Services) > 0 && len(c.Tokens) == 0 {
		faults = append(faults, errNoToken)
	}
	for name, at := range c.Services {
		if len(strings.Fields(at)) == 0 {
			faults = append(faults, fmt.Errorf("the %s service has no base URL: mend SKALD_SERVICES", name))
		}
		for _, one := range strings.Fields(at) {
			if u, err := url.Parse(one); err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") {
				faults = append(faults, fmt.Errorf("the base URL of the %s service is not an http:// or https:// URL: mend SKALD_SERVICES", name))
			}
		}
	}
	for _, origin := range c.Origins {
		if u, err := url.Parse(origin); origin != "*" && (err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") || origin != u.Scheme+"://"+u.Host) {
			faults = append(faults, errors.New("an origin is not of the form https://shop.example, without a path: mend SKALD_CORS_ORIGINS"))
		}
	}
	if c.KeepEvents < time.Minute {
		faults = append(faults, errors.New("published events are kept for a minute or longer: set SKALD_OUTBOX_RETENTION"))
	}
	faults = append(faults, c.Kafka.Possible(), c.Tracing.Possible()) // nil where they are
	if slices.Contains(services, "notification") {
		faults = append(append(faults, c.notifies(services)...), c.Webhooks.Possible(), c.Notices.Possible())
	}
	faults = append(faults, c.Payloads.possible(slices.Contains(services, "user") || c.Services["user"] != ""))
	if slices.Contains(services, "payment") {
		if c.Stripe.Key == "" {
			faults = append(faults, errors.New("the payment service has no API key of the provider: set STRIPE_API_KEY"))
		}
		if c.Stripe.WebhookSecret == "" {
			faults = append(faults, errors.New("the payment service cannot verify webhooks: set STRIPE_WEBHOOK_SECRET"))
		}
		if u, err := url.Parse(c.Stripe.ReturnURL); err != nil || u.Host == "" {
			faults = append(faults, errors.New("customers who confirmed a payment have nowhere to go: set STRIPE_RETURN_URL to a page of your shop"))
		}
	}
	if c.ActionTimeout <= 0 || c.ActionTimeout > maxActionTimeout {
		faults = append(faults, fmt.Errorf("the action timeout must be longer than zero and at most %s: set SKALD_ACTION_TIMEOUT", maxActionTimeout))
	}
	if slices.Contains(services, "order") && (c.Reconcile.Interval < time.Second || c.Reconcile.Grace < time.Second) {
		faults = append(faults, errors.New("the reconciler's interval and grace must be a second or longer: set SKALD_RECONCILE_INTERVAL and SKALD_RECONCILE_GRACE"))
	}
	return errors.Join(faults...)
}

// ValidateService tells what a process lacks that others ask over the network.
func (c Config) ValidateService() error {
	if len(c.Tokens) == 0 {
		return errNoToken
	}
	return nil
}

var errNoToken = errors.New("the platform's processes cannot know each other: set SKALD_SERVICE_TOKENS to a long random text, the same for all")

// maxActionTimeout keeps the history of an order whose customer never comes
// back short: the provider is asked now and then as long as the saga waits.
const maxActionTimeout = 24 * time.Hour

// ValidateDatabases tells in one sentence each which of the given services has
// no database.
func (c Config) ValidateDatabases(services ...string) error {
	var faults []error
	for _, s := range services {
		u, err := url.Parse(string(c.Databases[s]))
		switch {
		case c.Databases[s] == "":
			faults = append(faults, fmt.Errorf("the %s service has no database: set SKALD_DATABASES to %s=postgres://… (several separated by ;), or for a gateway SKALD_SERVICES to where the service is", s, s))
		case err != nil || !strings.HasPrefix(u.Scheme, "postgres"):
			faults = append(faults, fmt.Errorf("the database of the %s service is not a postgres:// URL", s))
		}
	}
	return errors.Join(faults...)
}
