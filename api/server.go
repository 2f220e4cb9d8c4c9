package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// The limits of a connection. A request may wait for an order's outcome, so
// what bounds its answer is longer than any wait.
const (
	headerTimeout   = 5 * time.Second
	bodyTimeout     = 15 * time.Second
	answerTimeout   = time.Minute
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 15 * time.Second
	maxHeader       = 32 << 10
)

// Serve serves a handler until the context ends, then lets requests finish.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: answerTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	finishing, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(finishing)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}
