package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/config"
)

// Producer produces to topics that it makes first, where the configuration says
// so. Brokers know what they have taken before; all replicas in sync have it then.
type Producer struct {
	client *kgo.Client
	topics topics
}

// NewProducer returns a producer for the topics. It does not wait for brokers:
// none of them need be there yet.
func NewProducer(c config.Kafka, names ...string) (*Producer, error) {
	options, err := reaching(c)
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(options,
		kgo.ProducerLinger(0), // who produces waits
		// Whoever stops waiting for a record produces it again, under the same id.
		kgo.AllowIdempotentProduceCancellation(),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return &Producer{client: client, topics: topics{wanted: c.Topics, names: names}}, nil
}

// ProduceSync returns when every record is safe or has failed.
func (p *Producer) ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults {
	if err := p.topics.make(ctx, p.client); err != nil {
		results := make(kgo.ProduceResults, len(records))
		for i, record := range records {
			results[i] = kgo.ProduceResult{Record: record, Err: err}
		}
		return results
	}
	return p.client.ProduceSync(ctx, records...)
}

// Close ends the connections. What was not safe yet fails.
func (p *Producer) Close() { p.client.Close() }
