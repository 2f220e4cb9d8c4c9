package kafka_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/kafka"
)

const group = "readers"

// each is how many records a partition has at first, and gets later.
const each = 10

// TestCommitOfBefore: what a member read before the group was dealt out anew it commits
// no more, so that it does not set back who has the partition now; what it reads then it
// does.
func TestCommitOfBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := config.Kafka{Brokers: start(t, kfake.SeedTopics(2, topic)), Topics: topics()}
	fill(ctx, t, c)
	before := member(t, c)
	old := readUntil(ctx, t, before, func(seen map[int32]int) bool { return seen[0] >= each && seen[1] >= each })
	fill(ctx, t, c)

	now := member(t, c)
	fresh := readUntil(ctx, t, now, func(seen map[int32]int) bool { return seen[0] == 2*each || seen[1] >= 2*each })
	require.NoError(t, now.Commit(ctx, fresh...))
	taken := fresh[0].Partition
	require.EqualValues(t, 2*each, committed(ctx, t, c)[taken])

	require.ErrorContains(t, before.Commit(ctx, old...), "dealt out anew")
	require.EqualValues(t, 2*each, committed(ctx, t, c)[taken])
	rest := readUntil(ctx, t, before, func(seen map[int32]int) bool { return seen[1-taken] >= 2*each })
	require.NoError(t, before.Commit(ctx, rest...))
	require.Equal(t, map[int32]int64{0: 2 * each, 1: 2 * each}, committed(ctx, t, c))
}

func member(t *testing.T, c config.Kafka) *kafka.Consumer {
	t.Helper()
	m, err := kafka.NewConsumer(c, group, topic)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return m
}

// fill tells records in both partitions.
func fill(ctx context.Context, t *testing.T, c config.Kafka) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	defer client.Close()
	for range each {
		require.NoError(t, client.ProduceSync(ctx, &kgo.Record{Topic: topic, Partition: 0}, &kgo.Record{Topic: topic, Partition: 1}).FirstErr())
	}
}

// readUntil polls until there is enough of each partition.
func readUntil(ctx context.Context, t *testing.T, m *kafka.Consumer, enough func(seen map[int32]int) bool) (all []*kgo.Record) {
	t.Helper()
	seen := map[int32]int{}
	for !enough(seen) {
		records, err := m.Poll(ctx, each)
		require.NoError(t, err)
		for _, r := range records {
			seen[r.Partition]++
		}
		all = append(all, records...)
	}
	return all
}

// committed is what the group has dealt with, by partition.
func committed(ctx context.Context, t *testing.T, c config.Kafka) map[int32]int64 {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...))
	require.NoError(t, err)
	defer client.Close()
	offsets, err := kadm.NewClient(client).FetchOffsets(ctx, group)
	require.NoError(t, err)
	at := map[int32]int64{}
	offsets.Each(func(o kadm.OffsetResponse) { at[o.Partition] = o.At })
	return at
}
