package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/twmb/franz-go/pkg/kerr"
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
	// HeaderCut marks one that was too large for the topic: its value and its own
	// headers are left out.
	HeaderCut = "dead-letter-cut"
)

// Grave keeps dead letters for operators.
type Grave interface {
	// Bury keeps a record, once for its consumer and place. fresh: it was not there.
	Bury(ctx context.Context, b Burial) (fresh bool, err error)
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

// Buried is what became of a burial.
type Buried struct {
	Fresh bool // it is in the grave now, and was not before
	// Unpublished is why the topic will not have it: it is too large, there is no such
	// topic, or nobody may write to it. The grave has it.
	Unpublished error
}

// Bury keeps a record in the grave, which knows one that is there already, and then
// publishes it to the topic, where it may be twice if that has to be tried again. What
// the topic does not take for good holds up nothing: the grave has it. It fails where
// grave or brokers are away; it may be in the grave then.
func (l Letters) Bury(ctx context.Context, consumer string, r *kgo.Record, e cloudevents.Event, why *fault.Error) (done Buried, err error) {
	b := Burial{Consumer: consumer, Record: r, Code: why.Code, Detail: why.Message}
	if e.Context != nil {
		b.EventID, b.Type = e.ID(), e.Type()
	}
	if done.Fresh, err = l.Grave.Bury(ctx, b); err != nil {
		return done, err
	}
	told := []kgo.RecordHeader{
		header(HeaderConsumer, consumer), header(HeaderCode, why.Code), header(HeaderDetail, why.Message), header(HeaderTopic, r.Topic),
		header(HeaderPartition, strconv.Itoa(int(r.Partition))), header(HeaderOffset, strconv.FormatInt(r.Offset, 10)),
	}
	err = l.publish(ctx, &kgo.Record{Topic: l.Topic, Key: r.Key, Value: r.Value, Headers: append(slices.Clone(r.Headers), told...)})
	if errors.Is(err, kerr.MessageTooLarge) {
		err = l.publish(ctx, &kgo.Record{Topic: l.Topic, Key: r.Key, Headers: append(told, header(HeaderCut, "true"))})
	}
	if refused(err) {
		done.Unpublished, err = err, nil
	}
	return done, err
}

func (l Letters) publish(ctx context.Context, dead *kgo.Record) error {
	if err := l.Publisher.ProduceSync(ctx, dead).FirstErr(); err != nil {
		return fmt.Errorf("publish to %s: %w", l.Topic, err)
	}
	return nil
}

// refused reports whether brokers have answered with a no that another try does not
// change. That there is no such topic has been asked several times then.
func refused(err error) bool {
	var no *kerr.Error
	return errors.As(err, &no) && (!no.Retriable || errors.Is(no, kerr.UnknownTopicOrPartition))
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
