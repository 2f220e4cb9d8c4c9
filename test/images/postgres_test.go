package images_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/devstack/pgcluster"
)

// TestPostgresInit: the script that docker-compose.yml gives to an empty Postgres
// makes a database a service, whose role owns it, may migrate it, and can connect
// to no other.
func TestPostgresInit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("psql"); err != nil {
		t.Skip("there is no psql on this machine: it is in the image")
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700)) //nolint:gosec // a directory
	cluster, err := pgcluster.Start(t.Context(), pgcluster.Options{Dir: filepath.Join(dir, "pg")})
	require.NoError(t, err)
	t.Cleanup(cluster.Stop)
	admin, err := url.Parse(cluster.AdminURL("postgres"))
	require.NoError(t, err)
	superuser, _ := admin.User.Password()

	owned := map[string]string{"temporal": "temporal", "temporal_visibility": "temporal"}
	for _, service := range db.Services() {
		owned[service] = service
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "POSTGRES_USER=" + admin.User.Username(), "POSTGRES_DB=postgres", "PGPASSWORD=" + superuser,
		"PGHOST=" + admin.Hostname(), "PGPORT=" + admin.Port(),
	}
	password := func(role string) string { return "it's " + role }
	for _, role := range owned {
		env = append(env, "POSTGRES_PASSWORD_"+strings.ToUpper(role)+"="+password(role))
	}
	init := exec.CommandContext(t.Context(), root+"/deploy/postgres/init.sh")
	init.Env = env
	out, err := init.CombinedOutput()
	require.NoError(t, err, "%s", out)

	for database, owner := range owned {
		for _, role := range owned {
			at := *admin
			at.User, at.Path = url.UserPassword(role, password(role)), "/"+database
			conn, err := pgx.Connect(t.Context(), at.String())
			if role != owner {
				require.ErrorContains(t, err, "permission denied for database", "%s in the database %s", role, database)
				continue
			}
			require.NoError(t, err, database)
			require.NoError(t, conn.Close(t.Context()))
			if database == owner && slices.Contains(db.Services(), database) {
				applied, err := db.Migrate(t.Context(), at.String(), database)
				require.NoError(t, err)
				require.Positive(t, applied)
			}
		}
	}
}
