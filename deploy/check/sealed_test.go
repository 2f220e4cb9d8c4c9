package check_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	payloadKeys = "SKALD_PAYLOAD_KEYS"
	webhookKeys = "SKALD_WEBHOOK_KEYS"
)

// requireKeys: payloads are sealed by every process that goes on for long, or by none;
// webhooks are the notification service's alone.
func requireKeys(t *testing.T, name, service string, told map[string]string, sealed bool) {
	t.Helper()
	require.Equal(t, sealed, told[payloadKeys] != "", "%s: %s", name, payloadKeys)
	require.Equal(t, service == "notification", told[webhookKeys] != "", "%s: %s", name, webhookKeys)
}

// TestComposeKeys: the compose file seals payloads everywhere, and sends webhooks.
func TestComposeKeys(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		if !ours(s) {
			continue
		}
		told := s.Environment.ToMapping()
		requireKeys(t, name, name, told, name == "gateway" || s.Command != nil && s.Command[0] == "service")
	}
}

// TestManifestsKeys: payloads are sealed in production, and wherever the secret is
// made; no job has the keys.
func TestManifestsKeys(t *testing.T) {
	t.Parallel()
	for _, overlay := range overlays(t) {
		all := render(t, overlay)
		configs := configs(t, all)
		for _, p := range of[pods](t, all, "Deployment") {
			requireKeys(t, p.Metadata.Name, p.labels()["app.kubernetes.io/name"], p.told(t, configs), filepath.Base(overlay) == "production")
			require.True(t, slices.ContainsFunc(p.container().Env, func(v variable) bool { return v.Name == payloadKeys }), p.Metadata.Name)
		}
		for _, step := range steps() {
			for _, p := range of[pods](t, render(t, filepath.Join(overlay, step)), "Job") {
				requireKeys(t, p.Metadata.Name, "", p.told(t, configs), false)
			}
		}
	}
}

// TestPlaces: who is told where a service is may reach it, and nobody reaches another.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, overlay := range overlays(t) {
		all := render(t, overlay)
		policies, processes, configs := of[networkPolicy](t, all, "NetworkPolicy"), of[pods](t, all, "Deployment"), configs(t, all)
		for _, from := range processes {
			places := map[string]bool{}
			for place := range strings.SplitSeq(from.told(t, configs)["SKALD_SERVICES"], ";") {
				name, _, _ := strings.Cut(place, "=")
				places[name] = true
			}
			for _, to := range processes {
				require.Equal(t, places[to.labels()["app.kubernetes.io/name"]], goes(policies, from.labels(), to.labels()), "%s to %s", from.Metadata.Name, to.Metadata.Name)
			}
		}
	}
}
