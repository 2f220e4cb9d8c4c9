package platform

import (
	"context"
	"fmt"
	"slices"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/kafka"
	"github.com/skaldhq/skald/internal/outbox"
)

// relays publish the events of the process's services. Kafka need not be there:
// nothing else waits for it, and no service is less ready without it.
func (p *Platform) relays(ctx context.Context) ([]*outbox.Relay, error) {
	if len(p.config.Kafka.Brokers) == 0 {
		p.log.InfoContext(ctx, "events are not published, and wait in the outboxes: SKALD_KAFKA_BROKERS names no brokers")
		return nil, nil
	}
	telling := slices.DeleteFunc(slices.Clone(p.names), func(name string) bool { return len(event.Types(name)) == 0 })
	var topics []string
	for _, name := range telling {
		topics = append(topics, event.Topic(name))
	}
	producer, err := kafka.NewProducer(p.config.Kafka, topics...)
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, producer.Close)
	metrics := outbox.NewMetrics(p.metrics)
	var all []*outbox.Relay
	for _, name := range telling {
		pool, err := outbox.Pool(ctx, string(p.config.Databases[name]))
		if err != nil {
			return nil, fmt.Errorf("open database of %s: %w", name, err)
		}
		p.closers = append(p.closers, pool.Close)
		p.metrics.Pool(name, "relay", pool)
		all = append(all, outbox.New(name, pool, producer, metrics, p.log).Traced(p.traces.Of()))
	}
	return all, nil
}
