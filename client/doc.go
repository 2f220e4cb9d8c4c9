// Package client asks Skald's front door. It is made of api/openapi.yaml by
// oapi-codegen, a method an operation; written by hand are only what a credential
// is, and that a problem is an error.
//
//	c, err := client.New("https://shop.example.com", client.WithKey("skald_…"))
//	…
//	placed, err := c.PlaceOrder(ctx, &client.PlaceOrderParams{IdempotencyKey: new("checkout-4711")}, client.NewOrder{…})
//	switch client.Code(err) {
//	case "": // placed.Value is the order; placed.Status tells whether it is decided
//	case "insufficient_stock", "payment_declined": // a business no, for the customer
//	default: // the platform's trouble; the same key makes it safe to ask again
//	}
//
// What a field or a parameter may leave out is a pointer. [Client.Raw] gives answers
// as they came, for those who need more than an [Answer] keeps.
package client
