package chaos_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/skaldhq/skald/test/stack"
)

// bank is where customers confirm payments: it knows every page that it showed.
type bank struct {
	http  *http.Client
	mu    sync.Mutex
	pages map[string]bool
}

// act does what a customer does on a page, and tells whether it was taken.
func (b *bank) act(ctx context.Context, page, act string) bool {
	b.mu.Lock()
	b.pages[page] = true
	b.mu.Unlock()
	if act == "" {
		return false
	}
	shop := stack.Shop{URL: page, HTTP: b.http}
	done, err := shop.Do(ctx, http.MethodPost, "/"+act, nil, "Accept", "application/json")
	return err == nil && done.Status < http.StatusMultipleChoices
}

// straggle is longer than what the provider does late may take.
const straggle = 10 * time.Second

// stragglers confirms every payment that a customer was ever asked for, after all
// is over, and waits for what else may come late: none of it may do harm.
func (b *bank) stragglers(ctx context.Context) {
	b.mu.Lock()
	pages := slices.Collect(maps.Keys(b.pages))
	b.mu.Unlock()
	for _, page := range pages {
		b.act(ctx, page, "complete")
	}
	last(ctx, straggle)
}
