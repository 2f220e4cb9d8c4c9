package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// contentType marks a record that is an event in CloudEvents' structured mode:
	// all of it is in the value, so that nothing is lost where headers are.
	contentType = cloudevents.ApplicationCloudEventsJSON
	// schemaBase is where the schemas of the data are, by kind.
	schemaBase = "https://skald.dev/asyncapi.yaml#/components/schemas/"

	contentTypeHeader = "content-type"
	traceparent       = "traceparent" // CloudEvents' distributed tracing extension
)

// Happened is a row of a service's outbox.
type Happened struct {
	Type        Type
	Aggregate   uuid.UUID
	Version     int64 // of the aggregate, from 1 on without a gap
	Time        time.Time
	Data        json.RawMessage
	Traceparent string // empty: it belongs to no trace
}

// Record is the event as it is published. Its id is the same however often it
// is made, and that of no other event of any service. Its key holds an aggregate's events in their order. It fails where
// nobody knows the kind of thing that the type is about.
func (h Happened) Record() (*kgo.Record, error) {
	kind, ok := kindOf(h.Type.Kind())
	if !ok {
		return nil, fmt.Errorf("make event of %s, version %d: nothing is a %q", h.Aggregate, h.Version, h.Type.Kind())
	}
	subject := kind.Subject.Format(h.Aggregate)
	e := cloudevents.New()
	e.SetID(fmt.Sprintf("%s/%s/%d", h.Type.Kind(), subject, h.Version))
	e.SetSource("/services/" + kind.Service)
	e.SetType(string(h.Type))
	e.SetSubject(subject)
	e.SetTime(h.Time)
	e.SetDataSchema(schemaBase + h.Type.Kind())
	if h.Traceparent != "" {
		e.SetExtension(traceparent, h.Traceparent)
	}
	if err := e.SetData(cloudevents.ApplicationJSON, h.Data); err != nil {
		return nil, fmt.Errorf("make event %s: %w", e.ID(), err)
	}
	value, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("make event %s: %w", e.ID(), err)
	}
	return &kgo.Record{
		Topic: Topic(kind.Service), Key: []byte(subject), Value: value, // without a time of its own: retention counts from the publishing
		Headers: []kgo.RecordHeader{{Key: contentTypeHeader, Value: []byte(contentType)}},
	}, nil
}

// errNotText: JSON is UTF-8 (RFC 8259, section 8.1), and decoders let other bytes pass.
var errNotText = errors.New("it is not UTF-8")

// Read is the event in a record. All its text is UTF-8.
func Read(r *kgo.Record) (cloudevents.Event, error) {
	var e cloudevents.Event
	if !utf8.Valid(r.Value) {
		return e, fmt.Errorf("read event at %s/%d/%d: %w", r.Topic, r.Partition, r.Offset, errNotText)
	}
	if err := json.Unmarshal(r.Value, &e); err != nil {
		return e, fmt.Errorf("read event at %s/%d/%d: %w", r.Topic, r.Partition, r.Offset, err)
	}
	if err := e.Validate(); err != nil {
		return e, fmt.Errorf("read event at %s/%d/%d: %w", r.Topic, r.Partition, r.Offset, err)
	}
	return e, nil
}
