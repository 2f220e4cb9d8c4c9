// Package prom answers PromQL from what processes served on /metrics, as a
// Prometheus that scraped them does. It knows no product package.
package prom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/teststorage"
)

// Server is a Prometheus that scrapes when it is told to.
type Server struct {
	db     *teststorage.TestStorage
	engine *promql.Engine
	parser parser.Parser
}

// New returns a server that has scraped nothing.
func New(t testing.TB) *Server {
	t.Helper()
	p := parser.NewParser(parser.Options{})
	return &Server{db: teststorage.New(t), parser: p, engine: promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e6, Timeout: time.Minute, Parser: p, EnableNegativeOffset: true, EnableAtModifier: true,
	})}
}

// Scrape keeps what a process served, in Prometheus's text format, as of a time. The
// labels are those of the target.
func (s *Server) Scrape(ctx context.Context, served []byte, at time.Time, target map[string]string) error {
	metrics, err := textparse.New(served, "text/plain", labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return fmt.Errorf("read metrics: %w", err)
	}
	to := s.db.Appender(ctx)
	add := func(series labels.Labels, value float64) error {
		b := labels.NewBuilder(series)
		for name, label := range target {
			b.Set(name, label)
		}
		_, err := to.Append(0, b.Labels(), at.UnixMilli(), value)
		return err
	}
	for {
		entry, err := metrics.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read metrics: %w", err)
		}
		if entry != textparse.EntrySeries {
			continue
		}
		var series labels.Labels
		metrics.Labels(&series)
		if _, _, value := metrics.Series(); add(series, value) != nil {
			return fmt.Errorf("keep %s", series)
		}
	}
	if err := add(labels.FromStrings("__name__", "up"), 1); err != nil {
		return fmt.Errorf("keep up: %w", err)
	}
	return to.Commit()
}

// Ask gives how many series answer a query with a number, as of a time: of nothing, a
// quantile or a share is none.
func (s *Server) Ask(ctx context.Context, query string, at time.Time) (int, error) {
	q, err := s.engine.NewInstantQuery(ctx, s.db, nil, query, at)
	if err != nil {
		return 0, fmt.Errorf("parse %s: %w", query, err)
	}
	defer q.Close()
	found, err := q.Exec(ctx).Vector()
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", query, err)
	}
	n := 0
	for _, sample := range found {
		if !math.IsNaN(sample.F) {
			n++
		}
	}
	return n, nil
}

// Selectors gives the parts of a query that name a metric, without their offsets.
func (s *Server) Selectors(query string) (all []string, err error) {
	expr, err := s.parser.ParseExpr(query)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", query, err)
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			plain := parser.VectorSelector{Name: v.Name, LabelMatchers: v.LabelMatchers}
			all = append(all, plain.String())
		}
		return nil
	})
	return all, nil
}
