package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/skaldhq/skald/client"
)

// shop stands for a front door that has one product, and no stock of it.
func shop(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer skald_key" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusConflict)
	_, _ = fmt.Fprint(w, `{"status":409,"code":"insufficient_stock","detail":"There is not enough stock for this order.","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","order_id":"ord_1"}`)
}

func ExampleClient_PlaceOrder() {
	server := httptest.NewServer(http.HandlerFunc(shop))
	defer server.Close()

	c, err := client.New(server.URL, client.WithKey("skald_key"))
	if err != nil {
		panic(err)
	}
	placed, err := c.PlaceOrder(context.Background(), &client.PlaceOrderParams{IdempotencyKey: new("checkout-4711")}, client.NewOrder{
		UserID: "usr_01k9m2v6y7e4p8s0t2w4x6z8ab", PaymentMethod: "pm_card_visa",
		Items: []client.NewOrderItem{{ProductID: "prd_01k9m2v6y7e4p8s0t2w4x6z8ab", Quantity: 2}},
	})
	switch client.Code(err) {
	case "insufficient_stock":
		fmt.Println("sold out:", err)
	case "":
		fmt.Println(placed.Value.ID, "is", placed.Value.Status)
	}
	// Output: sold out: There is not enough stock for this order.
}
