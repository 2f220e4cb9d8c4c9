// Package chaos_test runs the platform as processes of its own behind a network
// that fails, and kills, freezes, cuts and slows what there is while orders,
// cancellations and refunds run. Then it heals all of it and has an independent
// checker judge every invariant.
package chaos_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/skaldhq/skald/test/stack"
)

// binaries are the commands under test, built once for the package.
var binaries struct{ dev, skald, crash string }

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "skald-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if binaries.dev, err = stack.Build(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for name, path := range map[string]*string{"cmd/skald": &binaries.skald, "cmd/internal/crash": &binaries.crash} {
		*path = filepath.Join(dir, filepath.Base(name))
		if out, err := exec.Command("go", "build", "-o", *path, "github.com/skaldhq/skald/"+name).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v: %s", name, err, out)
			return 1
		}
	}
	return m.Run()
}
