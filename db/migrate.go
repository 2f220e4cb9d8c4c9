// Package db holds the schema of every service and applies it.
package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that goose speaks through
	"github.com/pressly/goose/v3"
)

//go:embed */migrations/*.sql
var migrations embed.FS

// Services names every service that keeps a database, in the order in which
// the platform starts them.
func Services() []string {
	return []string{"user", "product", "pricing", "inventory", "payment", "order", "notification"}
}

// Migrate brings the database at url to the newest schema of a service and
// tells how many migrations it applied. It is safe to run twice and at the same
// time: goose holds a lock of the session.
func Migrate(ctx context.Context, url, service string) (int, error) {
	dir, err := fs.Sub(migrations, service+"/migrations")
	if err != nil {
		return 0, fmt.Errorf("open migrations of %s: %w", service, err)
	}
	conn, err := sql.Open("pgx", url)
	if err != nil {
		return 0, fmt.Errorf("open database of %s: %w", service, err)
	}
	defer func() { _ = conn.Close() }()
	provider, err := goose.NewProvider(goose.DialectPostgres, conn, dir)
	if err != nil {
		return 0, fmt.Errorf("read migrations of %s: %w", service, err)
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate database of %s: %w", service, err)
	}
	return len(applied), nil
}
