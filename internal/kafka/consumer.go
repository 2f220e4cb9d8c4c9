package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/skaldhq/skald/internal/config"
)

// lookAgain is how soon a consumer sees a topic that somebody else makes, or more
// partitions of one.
const lookAgain = 15 * time.Second

const (
	// sessionTimeout is how soon the partitions of a member that died are another's.
	sessionTimeout = 10 * time.Second
	// rebalanceTimeout is how long the others wait for one that dies while partitions are
	// dealt out. Whoever waits tells nothing of himself: it is well below his session.
	rebalanceTimeout = sessionTimeout / 2
)

// errDealtAnew: the partitions of the records may be another's by now.
var errDealtAnew = errors.New("the group was dealt out anew since they were read")

// Consumer is a member of a group that shares the records of topics. Where nobody has
// committed an offset yet, it begins at the start of each: what is too old to matter
// only its handler knows, and a group that was away for long has missed nothing. Poll
// and Commit are for one goroutine.
type Consumer struct {
	client *kgo.Client
	topics topics
	group  string
	read   membership // when records were last read
}

// membership is what a group was dealt out to a member as.
type membership struct {
	member     string
	generation int32
}

// NewConsumer returns a member of a group. It does not wait for brokers: none of them
// need be there yet.
func NewConsumer(c config.Kafka, group string, names ...string) (*Consumer, error) {
	options, err := reaching(c)
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(options,
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(names...), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.MetadataMaxAge(lookAgain),
		kgo.SessionTimeout(sessionTimeout), kgo.RebalanceTimeout(rebalanceTimeout),
		kgo.Balancers(kgo.StickyBalancer()), // in one step: a broker that dies between the two of a cooperative one leaves partitions to nobody
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return &Consumer{client: client, topics: topics{wanted: c.Topics, names: names}, group: group}, nil
}

// Poll waits for records, at most so many. Those of a partition are in their order.
// The group may be dealt out anew at any time: how long it takes to deal with records is
// nobody's to say.
func (c *Consumer) Poll(ctx context.Context, most int) ([]*kgo.Record, error) {
	if err := c.topics.make(ctx, c.client); err != nil {
		return nil, err
	}
	fetched := c.client.PollRecords(ctx, most)
	c.read.member, c.read.generation = c.client.GroupMetadata()
	records := fetched.Records()
	if err := fetched.Err(); err != nil && len(records) == 0 {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return records, nil
}

// Commit keeps that the records of the last Poll were dealt with. Where the group was
// dealt out anew meanwhile it keeps nothing, and the records come again, to whoever has
// their partitions: brokers look at who commits, not at whose a partition is, and would
// set back what its new holder has committed.
func (c *Consumer) Commit(ctx context.Context, records ...*kgo.Record) error {
	ctx = kgo.PreCommitFnContext(ctx, func(r *kmsg.OffsetCommitRequest) error {
		if (membership{member: r.MemberID, generation: r.Generation}) != c.read {
			return errDealtAnew
		}
		return nil
	})
	if err := c.client.CommitRecords(ctx, records...); err != nil {
		return fmt.Errorf("commit offsets: %w", err)
	}
	return nil
}

// Lag tells of each topic how many records the group has not dealt with.
func (c *Consumer) Lag(ctx context.Context) (map[string]int64, error) {
	described, err := kadm.NewClient(c.client).Lag(ctx, c.group)
	if err != nil {
		return nil, fmt.Errorf("measure lag: %w", err)
	}
	lag := map[string]int64{}
	for _, group := range described {
		if err := group.Error(); err != nil {
			return nil, fmt.Errorf("measure lag: %w", err)
		}
		for topic, behind := range group.Lag.TotalByTopic() {
			lag[topic] = max(behind.Lag, 0)
		}
	}
	return lag, nil
}

// Close leaves the group.
func (c *Consumer) Close() { c.client.Close() }
