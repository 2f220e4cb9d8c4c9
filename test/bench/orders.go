package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
)

// orders places orders through the front door.
type orders struct {
	shop    *stack.Shop
	request stack.NewOrder
	mu      sync.Mutex
	lastID  string
}

func newOrders(ctx context.Context, s *stack.Stack) (*orders, error) {
	o := &orders{shop: s.NewShop()}
	a, err := o.shop.Do(ctx, http.MethodPost, "/v1/products", map[string]any{
		"name": "bench", "base_price": stack.Money{Amount: 1999, Currency: "EUR"},
	})
	if err != nil {
		return nil, err
	}
	var product struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(a.Body, &product); err != nil {
		return nil, err
	}
	if _, err := o.shop.Do(ctx, http.MethodPut, "/v1/stock/"+product.ID, map[string]any{"on_hand": 1_000_000}); err != nil {
		return nil, err
	}
	o.request = stack.NewOrder{
		UserID: s.Users["alice"], PaymentMethod: "pm_card_visa", Items: []stack.Item{{ProductID: product.ID, Quantity: 1}},
	}
	return o, nil
}

// place places one order, which must be confirmed.
func (o *orders) place(ctx context.Context) error {
	a, err := o.shop.Place(ctx, o.request)
	if err != nil {
		return err
	}
	if a.Status != http.StatusCreated {
		return fmt.Errorf("answered %d: %s", a.Status, a.Body)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lastID = a.Order.ID
	return nil
}

func (o *orders) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lastID
}

// events counts the events of an order's history.
func events(ctx context.Context, c client.Client, orderID string) (int, error) {
	n := 0
	for iter := c.GetWorkflowHistory(ctx, "order/"+orderID, "", true, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); iter.HasNext(); n++ {
		if _, err := iter.Next(); err != nil {
			return 0, err
		}
	}
	return n, nil
}
