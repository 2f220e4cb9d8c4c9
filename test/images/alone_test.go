package images_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/devstack/pgcluster"
	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// TestWithoutTemporal: processes that start while Temporal is away serve what needs
// none, say what is missing, and end well.
func TestWithoutTemporal(t *testing.T) {
	t.Parallel()
	p := &platform{T: t, image: build(t)}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700)) //nolint:gosec // a directory
	cluster, err := pgcluster.Start(t.Context(), pgcluster.Options{Dir: filepath.Join(dir, "pg")})
	require.NoError(t, err)
	t.Cleanup(cluster.Stop)

	const token = "a token of services, of this test"
	common := map[string]string{"TEMPORAL_ADDRESS": "127.0.0.1:1", "SKALD_SERVICE_TOKENS": token}
	start := func(path string, env map[string]string, args ...string) *process {
		addr := stacktest.FreeAddr(t)
		told := maps.Clone(common)
		maps.Copy(told, env)
		told["SKALD_ADDR"], told["SKALD_SERVICE_ADDR"] = addr, addr
		one := p.start(t, addr, told, args...)
		one.requireAnswer(t, path)
		return one
	}
	keys := map[string]string{"SKALD_API_KEY_SECRET": "a secret of API keys, of this test"}
	var places []string
	for _, name := range []string{"user", "product"} {
		url, err := cluster.Provision(t.Context(), name)
		require.NoError(t, err)
		_, err = db.Migrate(t.Context(), url, name)
		require.NoError(t, err)
		env := map[string]string{"SKALD_DATABASES": name + "=" + url}
		if name == "user" {
			keys["SKALD_DATABASES"] = env["SKALD_DATABASES"]
		}
		one := start("/health", env, "service", name)
		p.all, places = append(p.all, one), append(places, name+"="+one.URL)
	}
	key := strings.TrimSpace(p.once(t, keys, "bootstrap"))
	for _, name := range []string{"pricing", "inventory", "payment", "order", "notification"} {
		places = append(places, name+"=http://127.0.0.1:1")
	}
	door := start("/health", map[string]string{
		"SKALD_SERVICES": strings.Join(places, ";"), "SKALD_API_KEY_SECRET": keys["SKALD_API_KEY_SECRET"],
	}, "gateway")
	p.all = append(p.all, door)

	shop := &stack.Shop{URL: door.URL, Key: key, HTTP: http.DefaultClient}
	list, err := shop.Do(t.Context(), http.MethodGet, "/v1/products", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, list.Status, "%s", list.Body)
	ready, err := shop.Do(t.Context(), http.MethodGet, "/ready", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusServiceUnavailable, ready.Status)
	var said struct {
		Checks map[string]struct{ Status string }
	}
	require.NoError(t, json.Unmarshal(ready.Body, &said))
	require.Equal(t, "unavailable", said.Checks["temporal"].Status)
	for _, one := range p.all {
		require.Contains(t, one.log.String(), "no Temporal server answers at 127.0.0.1:1")
		one.stop(t)
	}
}
