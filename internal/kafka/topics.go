package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/config"
)

// topics are those that a client needs. It makes them first, where the configuration
// says so.
type topics struct {
	wanted config.Topics
	names  []string
	made   atomic.Bool
}

// make makes the topics that are missing. Nobody waits for another who does.
func (t *topics) make(ctx context.Context, with *kgo.Client) error {
	if t.made.Load() || !t.wanted.Create {
		return nil
	}
	made, err := kadm.NewClient(with).CreateTopics(ctx, t.wanted.Partitions, t.wanted.Replication, nil, t.names...)
	if err != nil {
		return fmt.Errorf("make topics: %w", err)
	}
	for _, topic := range made.Sorted() {
		if topic.Err != nil && !errors.Is(topic.Err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("make topic %s: %w", topic.Topic, topic.Err)
		}
	}
	t.made.Store(true)
	return nil
}
