package platform

import (
	"context"
	"fmt"
	"slices"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/kafka"
	"github.com/skaldhq/skald/internal/outbox"
)

// relays are those of the process's services, and what they publish to: nothing where
// no brokers are named. Kafka need not be there: nothing else waits for it, and no
// service is less ready without it.
func (p *Platform) relays(ctx context.Context) ([]*outbox.Relay, error) {
	names := telling(p.names)
	var producer outbox.Publisher
	if p.publishes() {
		to, err := kafka.NewProducer(p.config.Kafka, event.Topics(names...)...)
		if err != nil {
			return nil, err
		}
		p.closers = append(p.closers, to.Close)
		producer = to
	} else {
		p.log.WarnContext(ctx, "events are not published, and wait in the outboxes: set SKALD_KAFKA_BROKERS")
	}
	metrics := outbox.NewMetrics(p.metrics)
	var all []*outbox.Relay
	for _, name := range names {
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

// publishes tells whether there is anything to publish to. Where there is not, relays
// only measure what waits.
func (p *Platform) publishes() bool { return len(p.config.Kafka.Brokers) > 0 }

// telling are those of the services that tell of anything.
func telling(services []string) []string {
	return slices.DeleteFunc(slices.Clone(services), func(name string) bool { return len(event.Types(name)) == 0 })
}
