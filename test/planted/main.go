// Planted plants bugs, one at a time and never in the tree, and runs the test
// that must notice each. It prints what caught what, as docs/reliability.md has it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/skaldhq/skald/internal/devstack/pgcluster"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stdout, stderr io.Writer) error {
	p, stop, err := newPlanter(ctx)
	if err != nil {
		return err
	}
	defer stop()
	for _, b := range bugs() {
		if err := p.plant(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		_, _ = fmt.Fprintln(stderr, "caught:", b.name)
	}
	_, err = fmt.Fprint(stdout, table(bugs()))
	return err
}

// newPlanter has a Postgres server that all tests share, until stop.
func newPlanter(ctx context.Context) (p planter, stop func(), err error) {
	gomod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return planter{}, nil, err
	}
	dir, err := os.MkdirTemp("", "skald-planted-")
	if err != nil {
		return planter{}, nil, err
	}
	server, err := pgcluster.Start(ctx, pgcluster.Options{Dir: filepath.Join(dir, "postgres"), ServerURL: os.Getenv("SKALD_TEST_DATABASE_URL")})
	if err != nil {
		_ = os.RemoveAll(dir)
		return planter{}, nil, err
	}
	p = planter{root: filepath.Dir(strings.TrimSpace(string(gomod))), dir: dir, env: []string{"SKALD_TEST_DATABASE_URL=" + server.AdminURL("postgres")}}
	return p, func() { server.Stop(); _ = os.RemoveAll(dir) }, nil
}
