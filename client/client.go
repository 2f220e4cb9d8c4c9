package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Client asks a front door. Many may use one at a time.
type Client struct {
	// Raw sends the same requests, and gives their answers unread.
	Raw *Raw
}

// New returns a client of the front door at a URL, such as http://127.0.0.1:8080.
// Without [WithHTTPClient] nothing but a request's context bounds its time.
func New(url string, options ...ClientOption) (*Client, error) {
	raw, err := NewClient(url, options...)
	if err != nil {
		return nil, fmt.Errorf("make client of %s: %w", url, err)
	}
	return &Client{Raw: raw}, nil
}

// WithKey shows an API key, or a token of the identity provider, with each
// request; empty: nothing is shown.
func WithKey(key string) ClientOption {
	return WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		return nil
	})
}

// Answer is what came back of a request that was not refused.
type Answer[T any] struct {
	// Value is what the body says; its zero value where there is none: of a 204,
	// and of a 304, after which the client has the state already.
	Value  T
	Status int
	Header http.Header
}

// None is the value of an answer that has no body.
type None struct{}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// answer reads a response: an *Error where the front door refused.
func answer[T any](response *http.Response, err error) (*Answer[T], error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, refused(response, body)
	}
	a := &Answer[T]{Status: response.StatusCode, Header: response.Header}
	if len(body) == 0 || response.StatusCode == http.StatusNotModified {
		return a, nil
	}
	if err := json.Unmarshal(body, &a.Value); err != nil {
		return nil, fmt.Errorf("read answer of status %d: %w", response.StatusCode, err)
	}
	return a, nil
}

// refused is the error of an answer that refuses. What stands before a front door
// may refuse in words of its own: then there is no code.
func refused(response *http.Response, body []byte) *Error {
	e := &Error{Status: response.StatusCode, Header: response.Header, Body: body}
	var p Problem
	if json.Unmarshal(body, &p) != nil {
		return e
	}
	e.Code, e.Detail, e.TraceID, e.Fields = p.Code, p.Detail, p.TraceID, p.Errors
	if p.OrderID != nil {
		e.OrderID = *p.OrderID
	}
	if p.PaymentID != nil {
		e.PaymentID = *p.PaymentID
	}
	return e
}
