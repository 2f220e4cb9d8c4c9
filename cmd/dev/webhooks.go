package main

import (
	"net/netip"
	"strings"
	"time"

	"github.com/skaldhq/skald/internal/config"
)

const (
	// webhookTimeout is how long an endpoint may take to answer.
	webhookTimeout = 10 * time.Second
	// webhooksAtOnce are on their way to one endpoint, at most.
	webhooksAtOnce = 16
)

// webhooks is how integrators are told of events: they may listen on this machine.
func (s *devStack) webhooks() config.Webhooks {
	return config.Webhooks{
		Keys:  []config.Secret{config.Secret(s.demo.WebhookKey)},
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		Ports: []uint16{443}, Timeout: webhookTimeout, AtOnce: webhooksAtOnce, Retries: s.options.WebhookRetries,
	}
}

// webhookEnvironment tells the same to processes beside this one.
func webhookEnvironment(c config.Webhooks) map[string]string {
	var keys, networks, retries []string
	for _, key := range c.Keys {
		keys = append(keys, string(key))
	}
	for _, network := range c.Allow {
		networks = append(networks, network.String())
	}
	for _, pause := range c.Retries {
		retries = append(retries, pause.String())
	}
	return map[string]string{
		"SKALD_WEBHOOK_KEYS": strings.Join(keys, ","), "SKALD_WEBHOOK_ALLOW_NETWORKS": strings.Join(networks, ","),
		"SKALD_WEBHOOK_RETRIES": strings.Join(retries, ","), "SKALD_WEBHOOK_TIMEOUT": c.Timeout.String(),
	}
}
