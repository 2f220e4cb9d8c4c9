package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/api/timeline"
	"github.com/skaldhq/skald/services/order"
)

// Timeline is what the sagas of an order did.
type Timeline struct {
	OrderID  string          `json:"order_id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Status   order.Status    `json:"status" enum:"pending,awaiting_payment,confirmed,rejected,cancelled,failed,refunded"`
	Saga     OrderSaga       `json:"saga"`
	Complete bool            `json:"complete" doc:"Nothing is to come: the order is decided, its saga has ended, and no saga of it runs"`
	Expired  bool            `json:"expired" doc:"The order's saga ended so long ago that its history is not kept any more: the order tells how"`
	Erased   bool            `json:"erased" doc:"The order's user was deleted, and what the steps came to with them: there are steps and times left"`
	Entries  []TimelineEntry `json:"entries" nullable:"false" doc:"In the sequence in which they were recorded, of the order's saga and of those of its newest 50 refunds"`
	Running  []RunningStep   `json:"running" nullable:"false" doc:"The steps that are being tried"`
	Cursor   string          `json:"cursor" doc:"Send it as Last-Event-ID to stream what comes after these entries" example:"01a1fee4-2137-70eb-90ba-dbd45ad27fc4:47"`
}

// TimelineEntry is one thing that happened.
type TimelineEntry timeline.Entry

// RunningStep is a step that is being tried.
type RunningStep timeline.Running

// TimelineEnd is the last event of a stream.
type TimelineEnd struct {
	OrderID string       `json:"order_id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Status  order.Status `json:"status" enum:"pending,awaiting_payment,confirmed,rejected,cancelled,failed,refunded"`
	Saga    OrderSaga    `json:"saga"`
	Expired bool         `json:"expired" doc:"As of a timeline"`
	Erased  bool         `json:"erased" doc:"The same of a timeline"`
}

// The refusals of a timeline.
var (
	errNotAcceptable  = refusal{status: http.StatusNotAcceptable, code: "not_acceptable", detail: "A timeline is application/json or text/event-stream."}
	errTooManyStreams = refusal{status: http.StatusTooManyRequests, code: "too_many_streams", detail: "You have too many streams open. Close one first.", headers: []string{"Retry-After"}}
)

type timelineInput struct {
	OrderID     string `path:"order_id" doc:"The order's id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Accept      string `header:"Accept" hidden:"true"`
	LastEventID string `header:"Last-Event-ID" doc:"Streams what comes after it: the id of the last event of a stream, or a timeline's cursor. What is none of these streams all" example:"01a1fee4-2137-70eb-90ba-dbd45ad27fc4:47"`
}

// timelineOutput writes itself: as JSON or as a stream.
type timelineOutput struct{ Body func(huma.Context) }

// timelines answers what the sagas of orders did.
type timelines struct {
	Config
	api     huma.API
	streams *streams
}

func (c Config) registerTimeline(a huma.API) {
	op := operation("get-order-timeline", http.MethodGet, "/v1/orders/{order_id}/timeline", "orders", customers(readOrders), "Get an order's timeline",
		"The steps of the order's saga, and of those of its newest 50 refunds: when, by which attempt, with which outcome, and what was compensated. Works with every worker down. With `Accept: text/event-stream` it streams them live and goes on after `Last-Event-ID`: see the 200 of that type.",
		order.ErrNotFound)
	declareRefusals(&op, errNotAcceptable, errTooManyStreams)
	schemas := a.OpenAPI().Components.Schemas
	op.Responses = map[string]*huma.Response{
		"200": {Description: "OK", Content: map[string]*huma.MediaType{
			jsonType: {Schema: schemas.Schema(reflect.TypeFor[Timeline](), true, "")},
			eventStream: {Schema: &huma.Schema{
				Type: huma.TypeArray, Description: streamDescription, Items: &huma.Schema{OneOf: []*huma.Schema{
					streamEvent("entry", schemas.Schema(reflect.TypeFor[TimelineEntry](), true, "")),
					streamEvent("running", &huma.Schema{Type: huma.TypeArray, Items: schemas.Schema(reflect.TypeFor[RunningStep](), true, "")}),
					streamEvent("end", schemas.Schema(reflect.TypeFor[TimelineEnd](), true, "")),
				}},
			}},
		}},
		"204": {Description: "A stream that has ended already: do not come again"},
	}
	t := &timelines{Config: c, api: a, streams: newStreams()}
	huma.Register(a, op, t.get)
}

// streamEvent is an event of the stream as the document shows it.
func streamEvent(name string, data *huma.Schema) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Title: name, Required: []string{"event", "data"}, Properties: map[string]*huma.Schema{
			"event": {Type: huma.TypeString, Enum: []any{name}}, "id": {Type: huma.TypeString}, "data": data,
		},
	}
}

const jsonType = "application/json"

const streamDescription = "Server-sent events. `entry`: what happened, with the `id` to go on from. `running`: what is being tried, whenever that changed; it has no id. " +
	"`end`: once nothing is to come, as a timeline's `complete` tells; the stream ends with it. A stream that ends without it is to be taken up again with `Last-Event-ID`: after 15 minutes at most it ends so."

func (t *timelines) get(ctx context.Context, in *timelineInput) (*timelineOutput, error) {
	as := accepted(in.Accept, jsonType, eventStream)
	if as == "" {
		return nil, errNotAcceptable.problem(ctx)
	}
	o, err := t.ownOrder(ctx, in.OrderID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	if as == eventStream {
		return t.stream(ctx, o, in.LastEventID)
	}
	shown, err := t.show(ctx, o)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &timelineOutput{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", jsonType)
		_ = t.api.Marshal(hc.BodyWriter(), jsonType, shown) // the client may have gone
	}}, nil
}

// show gives the timeline as it is.
func (t *timelines) show(ctx context.Context, o order.Order) (*Timeline, error) {
	trail, err := t.newTrail(ctx, o, "")
	if err != nil {
		return nil, err
	}
	steps, err := trail.read(ctx)
	if err == nil && len(trail.running()) == 0 && !trail.complete() { // it ended since the order was read
		if err = trail.look(ctx, true); err == nil {
			var more []step
			more, err = trail.read(ctx)
			steps = append(steps, more...)
		}
	}
	if err != nil {
		return nil, err
	}
	running, err := trail.trying(ctx)
	if err != nil {
		return nil, err
	}
	o = trail.order
	shown := &Timeline{
		OrderID: o.ID, Status: o.Status, Saga: OrderSaga(o.Saga), Complete: trail.complete(), Expired: trail.expired(), Erased: trail.erased(),
		Entries: make([]TimelineEntry, len(steps)), Running: running, Cursor: trail.cursor.String(),
	}
	for i, s := range steps {
		shown.Entries[i] = s.entry
	}
	return shown, nil
}
