package main

import (
	"errors"
	"fmt"

	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/services/user"
)

// bootstrapCmd makes the first operator, whom nobody could make through the front
// door: it writes to the user service's database.
type bootstrapCmd struct {
	config.Config

	Name string `help:"Name of the key." default:"bootstrap"`
}

// Run makes an operator's API key and prints it, once.
func (b *bootstrapCmd) Run(p *process) error {
	if b.Auth.KeySecret == "" {
		return errors.New("API keys are hashed with a secret: set SKALD_API_KEY_SECRET to that of the gateways")
	}
	if err := b.Auth.Sufficient(); err != nil {
		return err
	}
	plat, err := platform.Open(p.ctx, b.Config, p.log, "user")
	if err != nil {
		return err
	}
	defer plat.Close()
	mint := auth.NewMint(string(b.Auth.KeySecret))
	key := mint.New()
	k := user.NewKey{ID: user.KeyIDPrefix.New(), Hash: mint.Hash(key), Name: b.Name, Role: user.RoleOperator, By: "skald bootstrap"}
	if _, _, err := plat.Users().CreateKey(p.ctx, k); err != nil {
		return fmt.Errorf("keep the key: %w", err)
	}
	_, err = fmt.Fprintln(p.out, key)
	return err
}
