// Package eventtest judges events by the AsyncAPI document.
package eventtest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.yaml.in/yaml/v3"

	"github.com/skaldhq/skald/internal/event"
)

const documentURL = "https://skald.dev/asyncapi.yaml"

// Document is the AsyncAPI document of the project.
type Document struct {
	Channels   map[string]Channel
	Components struct {
		Messages map[string]Message
		Schemas  map[string]any
	}
	compiler *jsonschema.Compiler
}

// Channel is a topic.
type Channel struct {
	Address  string
	Messages map[string]any
}

// Message is what can be told of a kind of thing.
type Message struct {
	Payload struct {
		AllOf []struct {
			Properties struct {
				Type struct{ Enum []event.Type }
			}
		} `yaml:"allOf"`
	}
	Examples []struct{ Payload map[string]any }
}

// Read reads the document, given the way to the root of the project.
func Read(t *testing.T, root string) *Document {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "api", "asyncapi.yaml")) //nolint:gosec // the project's own
	require.NoError(t, err)
	d := &Document{compiler: jsonschema.NewCompiler()}
	require.NoError(t, yaml.Unmarshal(raw, d))
	var all any
	require.NoError(t, yaml.Unmarshal(raw, &all))
	d.compiler.DefaultDraft(jsonschema.Draft7) // which AsyncAPI's schemas are
	d.compiler.AssertFormat()
	require.NoError(t, d.compiler.AddResource(documentURL, plain(t, all)))
	return d
}

// plain is a value as JSON has it.
func plain(t *testing.T, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return value
}

// Holds judges a value by the message of a kind of thing.
func (d *Document) Holds(t *testing.T, kind string, value any) {
	t.Helper()
	schema, err := d.compiler.Compile(documentURL + "#/components/messages/" + kind + "/payload")
	require.NoError(t, err)
	require.NoError(t, schema.Validate(plain(t, value)), "%v", value)
}

// Judge judges a record, and gives the type of its event.
func (d *Document) Judge(t *testing.T, r *kgo.Record) event.Type {
	t.Helper()
	e, err := event.Read(r)
	require.NoError(t, err)
	kind := event.Type(e.Type()).Kind()
	require.Equal(t, event.Topic(event.Kinds()[kind].Service), r.Topic)
	require.Equal(t, e.Subject(), string(r.Key))
	d.Holds(t, kind, json.RawMessage(r.Value))
	return event.Type(e.Type())
}

// Told judges every event in a service's outbox, and gives their types in the
// order in which they happened, by subject.
func (d *Document) Told(t *testing.T, outbox *pgxpool.Pool) map[string][]event.Type {
	t.Helper()
	rows, err := outbox.Query(t.Context(), `SELECT type, aggregate_id, version, created_at, payload FROM outbox ORDER BY aggregate_id, version`)
	require.NoError(t, err)
	told, versions := map[string][]event.Type{}, map[uuid.UUID]int64{}
	var h event.Happened
	_, err = pgx.ForEachRow(rows, []any{&h.Type, &h.Aggregate, &h.Version, &h.Time, &h.Data}, func() error {
		versions[h.Aggregate]++
		require.Equal(t, versions[h.Aggregate], h.Version, "versions have no gap")
		r, err := h.Record()
		require.NoError(t, err)
		told[string(r.Key)] = append(told[string(r.Key)], d.Judge(t, r))
		return nil
	})
	require.NoError(t, err)
	return told
}
