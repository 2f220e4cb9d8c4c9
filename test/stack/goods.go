package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// The provider's test tokens (Stripe's), by what becomes of a payment with them.
const (
	Visa          = "pm_card_visa"
	Declined      = "pm_card_chargeDeclined"
	NoFunds       = "pm_card_chargeDeclinedInsufficientFunds"
	Authenticated = "pm_card_authenticationRequired"
)

// NewProduct creates a product with a price in EUR and a stock, and gives its id.
func (s *Shop) NewProduct(ctx context.Context, name string, price, onHand int64) (id string, err error) {
	a, err := s.want(ctx, http.StatusCreated, http.MethodPost, "/v1/products", map[string]any{
		"name": name, "description": "made by a test", "category": "test", "base_price": Money{Amount: price, Currency: "EUR"},
	})
	if err != nil {
		return "", err
	}
	var created struct{ ID string }
	if err := json.Unmarshal(a.Body, &created); err != nil {
		return "", fmt.Errorf("read product: %w", err)
	}
	return created.ID, s.SetStock(ctx, created.ID, onHand)
}

// SetStock sets how many of a product there are.
func (s *Shop) SetStock(ctx context.Context, product string, onHand int64) error {
	a, err := s.Do(ctx, http.MethodPut, "/v1/stock/"+product, map[string]any{"on_hand": onHand})
	if err == nil && a.Status != http.StatusOK && a.Status != http.StatusCreated {
		return fmt.Errorf("set stock: answered %d: %s", a.Status, a.Body)
	}
	return err
}

// Order reads an order.
func (s *Shop) Order(ctx context.Context, id string) (Order, error) {
	a, err := s.want(ctx, http.StatusOK, http.MethodGet, "/v1/orders/"+id, nil)
	return a.Order, err
}

// want sends a request whose answer has to have a status.
func (s *Shop) want(ctx context.Context, status int, method, path string, body any) (Answer, error) {
	a, err := s.Do(ctx, method, path, body)
	if err == nil && a.Status != status {
		return a, fmt.Errorf("%s %s: answered %d: %s", method, path, a.Status, a.Body)
	}
	return a, err
}

// Act does what the customer of an order does at the provider's page (3-D Secure):
// complete or fail.
func Act(ctx context.Context, o Order, what string) error {
	provider := Shop{URL: o.NextAction.URL, HTTP: http.DefaultClient}
	a, err := provider.Do(ctx, http.MethodPost, "/"+what, nil, "Accept", "application/json")
	if err == nil && a.Status >= http.StatusMultipleChoices {
		return fmt.Errorf("%s at the provider's page: answered %d: %s", what, a.Status, a.Body)
	}
	return err
}
