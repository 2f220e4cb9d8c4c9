package check_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type peer struct {
	NamespaceSelector, PodSelector *selector
	IPBlock                        *struct{ CIDR string }
}

type port struct {
	Port     json.RawMessage
	Protocol string
}

type networkPolicy struct {
	Metadata struct{ Name string }
	Spec     struct {
		PodSelector selector
		PolicyTypes []string
		Egress      []struct {
			To    []peer
			Ports []port
		}
		Ingress []struct {
			From  []peer
			Ports []port
		}
	}
}

// databases are the peers that a pod may reach on Postgres's port.
func databases(policies []networkPolicy, l labels) (names []string, peers []string) {
	for _, p := range policies {
		if !p.Spec.PodSelector.match(l) {
			continue
		}
		for _, rule := range p.Spec.Egress {
			if !slices.ContainsFunc(rule.Ports, func(p port) bool { return string(p.Port) == "5432" }) {
				continue
			}
			names = append(names, p.Metadata.Name)
			for _, to := range rule.To {
				if to.IPBlock != nil {
					peers = append(peers, to.IPBlock.CIDR)
				} else {
					peers = append(peers, to.PodSelector.MatchLabels["skald.dev/serves"])
				}
			}
		}
	}
	return names, peers
}

// TestNetwork: nothing may go anywhere but where a policy lets it; a service
// reaches its own database and no other's, as its migration does; only the payment
// and the notification service, and the front door, reach the outside.
func TestNetwork(t *testing.T) {
	t.Parallel()
	for _, overlay := range overlays(t) {
		all := render(t, overlay)
		policies := of[networkPolicy](t, all, "NetworkPolicy")
		barred := slices.ContainsFunc(policies, func(p networkPolicy) bool {
			return len(p.Spec.PodSelector.MatchLabels) == 0 && len(p.Spec.PodSelector.MatchExpressions) == 0 &&
				slices.Equal(p.Spec.PolicyTypes, []string{"Ingress", "Egress"}) && len(p.Spec.Ingress) == 0
		})
		require.True(t, barred, "nothing bars what no policy lets")
		for _, p := range policies {
			for _, rule := range p.Spec.Egress {
				require.NotEmpty(t, rule.To, p.Metadata.Name)
				require.NotEmpty(t, rule.Ports, p.Metadata.Name)
			}
			for _, rule := range p.Spec.Ingress {
				require.NotEmpty(t, rule.From, p.Metadata.Name)
			}
		}

		owners := map[string]string{} // of the peers
		for _, p := range of[pods](t, all, "Deployment") {
			service := p.labels()["app.kubernetes.io/name"]
			names, peers := databases(policies, p.labels())
			if service == "gateway" {
				require.Empty(t, names)
				continue
			}
			require.Equal(t, []string{service + "-database"}, names)
			require.Len(t, peers, 1)
			require.Contains(t, []string{"", service}, owners[peers[0]], "two services reach one database")
			owners[peers[0]] = service
			require.Equal(t, service == "payment" || service == "notification", reachesOutside(policies, p.labels()), service)
		}
		require.Len(t, owners, services)

		for _, p := range of[pods](t, render(t, filepath.Join(overlay, "migrate")), "Job") {
			names, _ := databases(policies, p.labels())
			if service, ok := p.labels()["skald.dev/database"]; ok {
				require.Equal(t, []string{service + "-database"}, names)
				require.True(t, strings.HasPrefix(p.Metadata.Name, "migrate-"+service))
			} else {
				require.Empty(t, names)
			}
		}
	}
}

// reachesOutside tells whether a pod may reach addresses of the internet.
func reachesOutside(policies []networkPolicy, l labels) bool {
	for _, p := range policies {
		for _, rule := range p.Spec.Egress {
			if p.Spec.PodSelector.match(l) && slices.ContainsFunc(rule.To, func(to peer) bool { return to.IPBlock != nil && to.IPBlock.CIDR == "0.0.0.0/0" }) {
				return true
			}
		}
	}
	return false
}
