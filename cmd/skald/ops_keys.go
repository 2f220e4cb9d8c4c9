package main

import (
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/services/user"
)

type keysCmd struct {
	List   listKeysCmd  `cmd:"" help:"List API keys, newest first."`
	Create createKeyCmd `cmd:"" help:"Make an API key and print it, once."`
	Revoke revokeKeyCmd `cmd:"" help:"Revoke an API key for good."`
}

type listKeysCmd struct {
	Limit int `help:"How many at most." default:"50"`
}

// Run prints a line a key.
func (l *listKeysCmd) Run(p *process, ops *opsCmd) error {
	keys, more, err := list[api.Key](p.ctx, ops, "/v1/api-keys", url.Values{}, l.Limit)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "API KEY\tNAME\tROLE\tUSER\tCREATED\tSTATE")
	for _, k := range keys {
		state := "active"
		switch {
		case k.RevokedAt != nil:
			state = "revoked " + ago(*k.RevokedAt)
		case k.ExpiresAt != nil && k.ExpiresAt.Before(time.Now()):
			state = "expired " + ago(*k.ExpiresAt)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Role, k.UserID, ago(k.CreatedAt), state)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return tellMore(p.out, more)
}

type createKeyCmd struct {
	Name   string     `arg:"" help:"What it is for."`
	Role   user.Role  `help:"customer, service or operator." default:"service" enum:"customer,service,operator"`
	User   string     `help:"Of a customer's key: the user."`
	Scopes []string   `help:"What it may do of what its role may; all of that if not given."`
	Until  *time.Time `help:"When it expires, such as 2027-01-31T00:00:00Z; never if not given."`
	Key    string     `name:"idempotency-key" help:"Makes one key under this key, however often it is sent."`
}

// Run makes a key and prints it.
func (c *createKeyCmd) Run(p *process, ops *opsCmd) error {
	wanted := api.NewKey{Name: c.Name, Role: c.Role, UserID: c.User, Scopes: c.Scopes, ExpiresAt: c.Until}
	var made api.CreatedKey
	if err := ops.call(p.ctx, http.MethodPost, "/v1/api-keys", wanted, &made, c.Key); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "%s  %s\n", made.ID, made.Secret)
	return err
}

type revokeKeyCmd struct {
	ID string `arg:"" help:"Such as key_…"`
}

// Run revokes a key.
func (r *revokeKeyCmd) Run(p *process, ops *opsCmd) error {
	var revoked api.Key
	if err := ops.call(p.ctx, http.MethodDelete, "/v1/api-keys/"+url.PathEscape(r.ID), nil, &revoked, ""); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "%s (%s) is revoked\n", revoked.ID, revoked.Name)
	return err
}
