package stripepay

import (
	"context"
	"io"
	"net/http"
	"time"
)

// bounded ends a call after a share of the time that its context has left, or
// after the least.
type bounded struct {
	least time.Duration
	next  http.RoundTripper
}

// share is what part of the time left a call may take: as many fit.
const share = 3

// RoundTrip gives the call its time, which ends with the answer's body.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	limit := b.least
	if deadline, ok := r.Context().Deadline(); ok {
		limit = max(limit, time.Until(deadline)/share)
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	response, err := b.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	response.Body = timedBody{response.Body, cancel}
	return response, nil
}

// timedBody frees the call's timer when it is closed.
type timedBody struct {
	io.ReadCloser

	cancel context.CancelFunc
}

// Close closes the body.
func (b timedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
