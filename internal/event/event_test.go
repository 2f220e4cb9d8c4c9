package event_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/event/eventtest"
)

const root = "../.."

// TestDocument: the AsyncAPI document and the code know the same topics, kinds and
// types, and its examples are as it says.
func TestDocument(t *testing.T) {
	t.Parallel()
	d := eventtest.Read(t, root)
	kinds := event.Kinds()
	require.Len(t, d.Components.Messages, len(kinds))
	for name, kind := range kinds {
		message := d.Components.Messages[name]
		require.Len(t, message.Payload.AllOf, 2, name)
		require.Equal(t, kind.Types, message.Payload.AllOf[1].Properties.Type.Enum)
		require.Contains(t, d.Components.Schemas, name)
		channel := d.Channels[kind.Service]
		require.Equal(t, event.Topic(kind.Service), channel.Address)
		require.Contains(t, channel.Messages, name)
		for _, example := range message.Examples {
			d.Holds(t, name, example.Payload)
		}
		require.False(t, event.Type(name+".invented").Known())
		for _, of := range kind.Types {
			require.True(t, of.Known())
			require.Equal(t, name, of.Kind())
			require.Contains(t, event.Types(kind.Service), of)
		}
	}
}

func confirmed() event.Happened {
	return event.Happened{
		Type: event.OrderConfirmed, Aggregate: uuid.MustParse("019d3c75-2809-7bc1-9c31-4a0b9b1a26b8"), Version: 2,
		Time:        time.Date(2026, 11, 21, 4, 54, 49, 45907000, time.UTC),
		Data:        json.RawMessage(`{"order_id":"ord_01knp7aa09fg0srcaa1edhm9nr","user_id":"usr_01knp7aa09fg0srcaa1edhm9nr","status":"confirmed","version":2}`),
		Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	}
}

// TestRecord: an event as it is published, letter by letter, and the same when it is
// made again.
func TestRecord(t *testing.T) {
	t.Parallel()
	h := confirmed()
	r, err := h.Record()
	require.NoError(t, err)
	subject := "ord_" + string(r.Key)[4:]
	require.JSONEq(t, `{"specversion":"1.0","id":"order/`+subject+`/2","source":"/services/order","type":"order.confirmed","subject":"`+subject+`",
		"time":"2026-11-21T04:54:49.045907Z","datacontenttype":"application/json","dataschema":"https://skald.dev/asyncapi.yaml#/components/schemas/order",
		"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","data":`+string(h.Data)+`}`, string(r.Value))
	require.Equal(t, "skald.order.events", r.Topic)
	require.Equal(t, []kgo.RecordHeader{{Key: "content-type", Value: []byte("application/cloudevents+json")}}, r.Headers)
	require.Equal(t, event.OrderConfirmed, eventtest.Read(t, root).Judge(t, r))

	again, err := h.Record()
	require.NoError(t, err)
	require.Equal(t, r, again)

	h.Traceparent = ""
	r, err = h.Record()
	require.NoError(t, err)
	require.NotContains(t, string(r.Value), "traceparent")
	h.Type = "weather.changed"
	_, err = h.Record()
	require.ErrorContains(t, err, "weather")
}

// TestRead: what is no event says where it is.
func TestRead(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "{", `{"specversion":"1.0"}`, `"text"`, `{"specversion":"1.0","id":"a/1","type":"x` + "\xff" + `","source":"/s"}`} {
		_, err := event.Read(&kgo.Record{Topic: "topic", Partition: 2, Offset: 7, Value: []byte(value)})
		require.ErrorContains(t, err, "topic/2/7", value)
	}
}
