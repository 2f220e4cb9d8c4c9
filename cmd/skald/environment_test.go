package main

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/db"
)

const root = "../.."

// TestEnvironment: the page of variables is what the code takes, and what is
// deployed names no other.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	require.NoError(t, run(t.Context(), []string{"environment"}, &page))
	kept, err := os.ReadFile(root + "/docs/environment.md")
	require.NoError(t, err)
	require.Equal(t, page.String(), string(kept), "run make generate")

	parser, err := kong.New(&cli{})
	require.NoError(t, err)
	known := variables(parser.Model)
	name := regexp.MustCompile(`\b(SKALD|STRIPE|TEMPORAL)_[A-Z_]*`)
	for _, file := range deployed(t) {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range name.FindAllString(string(raw), -1) {
			ours := known[found] != nil || strings.HasSuffix(found, "_") // a family of them, such as SKALD_OIDC_…
			require.True(t, ours || found == "SKALD_VERSION", "%s: %s", file, found)
		}
	}
}

// TestPorts: a service listens in the cluster where it does everywhere.
func TestPorts(t *testing.T) {
	t.Parallel()
	for _, service := range db.Services() {
		file := root + "/deploy/k8s/base/" + service + ".yaml"
		if service == "order" {
			file = root + "/deploy/k8s/order/order.yaml"
		}
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		_, port, err := net.SplitHostPort(platform.ServiceAddr(service))
		require.NoError(t, err)
		require.Contains(t, string(raw), fmt.Sprintf("containerPort: %s\n", port))
		require.Contains(t, string(raw), fmt.Sprintf("value: %q\n", ":"+port))
	}
}

// deployed are the files that say how the platform is run.
func deployed(t *testing.T) []string {
	t.Helper()
	files := []string{root + "/docker-compose.yml", root + "/docs/deploy.md"}
	require.NoError(t, filepath.WalkDir(root+"/deploy", func(path string, d fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".yaml" && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	return files
}
