package config

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/skaldhq/skald/internal/seal"
)

// Webhooks is how integrators are told of events.
type Webhooks struct {
	Keys []Secret `help:"Keys that seal the secrets of webhook endpoints, as id=base64 of 32 bytes: the first seals, all open; none: no endpoints can be made." env:"KEYS" placeholder:"ID=BASE64,…" json:"keys"`
	// Allow is for development: what integrators choose leads into our own networks.
	Allow   []netip.Prefix  `name:"allow-networks" help:"Networks that webhooks are sent to though they are not public, on any port and without TLS too; for development." env:"ALLOW_NETWORKS" json:"allow_networks"`
	Ports   []uint16        `help:"Ports that webhooks are sent to." default:"443" env:"PORTS" json:"ports"`
	Timeout time.Duration   `help:"How long an endpoint may take to answer." default:"15s" env:"TIMEOUT" json:"timeout"`
	AtOnce  int             `help:"How many deliveries of a process are on their way to one endpoint, at most." default:"16" env:"AT_ONCE" json:"at_once"`
	Retries []time.Duration `help:"Pauses after each attempt of a delivery but the last." default:"5s,5m,30m,2h,5h,10h,14h,20h,24h" env:"RETRIES" json:"retries"`
}

const (
	// mostWebhookTimeout leaves an attempt time for the database.
	mostWebhookTimeout = 20 * time.Second
	// mostAtOnce is a quarter of what a process sends at a time: one endpoint may not have
	// it all.
	mostAtOnce = 64
	// mostRetries and longestRetry keep the history of a delivery short, and its end in
	// sight.
	mostRetries  = 30
	longestRetry = 7 * 24 * time.Hour
)

// Ring gives the keys.
func (w Webhooks) Ring() (seal.Ring, error) { return ring(w.Keys) }

// Possible tells in one sentence each what of the webhooks cannot be. Without keys there
// are none.
func (w Webhooks) Possible() error {
	if len(w.Keys) == 0 {
		return nil
	}
	var faults []error
	if _, err := w.Ring(); err != nil {
		faults = append(faults, fmt.Errorf("the keys of the webhooks' secrets cannot be used: mend SKALD_WEBHOOK_KEYS: %w", err))
	}
	if len(w.Ports) == 0 || slices.Contains(w.Ports, 0) {
		faults = append(faults, errors.New("webhooks are sent to ports from 1 to 65535: set SKALD_WEBHOOK_PORTS, mostly to 443"))
	}
	if w.Timeout <= 0 || w.Timeout > mostWebhookTimeout {
		faults = append(faults, fmt.Errorf("an endpoint's time to answer must be longer than zero and at most %s: set SKALD_WEBHOOK_TIMEOUT", mostWebhookTimeout))
	}
	if w.AtOnce < 1 || w.AtOnce > mostAtOnce {
		faults = append(faults, fmt.Errorf("from 1 to %d deliveries are on their way to one endpoint: set SKALD_WEBHOOK_AT_ONCE", mostAtOnce))
	}
	if len(w.Retries) > mostRetries || slices.ContainsFunc(w.Retries, func(d time.Duration) bool { return d < time.Second || d > longestRetry }) {
		faults = append(faults, fmt.Errorf("a delivery has at most %d pauses, of one second to %s: mend SKALD_WEBHOOK_RETRIES", mostRetries, longestRetry))
	}
	return errors.Join(faults...)
}
