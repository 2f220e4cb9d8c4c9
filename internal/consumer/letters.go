package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/fault"
)

// The headers that a dead letter has beside its own: who could not deal with it, why,
// and where it was.
const (
	HeaderConsumer  = "dead-letter-consumer"
	HeaderCode      = "dead-letter-code"
	HeaderDetail    = "dead-letter-detail"
	HeaderTopic     = "dead-letter-topic"
	HeaderPartition = "dead-letter-partition"
	HeaderOffset    = "dead-letter-offset"
)

// Grave keeps dead letters for operators.
type Grave interface {
	// Bury keeps a record, once for its consumer and place.
	Bury(ctx context.Context, b Burial) error
	// Raise gives at most limit dead letters of a consumer that an operator wants dealt
	// with again.
	Raise(ctx context.Context, consumer string, limit int) ([]Raised, error)
	// EndReplay keeps whether it was dealt with now, and if not, why.
	EndReplay(ctx context.Context, replayID string, done bool, code string) error
	// DeadCount tells how many dead letters of a consumer there are.
	DeadCount(ctx context.Context, consumer string) (int, error)
}

// Burial is a record that could not be dealt with.
type Burial struct {
	Consumer      string
	Record        *kgo.Record
	EventID, Type string // empty: the record is no event
	Code, Detail  string
}

// Raised is a dead letter that is to be dealt with again.
type Raised struct {
	ReplayID string
	Record   *kgo.Record
}

// Publisher is what dead letters are published to.
type Publisher interface {
	ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults
}

// Letters are where what cannot be dealt with goes: a topic, for whoever reads
// those, and a grave, which lists it once.
type Letters struct {
	Topic     string
	Publisher Publisher
	Grave     Grave
}

// Bury keeps a record in the grave, which knows one that is there already, and then
// publishes it to the topic, where it may be twice if that has to be tried again.
func (l Letters) Bury(ctx context.Context, consumer string, r *kgo.Record, e cloudevents.Event, why *fault.Error) error {
	b := Burial{Consumer: consumer, Record: r, Code: why.Code, Detail: why.Message}
	if e.Context != nil {
		b.EventID, b.Type = e.ID(), e.Type()
	}
	if err := l.Grave.Bury(ctx, b); err != nil {
		return err
	}
	dead := &kgo.Record{Topic: l.Topic, Key: r.Key, Value: r.Value, Headers: append(slices.Clone(r.Headers),
		header(HeaderConsumer, consumer), header(HeaderCode, why.Code), header(HeaderDetail, why.Message), header(HeaderTopic, r.Topic),
		header(HeaderPartition, strconv.Itoa(int(r.Partition))), header(HeaderOffset, strconv.FormatInt(r.Offset, 10)),
	)}
	if err := l.Publisher.ProduceSync(ctx, dead).FirstErr(); err != nil {
		return fmt.Errorf("publish to %s: %w", l.Topic, err)
	}
	return nil
}

func header(key, value string) kgo.RecordHeader {
	return kgo.RecordHeader{Key: key, Value: []byte(value)}
}

// replays is how many dead letters are dealt with again at a time.
const replays = 20

// Replay deals with the dead letters again that operators want dealt with, and tells
// how many. One that has to be tried later is left for the next time.
func (c *Consumer) Replay(ctx context.Context) (int, error) {
	raised, err := c.letters.Grave.Raise(ctx, c.name, replays)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, letter := range raised {
		_, _, err := c.try(ctx, letter.Record)
		f := fault.From(err)
		if err != nil && !f.Kind.Definite() && f.Kind != fault.Internal {
			return ended, err
		}
		code := ""
		if err != nil {
			code = f.Code
			c.log.LogAttrs(ctx, slog.LevelWarn, "dead still", append(fault.Attrs(err), place(letter.Record)...)...)
		}
		if err := c.letters.Grave.EndReplay(ctx, letter.ReplayID, err == nil, code); err != nil {
			return ended, err
		}
		ended++
	}
	return ended, nil
}
