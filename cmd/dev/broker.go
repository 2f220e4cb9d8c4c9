package main

import (
	"cmp"
	"errors"
	"path/filepath"
	"syscall"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/devstack/broker"
)

// preferred starts what listens at the address that was asked for, or at its usual
// one; where that is taken and nobody asked for it, at a free one.
func preferred[T any](asked, usual string, start func(addr string) (T, error)) (T, error) {
	it, err := start(cmp.Or(asked, usual))
	if errors.Is(err, syscall.EADDRINUSE) && asked == "" {
		return start("127.0.0.1:0")
	}
	return it, err
}

// startBroker runs the broker, unless another is named.
func (s *devStack) startBroker(c *config.Config) error {
	s.info.Kafka = s.options.KafkaBroker
	if s.info.Kafka == "" {
		b, err := preferred(s.options.KafkaAddr, kafkaAddr, func(addr string) (*broker.Broker, error) {
			return broker.Start(filepath.Join(s.options.Data, "kafka"), addr)
		})
		if err != nil {
			return err
		}
		s.onStop(b.Close)
		s.info.Kafka = b.Addr
	}
	c.Kafka = config.Kafka{Brokers: []string{s.info.Kafka}, Topics: config.Topics{Create: true, Partitions: -1, Replication: 1}}
	return nil
}
