package prom

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.yaml.in/yaml/v3"
)

// Step is the time between the samples that are loaded, and between the looks at a
// rule.
const Step = time.Minute

// Alert is a rule: For is how long its expression has to hold before it fires.
type Alert struct {
	Name        string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         time.Duration     `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// Alerts reads a file of rules.
func Alerts(file string) (all []Alert, err error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	var rules struct {
		Groups []struct{ Rules []Alert }
	}
	if err := yaml.Unmarshal(raw, &rules); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	for _, group := range rules.Groups {
		all = append(all, group.Rules...)
	}
	return all, nil
}

// Load keeps a series in the notation of promtool: {a="b"} 0+1x10 is 0 and ten samples
// that are each 1 more. The first is of a time, each other a step later.
func (s *Server) Load(ctx context.Context, series string, from time.Time) error {
	of, values, err := s.parser.ParseSeriesDesc(series)
	if err != nil {
		return fmt.Errorf("parse %s: %w", series, err)
	}
	to := s.db.Appender(ctx)
	for i, v := range values {
		if v.Omitted {
			continue
		}
		if _, err := to.Append(0, of, from.Add(time.Duration(i)*Step).UnixMilli(), v.Value); err != nil {
			return fmt.Errorf("keep %s: %w", series, err)
		}
	}
	return to.Commit()
}

// Fires tells whether an alert fires at a time: whether a series has answered its
// expression at each look, for as long as the rule says.
func (s *Server) Fires(ctx context.Context, a Alert, at time.Time) (bool, error) {
	q, err := s.engine.NewRangeQuery(ctx, s.db, nil, a.Expr, at.Add(-a.For), at, Step)
	if err != nil {
		return false, fmt.Errorf("parse %s: %w", a.Expr, err)
	}
	defer q.Close()
	found, err := q.Exec(ctx).Matrix()
	if err != nil {
		return false, fmt.Errorf("ask %s: %w", a.Expr, err)
	}
	for _, series := range found {
		if len(series.Floats) == int(a.For/Step)+1 {
			return true, nil
		}
	}
	return false, nil
}
