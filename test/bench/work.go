package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaldhq/skald/test/stack"
)

// work is what an order makes the platform do beside Temporal's own.
type work struct {
	Commits       float64 // in all databases
	ProviderCalls float64
}

// countWork places orders one at a time and divides what was done by them.
func countWork(ctx context.Context, s *stack.Stack, place task, n int) (work, error) {
	before, err := counters(ctx, s)
	if err != nil {
		return work{}, err
	}
	if err := single(ctx, place, n, &series{}); err != nil {
		return work{}, err
	}
	after, err := counters(ctx, s)
	if err != nil {
		return work{}, err
	}
	return work{
		Commits:       (after.Commits - before.Commits) / float64(n),
		ProviderCalls: (after.ProviderCalls - before.ProviderCalls) / float64(n),
	}, nil
}

// statsDelay is a little more than it takes a session of Postgres to report what
// it did.
const statsDelay = 1500 * time.Millisecond

func counters(ctx context.Context, s *stack.Stack) (work, error) {
	time.Sleep(statsDelay)
	conn, err := pgx.Connect(ctx, s.Databases["order"])
	if err != nil {
		return work{}, fmt.Errorf("connect to count commits: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var w work
	if err := conn.QueryRow(ctx, "SELECT sum(xact_commit)::float8 FROM pg_stat_database").Scan(&w.Commits); err != nil {
		return work{}, fmt.Errorf("count commits: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.PSP+"/_log", nil)
	if err != nil {
		return work{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return work{}, fmt.Errorf("read the provider's log: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var calls []json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&calls); err != nil {
		return work{}, fmt.Errorf("read the provider's log: %w", err)
	}
	w.ProviderCalls = float64(len(calls))
	return w, nil
}
