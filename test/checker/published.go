package checker

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// publishTimeout is how long what happened may take to be published, where the broker
// was away too.
const publishTimeout = time.Minute

// written is a row of an outbox.
type written struct {
	ID, Type, Data string
	Published      bool
}

// told is an event as consumers have it.
type told struct {
	ID, Type, Subject string
	Data              map[string]any
}

// outboxes are the services that tell what happened.
func outboxes() []string {
	return []string{"user", "product", "pricing", "inventory", "payment", "order"}
}

// checkPublished: E1, consumers were told of each event at least once, of nothing
// else, and of an aggregate's events in their order.
func (p Platform) checkPublished(ctx context.Context, v *Verdict) error {
	if p.Kafka == "" {
		return nil
	}
	for _, service := range outboxes() {
		rows, err := p.awaitPublished(ctx, service)
		if err != nil {
			return err
		}
		records, err := p.records(ctx, "skald."+service+".events")
		if err != nil {
			return err
		}
		v.Published += len(records)
		if err := compare(v, service, rows, records); err != nil {
			return err
		}
	}
	return nil
}

// awaitPublished gives the rows of an outbox once all of them are published, or
// when they had their time.
func (p Platform) awaitPublished(ctx context.Context, service string) ([]written, error) {
	for deadline := time.Now().Add(publishTimeout); ; {
		rows, err := query(ctx, p, service, `SELECT split_part(type, '.', 1) || '/' || pg_temp.public_id(CASE split_part(type, '.', 1)
				WHEN 'order' THEN 'ord' WHEN 'reservation' THEN 'ord' WHEN 'payment' THEN 'pay' WHEN 'user' THEN 'usr'
				WHEN 'refund' THEN 'rfd' WHEN 'payment_refund' THEN 'rfd' WHEN 'return' THEN 'rfd' ELSE 'prd' END, aggregate_id) || '/' || version,
				type, payload::text, published_at IS NOT NULL
			FROM outbox ORDER BY id`, pgx.RowToStructByPos[written])
		if err != nil {
			return nil, err
		}
		left := false
		for _, row := range rows {
			left = left || !row.Published
		}
		if !left || time.Now().After(deadline) {
			return rows, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("events of %s wait to be published: %w", service, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// records reads a topic from its start to what is its end now.
func (p Platform) records(ctx context.Context, topic string) (all []*kgo.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	c, err := kgo.NewClient(kgo.SeedBrokers(p.Kafka), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, fmt.Errorf("read topic %s: %w", topic, err)
	}
	defer c.Close()
	ends, err := kadm.NewClient(c).ListEndOffsets(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("read topic %s: %w", topic, err)
	}
	var left int64
	ends.Each(func(o kadm.ListedOffset) { left += max(0, o.Offset) })
	for left > 0 {
		fetched := c.PollFetches(ctx)
		if err := fetched.Err(); err != nil {
			return nil, fmt.Errorf("read topic %s: %w", topic, err)
		}
		fetched.EachRecord(func(r *kgo.Record) { all = append(all, r) })
		left -= int64(fetched.NumRecords())
	}
	return all, nil
}

// compare holds an outbox against what its topic tells.
func compare(v *Verdict, service string, rows []written, records []*kgo.Record) error {
	events, last := map[string]told{}, map[string]int{}
	for _, r := range records {
		var e told
		if err := json.Unmarshal(r.Value, &e); err != nil {
			return fmt.Errorf("read event of %s: %w", service, err)
		}
		if string(r.Key) != e.Subject {
			v.fail("E1", "event %s has the key %s", e.ID, r.Key)
		}
		before, again := events[e.ID]
		if again && !reflect.DeepEqual(before, e) {
			v.fail("E1", "event %s was told in two ways", e.ID)
		}
		if events[e.ID] = e; again {
			continue
		}
		last[e.Subject]++
		kind, _, _ := strings.Cut(e.Type, ".")
		if e.ID != fmt.Sprintf("%s/%s/%d", kind, e.Subject, last[e.Subject]) {
			v.fail("E1", "event %s was told as number %d of %s", e.ID, last[e.Subject], e.Subject)
		}
	}
	for _, row := range rows {
		var data map[string]any
		if err := json.Unmarshal([]byte(row.Data), &data); err != nil {
			return fmt.Errorf("read outbox of %s: %w", service, err)
		}
		e, ok := events[row.ID]
		switch {
		case !ok || !row.Published:
			v.fail("E1", "event %s %s was not published", row.ID, row.Type)
		case e.Type != row.Type || !reflect.DeepEqual(e.Data, data):
			v.fail("E1", "event %s was published as %s %v, and is %s %s", row.ID, e.Type, e.Data, row.Type, row.Data)
		}
		delete(events, row.ID)
	}
	for id := range events {
		v.fail("E1", "event %s of %s was published, and is of no outbox", id, service)
	}
	return nil
}
