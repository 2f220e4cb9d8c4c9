package prom_test

import (
	"os"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestKubernetes: a pod of the platform is scraped under the names that the alerts ask
// for, and no other is.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../deploy/prometheus/kubernetes.yaml")
	require.NoError(t, err)
	var file struct {
		Scrape []struct {
			Job     string            `yaml:"job_name"`
			Relabel []*relabel.Config `yaml:"relabel_configs"`
		} `yaml:"scrape_configs"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &file))
	require.Len(t, file.Scrape, 1)
	require.Equal(t, "skald", file.Scrape[0].Job)
	for _, rule := range file.Scrape[0].Relabel {
		rule.NameValidationScheme = model.UTF8Validation // as Prometheus sets it
	}
	pod := func(annotated, port, phase string) *labels.Builder {
		return labels.NewBuilder(labels.FromStrings(
			"__meta_kubernetes_pod_annotation_prometheus_io_scrape", annotated, "__meta_kubernetes_pod_container_port_name", port,
			"__meta_kubernetes_pod_phase", phase, "__meta_kubernetes_pod_name", "order-0-1-0-abc", "__meta_kubernetes_pod_label_app_kubernetes_io_name", "order",
		))
	}
	scraped := pod("true", "http", "Running")
	require.True(t, relabel.ProcessBuilder(scraped, file.Scrape[0].Relabel...))
	require.Equal(t, "order", scraped.Get("role"))
	require.Equal(t, "order-0-1-0-abc", scraped.Get("pod"))
	for _, other := range []*labels.Builder{pod("", "http", "Running"), pod("true", "grpc", "Running"), pod("true", "http", "Succeeded")} {
		require.False(t, relabel.ProcessBuilder(other, file.Scrape[0].Relabel...))
	}
}
