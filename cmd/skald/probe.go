package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// probeTimeout is a little more than a process takes to look at what it depends
// on.
const probeTimeout = 4 * time.Second

// probeMost is more than any page of metrics has, in bytes.
const probeMost = 16 << 20

type probeCmd struct {
	URL string `arg:"" help:"Such as http://127.0.0.1:8080/ready."`
}

// Run fails unless the URL answers with 2xx, and prints the answer either way:
// it says what is missing.
func (c *probeCmd) Run(p *process) error {
	ctx, cancel := context.WithTimeout(p.ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request) //nolint:gosec // where to, whoever runs it says
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(p.out, io.LimitReader(response.Body, probeMost)); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %s", c.URL, response.Status)
	}
	return nil
}
