package check_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// ours tells whether pods of ours are meant, and of these labels.
func (p peer) ours(l labels) bool {
	return p.NamespaceSelector == nil && p.PodSelector != nil && p.PodSelector.match(l)
}

// goes tells whether a pod may send to another of ours.
func goes(policies []networkPolicy, from, to labels) bool {
	for _, p := range policies {
		for _, rule := range p.Spec.Egress {
			if p.Spec.PodSelector.match(from) && slices.ContainsFunc(rule.To, func(other peer) bool { return other.ours(to) }) {
				return true
			}
		}
	}
	return false
}

// comes tells whether a pod lets another of ours in.
func comes(policies []networkPolicy, from, to labels) bool {
	for _, p := range policies {
		for _, rule := range p.Spec.Ingress {
			if p.Spec.PodSelector.match(to) && slices.ContainsFunc(rule.From, func(other peer) bool { return other.ours(from) }) {
				return true
			}
		}
	}
	return false
}

// TestPeers: every policy is of pods that there are, and lets them reach pods that
// there are, namespaces that docs/deploy.md names, or addresses. What one side
// lets out, the other lets in.
func TestPeers(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/deploy.md")
	require.NoError(t, err)
	for _, overlay := range overlays(t) {
		all := render(t, overlay)
		policies, processes := of[networkPolicy](t, all, "NetworkPolicy"), of[pods](t, all, "Deployment")
		everyone := slices.Clone(processes)
		for _, step := range steps() {
			everyone = append(everyone, of[pods](t, render(t, filepath.Join(overlay, step)), "Job")...)
		}
		for _, p := range policies {
			name := p.Metadata.Name
			require.True(t, slices.ContainsFunc(everyone, func(one pods) bool { return p.Spec.PodSelector.match(one.labels()) }), "%s is of nobody", name)
			var peers []peer
			for _, rule := range p.Spec.Egress {
				peers = append(peers, rule.To...)
			}
			for _, rule := range p.Spec.Ingress {
				peers = append(peers, rule.From...)
			}
			for _, other := range peers {
				switch {
				case other.IPBlock != nil:
					_, err := netip.ParsePrefix(other.IPBlock.CIDR)
					require.NoError(t, err, name)
				case other.NamespaceSelector != nil:
					for key, value := range other.NamespaceSelector.MatchLabels {
						require.Regexp(t, "`("+key+": \")?"+value+"\"?`", string(page), "%s: docs/deploy.md does not name that namespace", name)
					}
				default:
					require.True(t, slices.ContainsFunc(processes, func(one pods) bool { return other.ours(one.labels()) }), "%s lets through what is not there", name)
				}
			}
		}
		for _, from := range processes {
			for _, to := range processes {
				require.Equal(t, goes(policies, from.labels(), to.labels()), comes(policies, from.labels(), to.labels()), "%s to %s", from.Metadata.Name, to.Metadata.Name)
			}
		}
	}
}
