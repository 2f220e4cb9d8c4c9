package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
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

type closingKey struct{}

// closing ends when the server does: nobody waits for an outcome then.
func closing(ctx context.Context) context.Context {
	if c, ok := ctx.Value(closingKey{}).(context.Context); ok {
		return c
	}
	return context.WithoutCancel(ctx)
}

// lastOfItsConnection closes the connection after a request whose body came in
// chunks. A length given beside them, which net/http drops unseen, would be
// another reading of where the next request begins (RFC 9112, section 6.3): there
// is no next one.
func lastOfItsConnection(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// Serve serves a handler until the context ends, then lets requests finish;
// those that wait for an order's outcome are answered without it. Of more
// connections than that at a time, the others wait until one is closed.
func Serve(ctx context.Context, l net.Listener, connections int, h http.Handler) error {
	server := &http.Server{
		Handler: lastOfItsConnection(h), ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: answerTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, DisableGeneralOptionsHandler: true,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.WithoutCancel(ctx), closingKey{}, ctx)
		},
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(netutil.LimitListener(l, connections)) }()
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
