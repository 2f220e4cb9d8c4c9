package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/skaldhq/skald/client"
)

// Shop is the front door as a client sees it.
type Shop struct {
	URL  string
	Key  string // empty: none is shown
	HTTP *http.Client
}

// NewShop returns a client of the platform's front door, with an operator's key.
func (s *Stack) NewShop() *Shop {
	return &Shop{URL: s.FrontDoor, Key: s.APIKeys["operator"], HTTP: &http.Client{
		Timeout:   time.Minute,
		Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256},
	}}
}

// Money is an amount in minor units.
type Money = client.Money

// NewOrder is the body of POST /v1/orders.
type NewOrder = client.NewOrder

// Item is a line of it.
type Item = client.NewOrderItem

// Order is an order as the front door shows it, as far as tests look.
type Order struct {
	ID         string                 `json:"id"`
	UserID     string                 `json:"user_id"`
	Status     string                 `json:"status"`
	Items      []client.OrderItem     `json:"items"`
	Total      *Money                 `json:"total"`
	PaymentID  string                 `json:"payment_id"`
	Failure    *client.OrderFailure   `json:"failure"`
	NextAction *client.CustomerAction `json:"next_action"`
	Version    int64                  `json:"version"`
	Saga       struct {
		WorkflowID string `json:"workflow_id"`
		State      string `json:"state"`
	} `json:"saga"`
}

// Problem is a problem response (RFC 9457).
type Problem struct {
	Type    string `json:"type"`
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
	OrderID string `json:"order_id"`
}

// Client asks the same front door, for tests that are not about HTTP itself.
func (s *Shop) Client() (*client.Client, error) {
	return client.New(s.URL, client.WithKey(s.Key), client.WithHTTPClient(s.HTTP))
}

// Answer is what came back of a request: an order or a problem.
type Answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Order   Order
	Problem Problem
}

// OrderID is the id of the order that the answer is about.
func (a Answer) OrderID() string {
	if a.Order.ID != "" {
		return a.Order.ID
	}
	return a.Problem.OrderID
}

// Do sends a request and reads its JSON answer. Headers come in pairs.
func (s *Shop) Do(ctx context.Context, method, path string, body any, headers ...string) (Answer, error) {
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return Answer{}, err
		}
		payload = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, payload)
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if s.Key != "" {
		request.Header.Set("Authorization", "Bearer "+s.Key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.HTTP.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	a := Answer{Status: response.StatusCode, Header: response.Header}
	if a.Body, err = io.ReadAll(response.Body); err != nil {
		return a, fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		_ = json.Unmarshal(a.Body, &a.Problem)
	} else {
		_ = json.Unmarshal(a.Body, &a.Order)
	}
	return a, nil
}

// Place posts an order. Headers come in pairs.
func (s *Shop) Place(ctx context.Context, o NewOrder, headers ...string) (Answer, error) {
	return s.Do(ctx, http.MethodPost, "/v1/orders", o, headers...)
}
