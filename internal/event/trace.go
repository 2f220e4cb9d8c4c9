package event

import (
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Headers carry the trace of one publication in a record (W3C Trace Context for
// Kafka), beside that of the change, which is in the event and the same however
// often it is published.
type Headers struct{ *kgo.Record }

var _ propagation.TextMapCarrier = Headers{}

// Get gives a header, empty where there is none.
func (h Headers) Get(key string) string {
	for _, header := range h.Headers {
		if header.Key == key {
			return string(header.Value)
		}
	}
	return ""
}

// Set adds a header.
func (h Headers) Set(key, value string) {
	h.Headers = append(h.Headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
}

// Keys names the headers.
func (h Headers) Keys() (all []string) {
	for _, header := range h.Headers {
		all = append(all, header.Key)
	}
	return all
}

// EndSpan ends the span of publishing an event, or of dealing with one. What went
// wrong may name what is no business of a trace's.
func EndSpan(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
