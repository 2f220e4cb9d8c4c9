// Package house_test holds the import rules of docs/architecture.md: who may
// know whom.
package house_test

import (
	"encoding/json"
	"io"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/activities"
)

const module = "github.com/skaldhq/skald"

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// inside is the package's path within the module.
func (p pkg) inside() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// rule binds the packages that match to what they may import of this project,
// and to what they must not depend on, not even transitively. {X} stands for
// the service in the package's own path.
type rule struct {
	match  string // path; {X} matches one element, a trailing /... anything below
	may    []string
	never  []string
	direct []string // barred as direct imports only: the SDK itself needs them
}

const (
	pgx      = "github.com/jackc/pgx/..."
	temporal = "go.temporal.io/..."
	server   = "go.temporal.io/server/..."
)

var leaves = []string{"internal/fault", "internal/money", "internal/id", "internal/text"}

func rules() []rule {
	anyDB, anyPG := "db/...", "services/{*}/{*}pg"
	return []rule{
		{match: "internal/fault", never: []string{pgx, temporal, "net/http"}},
		{match: "internal/money", never: []string{pgx, temporal, "net/http"}},
		{match: "internal/id", never: []string{pgx, temporal, "net/http"}},
		{match: "internal/text", never: []string{module + "/...", pgx, temporal, "net/http"}},
		{match: "internal/pg", may: []string{"internal/fault"}, never: []string{temporal, anyDB}},
		{match: "internal/rpc", may: []string{"internal/fault"}, never: []string{pgx, temporal, anyDB, "services/..."}},
		{match: "internal/health", never: []string{module + "/...", pgx, temporal}},
		{match: "internal/event", may: []string{"internal/id"}, never: []string{pgx, temporal, anyDB, "services/..."}},
		{match: "internal/kafka", may: []string{"internal/config"}, never: []string{pgx, temporal, anyDB, "services/..."}},
		{match: "internal/outbox", may: []string{"internal/event", "db/outbox"}, never: []string{temporal, "services/..."}},
		{match: "internal/outbound", never: []string{module + "/...", pgx, temporal}},
		{match: "internal/telemetry", never: []string{module + "/...", server}},
		{match: "internal/tracing", may: []string{"internal/config", "internal/event"}, never: []string{anyDB, "services/...", server}},
		{match: "internal/consumer", may: []string{"internal/event", "internal/fault"}, never: []string{pgx, temporal, anyDB, "services/..."}},
		{match: "internal/searchattr", never: []string{module + "/...", pgx, server}},
		{match: "internal/seal", never: []string{module + "/...", pgx, temporal, "net/http"}},
		{match: "internal/payload", may: []string{"internal/seal", "services/user"}, never: []string{pgx, anyDB, anyPG, server, "workflows/..."}},
		{match: "internal/config", may: []string{"internal/seal"}, never: []string{pgx, temporal, anyDB}},
		{match: "workflows/saga", never: []string{module + "/...", pgx}, direct: []string{"net/http"}},
		{match: "workflows/saga/sagatest", may: []string{"workflows/saga"}, never: []string{pgx, server}, direct: []string{"net/http"}},
		{match: "workflows", may: with("workflows/saga", "activities", "services/{*}"), never: []string{pgx, anyDB, anyPG}, direct: []string{"net/http"}},
		{match: "activities", may: with("services/{*}"), never: []string{pgx, anyDB, anyPG, "workflows/..."}},
		{match: "services/{X}", may: with(), never: []string{"services/{*}", pgx, temporal, anyDB}},
		{match: "services/{X}/{X}pg", may: with("services/{X}", "db/{X}", "internal/pg", "internal/seal"), never: []string{temporal, "db/{*}", "services/{*}"}},
		{match: "services/{X}/{X}test", may: with("services/{X}"), never: []string{temporal, pgx, anyDB, anyPG}},
		{match: "services/{X}/{X}http", may: with("services/{X}", "internal/rpc"), never: []string{temporal, pgx, anyDB, anyPG}},
		{match: "services/payment/stripepay", may: with("services/payment"), never: []string{temporal, pgx, anyDB}},
		{match: "services/notification/standardwebhooks", may: with("services/notification", "internal/outbound"), never: []string{temporal, pgx, anyDB}},
		{match: "services/payment/watched", may: with("services/payment"), never: []string{temporal, pgx, anyDB}},
		{match: "services/notification/letters", may: with("services/notification"), never: []string{temporal, pgx, anyDB, "net/http"}},
		{match: "services/notification/smtpmail", may: with("services/notification"), never: []string{temporal, pgx, anyDB}},
		{match: "db/{X}", never: []string{module + "/..."}},
		{match: "api", may: with("workflows", "workflows/saga", "services/{*}", "api/...", "internal/health"), never: []string{anyDB, anyPG, pgx, server}},
		{match: "api/cards", never: []string{module + "/...", pgx, temporal, "net/http"}},
		{match: "api/private", never: []string{module + "/...", pgx, temporal, "net/http"}},
		{match: "api/walk", never: []string{module + "/...", pgx, temporal, "net/http"}},
		{match: "api/auth", may: with("services/user"), never: []string{temporal, pgx, anyDB, anyPG}},
		{match: "api/timeline", may: []string{"workflows", "workflows/saga", "services/order", "internal/payload"}, never: []string{anyDB, anyPG, pgx, server}, direct: []string{"net/http"}},
		{match: "client", never: []string{module + "/...", pgx, temporal}}, // other programs import it: it brings nothing else along
		{match: "workers", may: with("workflows", "workflows/saga", "activities", "services/{*}"), never: []string{anyDB, anyPG, pgx, server}},
		{match: "test/checker", never: []string{module + "/..."}}, // it judges the product, and shares no mistake with it
		// A model that knew what it judges would agree with it.
		{match: "test/fuzz", never: []string{module + "/...", pgx, temporal}},
		{match: "test/prom", never: []string{module + "/...", pgx, temporal}},
		{match: "test/permutation", never: []string{module + "/...", pgx, temporal}},
		{match: "cmd/skald", may: []string{"..."}, never: []string{server, "internal/devstack/..."}},
		{match: "cmd/psp", may: []string{"..."}, never: []string{temporal, pgx}}, // it goes into an image of its own
	}
}

func with(may ...string) []string { return append(may, leaves...) }

func TestImports(t *testing.T) {
	t.Parallel()
	checked := map[string]bool{}
	for _, p := range packages(t) {
		for _, r := range rules() {
			x, ok := capture(r.match, p.inside())
			if !ok {
				continue
			}
			checked[r.match] = true
			for _, imported := range p.Imports {
				inner, ours := strings.CutPrefix(imported, module+"/")
				if ours && !slices.ContainsFunc(r.may, func(may string) bool { return allows(may, x, inner) }) {
					t.Errorf("%s imports %s", p.inside(), inner)
				}
				if slices.Contains(r.direct, imported) {
					t.Errorf("%s imports %s", p.inside(), imported)
				}
			}
			for _, dep := range p.Deps {
				inner := strings.TrimPrefix(dep, module+"/")
				for _, never := range r.never {
					if allows(never, "", inner) || allows(never, "", dep) {
						if !own(r, x, inner) {
							t.Errorf("%s depends on %s", p.inside(), inner)
						}
					}
				}
			}
		}
	}
	for _, r := range rules() {
		require.True(t, checked[r.match], "no package matches the rule for %s", r.match)
	}
}

// own reports whether a dependency that a rule bars in general is the one of
// the package's own service, which it allows by name.
func own(r rule, x, dep string) bool {
	return x != "" && slices.ContainsFunc(r.may, func(may string) bool {
		return strings.Contains(may, "{X}") && allows(may, x, dep)
	})
}

// capture matches a path against a rule's and gives what {X} stands for.
func capture(pattern, path string) (x string, ok bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return "", false
	}
	for i := range want {
		before, after, has := strings.Cut(want[i], "{X}")
		if !has {
			if want[i] != have[i] {
				return "", false
			}
			continue
		}
		got, ok1 := strings.CutPrefix(have[i], before)
		got, ok2 := strings.CutSuffix(got, after)
		if !ok1 || !ok2 || got == "" || (x != "" && got != x) {
			return "", false
		}
		x = got
	}
	return x, true
}

// allows matches a path against a pattern: {X} is x, {*} any one element's
// part, a trailing /... anything below and the path itself.
func allows(pattern, x, path string) bool {
	if x != "" {
		pattern = strings.ReplaceAll(pattern, "{X}", x)
	}
	if pattern == "..." {
		return true
	}
	if prefix, below := strings.CutSuffix(pattern, "/..."); below {
		return path == prefix || strings.HasPrefix(path, prefix+"/")
	}
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		before, after, wild := strings.Cut(want[i], "{*}")
		if wild && strings.HasPrefix(have[i], before) && strings.HasSuffix(have[i], after) {
			continue
		}
		if want[i] != have[i] {
			return false
		}
	}
	return true
}

// TestActivityNamesAreUnique: activities are registered by bare method name, so a name
// is used by one service only. The compiler cannot see that.
func TestActivityNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, service := range []any{
		&activities.User{}, &activities.Pricing{}, &activities.Inventory{}, &activities.Payment{}, &activities.Order{},
	} {
		methods := reflect.TypeOf(service)
		require.Positive(t, methods.NumMethod())
		for i := range methods.NumMethod() {
			name := methods.Method(i).Name
			require.False(t, seen[name], "two activities are named %s", name)
			seen[name] = true
		}
	}
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,Deps", module+"/...")
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else {
			require.NoError(t, err)
		}
		all = append(all, p)
	}
}
