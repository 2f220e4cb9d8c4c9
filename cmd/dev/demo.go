package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/devstack/file"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/user"
)

// demo is what a fresh platform is filled with. Its ids are chosen and kept
// before anything is written, so that seeding may be cut short anywhere and
// done again.
type demo struct {
	Seeded  bool   `json:"seeded"`
	Webhook string `json:"webhook_secret"`
	Token   string `json:"service_token"`
	// WebhookKey seals the secrets of webhook endpoints; one of an earlier build has none.
	WebhookKey string `json:"webhook_key,omitempty"`
	// KeySecret is what the API keys are hashed with, KeyIDs are their ids by name.
	KeySecret string            `json:"api_key_secret"`
	KeyIDs    map[string]string `json:"api_key_ids"`
	APIKeys   map[string]string `json:"api_keys"`
	Users     map[string]string `json:"users"`
	Products  []demoProduct     `json:"products"`
	// PayloadKeys seal the payloads at Temporal, once --encrypt was given.
	PayloadKeys []string `json:"payload_keys,omitempty"`
}

type demoProduct struct {
	ID, Name, Description, Category string
	Price, OnHand                   int64
	DiscountBasisPoints             int
}

func demoCatalogue() []demoProduct {
	return []demoProduct{
		{Name: "Mead horn", Description: "Polished horn on a forged stand, holds half a litre.", Category: "tableware", Price: 3900, OnHand: 120},
		{Name: "Rune dice", Description: "Six bone dice with the elder futhark.", Category: "games", Price: 1450, OnHand: 500, DiscountBasisPoints: 1000},
		{Name: "Hnefatafl board", Description: "The king's table: oak board, 37 pieces.", Category: "games", Price: 8900, OnHand: 40},
		{Name: "Wool blanket", Description: "Woven from Icelandic wool, 140 by 200 cm.", Category: "home", Price: 12900, OnHand: 75},
		{Name: "Longship model", Description: "The Gokstad ship at 1:50, clinker-built.", Category: "models", Price: 24900, OnHand: 12},
		{Name: "Last harp", Description: "A six-stringed lyre; there is only one left.", Category: "music", Price: 49900, OnHand: 1},
	}
}

// loadDemo reads what was chosen at the first start, or chooses it now.
func loadDemo(dir string) (*demo, error) {
	path := filepath.Join(dir, "demo.json")
	raw, err := os.ReadFile(path) //nolint:gosec // the operator's own directory
	if err == nil {
		var d demo
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("read %s: %w: delete the directory to begin anew", path, err)
		}
		return &d, d.complete(dir)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	d := &demo{Webhook: "whsec_" + random(), WebhookKey: sealingKey(), Token: random(), KeySecret: random(), APIKeys: map[string]string{}, KeyIDs: map[string]string{}, Users: map[string]string{}, Products: demoCatalogue()}
	for _, name := range []string{"operator", "alice", "bob"} {
		d.KeyIDs[name], d.APIKeys[name] = user.KeyIDPrefix.New(), auth.NewMint(d.KeySecret).New()
	}
	for _, name := range []string{"alice", "bob"} {
		d.Users[name] = user.IDPrefix.New()
	}
	for i := range d.Products {
		d.Products[i].ID = product.IDPrefix.New()
	}
	return d, d.save(dir)
}

// complete makes what a directory of an earlier build lacks.
func (d *demo) complete(dir string) error {
	if d.WebhookKey != "" {
		return nil
	}
	d.WebhookKey = sealingKey()
	return d.save(dir)
}

func (d *demo) save(dir string) error { return writeJSON(filepath.Join(dir, "demo.json"), d) }

// seed fills the services once.
func (d *demo) seed(ctx context.Context, dir string, p *platform.Platform) error {
	if d.Seeded {
		return nil
	}
	for name, id := range d.Users {
		r := user.PutRequest{ID: id, Name: name, Email: name + "@example.com", Locale: "en", Status: user.Active}
		if _, _, err := p.Users().Create(ctx, r); err != nil {
			return fmt.Errorf("seed user: %w", err)
		}
	}
	for name, id := range d.KeyIDs {
		k := user.NewKey{
			ID: id, Name: name, Role: user.RoleOperator, By: "dev", Hash: auth.NewMint(d.KeySecret).Hash(d.APIKeys[name]), UserID: d.Users[name],
		}
		if k.UserID != "" {
			k.Role = user.RoleCustomer
		}
		if _, _, err := p.Users().CreateKey(ctx, k); err != nil {
			return fmt.Errorf("seed API key: %w", err)
		}
	}
	for _, item := range d.Products {
		price := money.New(item.Price, "EUR")
		r := product.PutRequest{ID: item.ID, Name: item.Name, Description: item.Description, Category: item.Category, BasePrice: price}
		if _, _, err := p.Products().Create(ctx, r); err != nil {
			return fmt.Errorf("seed product: %w", err)
		}
		set := pricing.SetRequest{ProductID: item.ID, Base: price}
		if item.DiscountBasisPoints > 0 {
			set.Discount = &pricing.Discount{BasisPoints: item.DiscountBasisPoints}
		}
		if _, _, err := p.Prices().Set(ctx, set); err != nil {
			return fmt.Errorf("seed price: %w", err)
		}
		if _, _, err := p.Stock().SetOnHand(ctx, item.ID, item.OnHand); err != nil {
			return fmt.Errorf("seed stock: %w", err)
		}
	}
	d.Seeded = true
	return d.save(dir)
}

// encrypt makes sure that there is a key to seal payloads with.
func (d *demo) encrypt(dir string) error {
	if len(d.PayloadKeys) > 0 {
		return nil
	}
	d.PayloadKeys = []string{sealingKey()}
	return d.save(dir)
}

// payloads is how the platform seals.
func (d *demo) payloads() config.Payloads {
	p := config.Payloads{EraseAfter: eraseAfter}
	for _, key := range d.PayloadKeys {
		p.Keys = append(p.Keys, config.Secret(key))
	}
	return p
}

// eraseAfter is short, so that one can see what it does.
const eraseAfter = 30 * time.Second

// random gives 192 random bits.
func random() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// sealingKey gives a key of a ring, with a name.
func sealingKey() string { return "dev-1=" + base64.StdEncoding.EncodeToString(seal.Random()) }

// writeJSON writes a file whole or not at all, readable by its owner only.
func writeJSON(path string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return file.Replace(path, append(raw, '\n'))
}
