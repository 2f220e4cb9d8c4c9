package api

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// describeSchemas tells of each schema what it is and how one looks. What only
// the platform sends is open: clients pass over what they do not know.
func (d documenter) describeSchemas() {
	all, taken := d.doc.Components.Schemas.Map(), d.taken()
	for name, s := range all {
		s.Description = cmp.Or(s.Description, schemaDescriptions()[name])
		if items, isPage := strings.CutPrefix(name, "Page"); isPage {
			s.Description = cmp.Or(s.Description, "A page of a list of `"+items+"`")
			s.Properties["next_cursor"].Description = "The `cursor` of the next page of `" + items + "`; null on the last one"
		}
		if !taken[name] && s.AdditionalProperties == false {
			s.AdditionalProperties = nil
		}
		example, _ := d.examples.typed[name].(map[string]any)
		if s.Type == huma.TypeObject && len(s.Examples) == 0 {
			s.Examples = []any{d.examples.typed[name]}
		}
		for _, part := range append(slices.Clone(s.AllOf), s) {
			for field, p := range part.Properties {
				d.describeProperty(p, example[field])
			}
		}
	}
}

// describeProperty gives a property the example that its object has for it, where
// it has none of its own.
func (d documenter) describeProperty(p *huma.Schema, example any) {
	if p.Type == "" && p.Ref == "" && p.AnyOf == nil { // any JSON: what we pass on are objects
		p.Type, p.AdditionalProperties = huma.TypeObject, true
	}
	if p.Ref != "" && p.Description != "" { // what stands beside a reference says its type
		p.Type = huma.TypeObject
	}
	if p.Ref != "" || len(p.Examples) > 0 || p.Default != nil {
		return
	}
	if example == nil {
		one := *p
		one.Nullable = false
		example = d.examples.of(&one)
	}
	if example != nil {
		p.Examples = []any{example}
	}
}

// taken names the schemas of what clients send: unknown fields are refused there.
func (d documenter) taken() map[string]bool {
	found := map[string]bool{}
	for op := range operationsOf(d.doc) {
		if op.RequestBody == nil {
			continue
		}
		for _, m := range op.RequestBody.Content {
			d.reach(m.Schema, found)
		}
	}
	return found
}

func (d documenter) reach(s *huma.Schema, found map[string]bool) {
	if s == nil {
		return
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok && !found[name] {
		found[name] = true
		d.reach(d.doc.Components.Schemas.Map()[name], found)
	}
	d.reach(s.Items, found)
	for inner := range maps.Values(s.Properties) {
		d.reach(inner, found)
	}
}

// extending is the schema of a T, which embeds a Base: that one, and more.
func extending[T, Base any](r huma.Registry, s *huma.Schema) *huma.Schema {
	base := r.Schema(reflect.TypeFor[Base](), true, "")
	more := &huma.Schema{Type: huma.TypeObject, Description: "What it has of its own, as `" + reflect.TypeFor[T]().Name() + "`", Properties: s.Properties}
	for name := range r.SchemaFromRef(base.Ref).Properties {
		delete(more.Properties, name)
	}
	for _, name := range s.Required {
		if more.Properties[name] != nil {
			more.Required = append(more.Required, name)
		}
	}
	return &huma.Schema{Type: huma.TypeObject, AllOf: []*huma.Schema{base, more}}
}

// schemaDescriptions tells what each schema is.
func schemaDescriptions() map[string]string {
	return map[string]string{
		"Acceptance":        "Who took a discrepancy as it stands, and why",
		"Alive":             "The process answers",
		"Amount":            "Money as a client sets it: not negative",
		"Cancellation":      "Why a customer wants out of an order",
		"Check":             "How one of the things that the front door depends on stands",
		"CreatedKey":        "A key that was just made, with what to send as the credential",
		"CustomerAction":    "What the customer has to do before the money can be held",
		"DeadLetter":        "A record that a consumer of the platform could not deal with",
		"Discount":          "A part off the base price while it runs",
		"Discrepancy":       "What the services say of one order, and that does not agree",
		"FailureStatus":     "Why a saga turned back: at which step, and how",
		"IssuedWebhook":     "A webhook endpoint with a secret that was just made",
		"Key":               "An API key: who may ask the platform, and as whom. Not the credential itself",
		"Money":             "An amount in minor units, cents for EUR",
		"NewAcceptance":     "Accepts a discrepancy as it is",
		"NewKey":            "Asks for an API key",
		"NewAmount":         "Money as a client sets it: more than nothing",
		"NewOrder":          "Asks for an order. Prices are never the client's to say",
		"NewOrderItem":      "Asks for units of a product",
		"NewPayment":        "Asks for a payment of its own",
		"NewPaymentRefund":  "Asks to give a payment of its own back, whole or in part",
		"NewPrice":          "Sets the price of a product",
		"NewProduct":        "The state of a product as a client sets it",
		"NewRefund":         "Asks to give an order back, whole or in parts",
		"NewRepair":         "Asks to mend a discrepancy",
		"NewDismissal":      "Asks to dismiss a dead letter",
		"NewReplay":         "Asks to have a dead letter dealt with again",
		"NewResolution":     "Decides on a parked saga",
		"NewStock":          "Sets the count of a product",
		"NewUser":           "The state of a user as a client sets it",
		"Notification":      "What a customer was told, or is about to be",
		"NewWebhook":        "Asks for a webhook endpoint",
		"Order":             "An order, and how its saga stands",
		"OrderCancellation": "That the customer wants out, and what came of it",
		"OrderFailure":      "The step that failed, and the problem it met",
		"OrderItem":         "A line of an order",
		"OrderSaga":         "The saga that carries an order",
		"ParkedStatus":      "A step that keeps failing and waits for an operator",
		"Patience":          "How long an attempt of a step may take",
		"Payload":           "What a saga left at Temporal: an input, a result, a summary",
		"Payloads":          "Payloads, as Temporal's Web UI passes them on",
		"Payment":           "The money of an order, or a payment of its own, as the payment service keeps it",
		"PaymentFailure":    "Why a payment of its own did not come about, and at which step",
		"PaymentRefund":     "Money of a payment that goes back",
		"Price":             "What a unit of a product costs",
		"Problem":           "An error: problem details as of RFC 9457. It never repeats what the client sent",
		"ProblemField":      "A field of the request that is wrong",
		"Product":           "A product of the catalogue, with its stock and its price",
		"ProductStock":      "The stock of a product, as the catalogue shows it",
		"Readiness":         "What the front door can work with",
		"Refund":            "What goes back of an order",
		"RefundLine":        "Units of one product that go back",
		"Repair":            "What an operator had done about a discrepancy",
		"Dismissal":         "That an operator wants no effect of a dead letter",
		"Replay":            "That an operator had a dead letter dealt with again",
		"RequestedRepair":   "A discrepancy, and the repair of it that was asked for",
		"Resolution":        "What an operator decided on a parked saga, and what came of it",
		"RunningStep":       "A step of a saga that is being tried",
		"Saga":              "A saga with its steps, what is parked of it, and what was decided",
		"SagaSummary":       "A saga as a list shows it",
		"StepStatus":        "How one step of a saga stands: waiting, running, done, failed, undone or skipped",
		"Stock":             "The count of a product's units",
		"Timeline":          "What the sagas of an order did, and do",
		"TimelineEnd":       "How an order stood when its stream ended",
		"TimelineEntry":     "One thing that happened in a saga of an order",
		"User":              "Who orders",
		"WebhookDelivery":   "An event for a webhook endpoint, and what came of it",
		"WebhookEndpoint":   "Where an integrator is told of events. Not its secrets",
		"WebhookState":      "The state of a webhook endpoint as a client sets it",
	}
}
