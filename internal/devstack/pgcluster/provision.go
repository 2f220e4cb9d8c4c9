package pgcluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/skaldhq/skald/internal/devstack/file"
)

// lockDown keeps every role out of the databases that are nobody's. A server of
// others is left as it is.
func (c *Cluster) lockDown(ctx context.Context) error {
	return c.admin(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
		return err
	})
}

// Provision makes a database and a role of a service's name, once. The role
// owns the database, and can connect to no other service's. It returns the
// role's URL, which stays the same.
func (c *Cluster) Provision(ctx context.Context, service string) (string, error) {
	password, err := c.rolePassword(service)
	if err != nil {
		return "", err
	}
	err = c.admin(ctx, func(conn *pgx.Conn) error {
		name := pgx.Identifier{service}.Sanitize()
		var role, database bool
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), EXISTS (SELECT FROM pg_database WHERE datname = $1)`, service).
			Scan(&role, &database)
		if err != nil {
			return err
		}
		if !role {
			if _, err := conn.Exec(ctx, "CREATE ROLE "+name+" LOGIN"); err != nil {
				return err
			}
		}
		// The password is of our own making and needs no quoting.
		if _, err := conn.Exec(ctx, "ALTER ROLE "+name+" PASSWORD '"+password+"'"); err != nil {
			return err
		}
		if !database {
			if _, err := conn.Exec(ctx, "CREATE DATABASE "+name+" OWNER "+name); err != nil {
				return err
			}
		}
		_, err = conn.Exec(ctx, "REVOKE CONNECT ON DATABASE "+name+" FROM PUBLIC; GRANT CONNECT ON DATABASE "+name+" TO "+name)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("provision database %s: %w", service, err)
	}
	return c.url(url.UserPassword(service, password), service), nil
}

// admin runs fn as the superuser.
func (c *Cluster) admin(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, c.AdminURL("postgres"))
	if err != nil {
		return err
	}
	return errors.Join(fn(conn), conn.Close(ctx))
}

// rolePassword reads or makes the password of a service's role.
func (c *Cluster) rolePassword(service string) (string, error) {
	c.roles.Lock()
	defer c.roles.Unlock()
	path := filepath.Join(c.dir, "roles.json")
	roles := map[string]string{}
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &roles)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	if password, ok := roles[service]; ok {
		return password, nil
	}
	roles[service] = randomPassword()
	if raw, err = json.Marshal(roles); err != nil {
		return "", err
	}
	return roles[service], file.Replace(path, raw)
}
