package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/skaldhq/skald/client"
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
	door, err := ops.door()
	if err != nil {
		return err
	}
	keys, more, err := list(p.ctx, l.Limit, func(ctx context.Context, limit *int64, cursor *string) ([]client.Key, *string, error) {
		page, err := door.ListAPIKeys(ctx, &client.ListAPIKeysParams{Limit: limit, Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return page.Value.Items, page.Value.NextCursor, nil
	})
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
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Role, said(k.UserID), ago(k.CreatedAt), state)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return tellMore(p.out, more)
}

type createKeyCmd struct {
	Name   string            `arg:"" help:"What it is for."`
	Role   client.NewKeyRole `help:"customer, service or operator." default:"service" enum:"customer,service,operator"`
	User   string            `help:"Of a customer's key: the user."`
	Scopes []string          `help:"What it may do of what its role may; all of that if not given."`
	Until  *time.Time        `help:"When it expires, such as 2027-01-31T00:00:00Z; never if not given."`
	Key    string            `name:"idempotency-key" help:"Makes one key under this key, however often it is sent."`
}

// Run makes a key and prints it.
func (c *createKeyCmd) Run(p *process, ops *opsCmd) error {
	door, err := ops.door()
	if err != nil {
		return err
	}
	wanted := client.NewKey{Name: c.Name, Role: c.Role, UserID: given(c.User), Scopes: c.Scopes, ExpiresAt: c.Until}
	made, err := door.CreateAPIKey(p.ctx, &client.CreateAPIKeyParams{IdempotencyKey: given(c.Key)}, wanted)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "%s  %s\n", made.Value.ID, made.Value.Key)
	return err
}

type revokeKeyCmd struct {
	ID string `arg:"" help:"Such as key_…"`
}

// Run revokes a key.
func (r *revokeKeyCmd) Run(p *process, ops *opsCmd) error {
	door, err := ops.door()
	if err != nil {
		return err
	}
	revoked, err := door.RevokeAPIKey(p.ctx, r.ID)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "%s (%s) is revoked\n", revoked.Value.ID, revoked.Value.Name)
	return err
}
